import Chunks
public import Series

/// The series that a query found, as they were at that moment: the head's open samples are copies, and what lies in files stays
/// readable for as long as somebody has the selection.
public final class SeriesSelection: SeriesSet {
    /// Where the samples of one series are.
    struct Entry {
        var labels: Labels
        /// Sealed chunks of the head, in `references`.
        var references = 0..<0
        /// The open chunk, in `bytes`.
        var open = 0..<0
        var openCount: Int32 = 0
        var openStart: Int64 = 0
        /// In `blockChunks`.
        var blockChunks = 0..<0
        /// Where histograms and late samples are in `extras`; -1 for nowhere.
        var extra: Int32 = -1
    }

    struct Extra {
        var late: LateSamples?
        var histograms: HistogramChunk?
    }

    struct Parts {
        var entries: [Entry] = []
        var references: [ChunkReference] = []
        var bytes: [UInt8] = []
        var extras: [Extra] = []
        var blockChunks: [(block: Int, chunk: BlockFormat.Chunk)] = []

        /// Puts the series in the order in which blocks have them, so that each page is unpacked once; what is only in the head
        /// comes first.
        mutating func putInOrderOfPages() {
            let places = entries.map { entry -> (page: Int, offset: Int) in
                guard let first = entry.blockChunks.first else { return (-1, 0) }
                return (blockChunks[first].chunk.page, blockChunks[first].chunk.offset)
            }
            let order = places.indices.sorted { places[$0] < places[$1] }
            entries = order.map { entries[$0] }
        }

        /// In bytes, about.
        var size: Int {
            entries.capacity * MemoryLayout<Entry>.stride + references.capacity * MemoryLayout<ChunkReference>.stride
                + bytes.capacity + extras.capacity * MemoryLayout<Extra>.stride
                + blockChunks.capacity * MemoryLayout<(Int, BlockFormat.Chunk)>.stride
        }
    }

    private let after: Int64
    private let through: Int64
    private let limitSamples: Int
    private let parts: Parts
    private let mappings: [UInt32: Mapping]
    private let blocks: [Block]
    private let onDamage: @Sendable (Block) -> Void

    init(
        _ parts: Parts, after: Int64, through: Int64, limitSamples: Int, mappings: [UInt32: Mapping], blocks: [Block],
        onDamage: @escaping @Sendable (Block) -> Void
    ) {
        (self.parts, self.after, self.through, self.limitSamples) = (parts, after, through, limitSamples)
        (self.mappings, self.blocks, self.onDamage) = (mappings, blocks, onDamage)
    }

    public var count: Int { parts.entries.count }

    public func labels(_ index: Int) -> Labels { parts.entries[index].labels }

    public func read(_ index: Int, into buffer: inout SampleBuffer) throws(QueryError) {
        let entry = parts.entries[index]
        for place in entry.blockChunks {
            let (block, chunk) = parts.blockChunks[place]
            if !blocks[block].read(chunk, after: after, through: through, into: &buffer) {
                onDamage(blocks[block])
                throw .unavailable("samples of \(entry.labels) cannot be read: \(blocks[block].path) is damaged")
            }
        }
        for place in entry.references {
            let reference = parts.references[place]
            guard let mapping = mappings[reference.file],
                ChunkArea.read(reference, mapping, after: after, through: through, into: &buffer)
            else { throw .unavailable("samples of \(entry.labels) cannot be read: a chunk of the head is damaged") }
        }
        if entry.openCount > 0 {
            _ = parts.bytes.withUnsafeBytes { raw in
                ChunkDecoder.decode(
                    UnsafeRawBufferPointer(rebasing: raw[entry.open]), count: Int(entry.openCount),
                    start: entry.openStart, after: after, through: through, into: &buffer)
            }
        }
        if entry.extra >= 0 { read(parts.extras[Int(entry.extra)], into: &buffer) }
        buffer.putInOrder()
        if limitSamples > 0, buffer.count > limitSamples { throw .tooManySamples(limit: limitSamples) }
    }

    private func read(_ extra: Extra, into buffer: inout SampleBuffer) {
        if let chunk = extra.histograms {
            _ = chunk.bytes.withUnsafeBytes {
                HistogramChunk.decode(
                    $0, count: chunk.count, start: chunk.start, after: after, through: through, into: &buffer)
            }
        }
        extra.late?.read(after: after, through: through, into: &buffer)
    }
}
