import Chunks
import Glibc
import Series

/// Writes a block: series in the order of their labels, each with its samples in the order of time.
struct BlockWriter {
    private let path: String
    private let file: File
    private let zstandard = ZstandardPacker()
    private var written: UInt64 = 0
    private var footer = BlockFormat.Footer()
    private var columns = SampleColumns()
    private var samplePages: [BlockFormat.Page] = []
    private var seriesPages: [BlockFormat.Page] = []
    /// Pages of series are kept until all samples are written.
    private var packedSeries: [[UInt8]] = []
    private var seriesPage: [UInt8] = []
    private var ordinals: [[UInt8]: [UInt32]] = [:]

    /// - Parameter path: of the block; it appears when it is whole.
    init(path: String) throws(StoreError) {
        self.path = path
        file = try File(path + ".tmp", O_CREAT | O_TRUNC)
        try write(BlockFormat.header)
    }

    var isEmpty: Bool { footer.series == 0 }

    private mutating func write(_ bytes: [UInt8]) throws(StoreError) {
        var problem: StoreError?
        bytes.withUnsafeBytes { raw in
            do throws(StoreError) { try file.write(raw) } catch { problem = error }
        }
        if let problem { throw problem }
        written += UInt64(bytes.count)
    }

    /// Adds a series; without samples it is left out.
    mutating func add(_ labels: Labels, _ buffer: SampleBuffer) throws(StoreError) {
        guard buffer.count > 0 else { return }
        var chunks: [BlockFormat.Chunk] = []
        var index = 0
        var histogram = 0
        while index < buffer.count {
            if columns.bytes.count >= BlockFormat.pageLength { try flushPage() }
            let first = index
            let offset: Int
            if histogram < buffer.histograms.count, buffer.histograms[histogram].index == index {
                var chunk = HistogramChunk()
                while histogram < buffer.histograms.count, buffer.histograms[histogram].index == index,
                    chunk.count < 240, chunk.takes(start: buffer.start(index))
                {
                    chunk.append(
                        time: buffer.times[index], buffer.histograms[histogram].value, start: buffer.start(index))
                    index += 1
                    histogram += 1
                }
                offset = columns.append(chunk)
            } else {
                let next = histogram < buffer.histograms.count ? buffer.histograms[histogram].index : buffer.count
                index = min(next, first + BlockFormat.chunkLength)
                offset = columns.append(buffer, first..<index)
            }
            chunks.append(
                BlockFormat.Chunk(
                    minimumTime: buffer.times[first], maximumTime: buffer.times[index - 1], page: samplePages.count,
                    offset: offset, count: index - first))
        }
        try append(labels, chunks)
        footer.minimumTime = min(footer.minimumTime, buffer.times[0])
        footer.maximumTime = max(footer.maximumTime, buffer.times[buffer.count - 1])
        footer.samples += UInt64(buffer.count)
    }

    private mutating func append(_ labels: Labels, _ chunks: [BlockFormat.Chunk]) throws(StoreError) {
        let ordinal = UInt32(footer.series)
        labels.bytes.withUnsafeBufferPointer { bytes in
            var cursor = LabelCursor()
            var start = 0
            while cursor.next(bytes) != nil {
                ordinals[Array(bytes[start..<cursor.position]), default: []].append(ordinal)
                start = cursor.position
            }
        }
        seriesPage.append(varint: UInt64(labels.bytes.count))
        seriesPage.append(contentsOf: labels.bytes)
        seriesPage.append(varint: UInt64(chunks.count))
        for chunk in chunks {
            seriesPage.append(zigzag: chunk.minimumTime)
            seriesPage.append(varint: UInt64(bitPattern: chunk.maximumTime &- chunk.minimumTime))
            seriesPage.append(varint: UInt64(chunk.page))
            seriesPage.append(varint: UInt64(chunk.offset))
            seriesPage.append(varint: UInt64(chunk.count))
        }
        footer.series += 1
        if footer.series % UInt64(BlockFormat.seriesPerPage) == 0 { packSeries() }
    }

    private mutating func flushPage() throws(StoreError) {
        guard !columns.bytes.isEmpty else { return }
        let packed = zstandard.pack(columns.bytes)
        samplePages.append(page(packed, unpacked: columns.bytes.count, at: written))
        try write(packed)
        columns.removeAll()
    }

    private mutating func packSeries() {
        guard !seriesPage.isEmpty else { return }
        let packed = zstandard.pack(seriesPage)
        seriesPages.append(page(packed, unpacked: seriesPage.count, at: 0))
        packedSeries.append(packed)
        seriesPage.removeAll(keepingCapacity: true)
    }

    private func page(_ packed: [UInt8], unpacked: Int, at offset: UInt64) -> BlockFormat.Page {
        BlockFormat.Page(
            offset: offset, length: UInt32(packed.count), unpackedLength: UInt32(unpacked),
            checksum: CRC32C.checksum(packed))
    }

    /// Removes what was written.
    func cancel() { Folder.remove(path + ".tmp") }

    /// Writes the index, and lets the block appear.
    /// - Parameter sources: the numbers of the blocks that this one replaces.
    mutating func finish(flushedThrough: Int64, sources: [Int]) throws(StoreError) {
        try flushPage()
        packSeries()
        for index in packedSeries.indices {
            seriesPages[index].offset = written
            try write(packedSeries[index])
        }
        var index: [UInt8] = []
        footer.pairsOffset = written
        var table: [UInt8] = []
        for (pair, numbers) in ordinals.sorted(by: { BlockWriter.precedes($0.key, $1.key) }) {
            table.append(fixed64: written + UInt64(index.count))
            table.append(fixed32: UInt32(numbers.count))
            index.append(contentsOf: pair)
            var last: UInt32 = 0
            for number in numbers {
                index.append(varint: UInt64(number - last))
                last = number
            }
        }
        footer.pairs = UInt64(ordinals.count)
        footer.tablesOffset = written + UInt64(index.count)
        for page in samplePages + seriesPages {
            index.append(fixed64: page.offset)
            index.append(fixed32: page.length)
            index.append(fixed32: page.unpackedLength)
            index.append(fixed32: page.checksum)
        }
        index.append(contentsOf: table)
        footer.sourcesOffset = written + UInt64(index.count)
        for source in sources { index.append(varint: UInt64(source)) }
        (footer.samplePages, footer.seriesPages) = (UInt64(samplePages.count), UInt64(seriesPages.count))
        footer.flushedThrough = flushedThrough
        footer.indexChecksum = CRC32C.checksum(index)
        try write(index)
        try write(footer.bytes)
        try file.sync()
        try Folder.rename(path + ".tmp", to: path)
    }

    /// By name, then by value: the lengths before them do not count.
    static func precedes(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        left.withUnsafeBufferPointer { a in
            right.withUnsafeBufferPointer { b in
                var (first, second) = (LabelCursor(), LabelCursor())
                guard let one = first.next(a), let two = second.next(b) else { return a.count < b.count }
                if !a[one.name].elementsEqual(b[two.name]) { return a[one.name].lexicographicallyPrecedes(b[two.name]) }
                return a[one.value].lexicographicallyPrecedes(b[two.value])
            }
        }
    }
}

extension SampleBuffer {
    /// When the counter of a sample started; 0 when unknown.
    func start(_ index: Int) -> Int64 { starts.isEmpty ? 0 : starts[index] }
}
