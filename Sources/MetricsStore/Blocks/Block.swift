import Chunks
import Series
import Synchronization

/// A block on disk, mapped into memory.
final class Block: Sendable {
    let number: Int
    let path: String
    let footer: BlockFormat.Footer
    let length: Int
    private let mapping: Mapping
    /// The pages that were unpacked last.
    private let pages = Mutex<[(number: Int, bytes: [UInt8])]>([])
    private static let keptPages = 8
    private static let unpackers = ZstandardUnpackers()

    /// Opens a block; its index and pages are checked when they are read.
    init(path: String, number: Int) throws(StoreError) {
        self.path = path
        self.number = number
        let file = try File(path)
        length = file.length
        mapping = try Mapping(file, length: length)
        let raw = mapping.bytes
        guard length >= BlockFormat.header.count + BlockFormat.footerLength,
            raw.prefix(BlockFormat.header.count).elementsEqual(BlockFormat.header),
            let footer = BlockFormat.Footer(
                UnsafeRawBufferPointer(rebasing: raw[(raw.count - BlockFormat.footerLength)...]))
        else { throw .damaged(path: path, reason: "its beginning or its end is not a block's") }
        self.footer = footer
        let end = UInt64(length - BlockFormat.footerLength)
        let tables =
            (footer.samplePages + footer.seriesPages) * UInt64(BlockFormat.pageEntryLength)
            + footer.pairs * UInt64(BlockFormat.pairEntryLength)
        guard footer.pairsOffset <= footer.tablesOffset, footer.tablesOffset <= footer.sourcesOffset,
            footer.sourcesOffset <= end, footer.sourcesOffset - footer.tablesOffset == tables
        else { throw .damaged(path: path, reason: "its parts do not fit each other") }
    }

    /// Reads all of it.
    /// - Throws: `StoreError.damaged` when a checksum is wrong.
    func verify() throws(StoreError) {
        let raw = mapping.bytes
        let index = raw[Int(footer.pairsOffset)..<length - BlockFormat.footerLength]
        guard CRC32C.checksum(UnsafeRawBufferPointer(rebasing: index)) == footer.indexChecksum else {
            throw .damaged(path: path, reason: "the checksum of its index is wrong")
        }
        for number in 0..<Int(footer.samplePages + footer.seriesPages) {
            guard let page = entry(number), isWhole(page) else {
                throw .damaged(path: path, reason: "the checksum of page \(number) is wrong")
            }
        }
    }

    /// The numbers of the blocks that this one replaces.
    var sources: [Int] {
        var reader = ByteReader(
            UnsafeRawBufferPointer(
                rebasing: mapping.bytes[Int(footer.sourcesOffset)..<length - BlockFormat.footerLength]))
        var numbers: [Int] = []
        while !reader.isAtEnd { numbers.append(Int(truncatingIfNeeded: reader.varint())) }
        return numbers
    }

    /// Whether it may have samples in `(after, through]`.
    func overlaps(after: Int64, through: Int64) -> Bool { footer.maximumTime > after && footer.minimumTime <= through }

    private func entry(_ number: Int) -> BlockFormat.Page? {
        guard number >= 0, number < Int(footer.samplePages + footer.seriesPages) else { return nil }
        var reader = ByteReader(mapping.bytes, at: Int(footer.tablesOffset) + number * BlockFormat.pageEntryLength)
        return BlockFormat.Page(
            offset: reader.fixed64(), length: reader.fixed32(), unpackedLength: reader.fixed32(),
            checksum: reader.fixed32())
    }

    private func packed(_ page: BlockFormat.Page) -> UnsafeRawBufferPointer? {
        guard page.offset < UInt64(length), UInt64(page.length) <= UInt64(length) - page.offset else { return nil }
        let start = Int(page.offset)
        return UnsafeRawBufferPointer(rebasing: mapping.bytes[start..<start + Int(page.length)])
    }

    private func isWhole(_ page: BlockFormat.Page) -> Bool {
        packed(page).map { CRC32C.checksum($0) == page.checksum } ?? false
    }

    /// The bytes of a page; pages of samples come first. `nil` when it is damaged.
    private func page(_ number: Int) -> [UInt8]? {
        if let known = pages.withLock({ pages in pages.first { $0.number == number }?.bytes }) { return known }
        guard let page = entry(number), isWhole(page), let packed = packed(page), page.unpackedLength <= 1 << 26,
            let bytes = Block.unpackers.unpack(packed, count: Int(page.unpackedLength))
        else { return nil }
        pages.withLock { pages in
            if pages.count >= Block.keptPages { pages.removeFirst() }
            pages.append((number, bytes))
        }
        return bytes
    }

    /// The labels and chunks of a series; `nil` when its page is damaged.
    func series(_ ordinal: Int) -> (labels: Labels, chunks: [BlockFormat.Chunk])? {
        let number = Int(footer.samplePages) + ordinal / BlockFormat.seriesPerPage
        guard let page = page(number) else { return nil }
        return page.withUnsafeBytes { raw in
            var reader = ByteReader(raw)
            for _ in 0..<ordinal % BlockFormat.seriesPerPage { Block.skipSeries(&reader) }
            return Block.readSeries(&reader)
        }
    }

    /// All series of the page where one is, to read many in a row: their ordinals, labels and chunks.
    func seriesPage(_ ordinal: Int) -> (first: Int, series: [(labels: Labels, chunks: [BlockFormat.Chunk])])? {
        let place = ordinal / BlockFormat.seriesPerPage
        guard let page = page(Int(footer.samplePages) + place) else { return nil }
        return page.withUnsafeBytes { raw in
            var reader = ByteReader(raw)
            var found: [(labels: Labels, chunks: [BlockFormat.Chunk])] = []
            while !reader.isAtEnd {
                guard let series = Block.readSeries(&reader) else { return nil }
                found.append(series)
            }
            return (place * BlockFormat.seriesPerPage, found)
        }
    }

    private static func skipSeries(_ reader: inout ByteReader) {
        _ = reader.sizedPiece()
        for _ in 0..<reader.count(ofAtLeast: 5) { for _ in 0..<5 { _ = reader.varint() } }
    }

    private static func readSeries(_ reader: inout ByteReader) -> (labels: Labels, chunks: [BlockFormat.Chunk])? {
        let labels = Labels(unchecked: Array(reader.sizedPiece()))
        var chunks: [BlockFormat.Chunk] = []
        for _ in 0..<reader.count(ofAtLeast: 5) {
            let minimum = reader.zigzag()
            chunks.append(
                BlockFormat.Chunk(
                    minimumTime: minimum, maximumTime: minimum &+ Int64(bitPattern: reader.varint()),
                    page: Int(truncatingIfNeeded: reader.varint() & 0xffff_ffff),
                    offset: Int(truncatingIfNeeded: reader.varint() & 0xffff_ffff),
                    count: Int(truncatingIfNeeded: reader.varint() & 0xffff_ffff)))
        }
        return reader.isBroken ? nil : (labels, chunks)
    }

    /// Appends the samples of a chunk in `(after, through]`; false when it is damaged.
    func read(_ chunk: BlockFormat.Chunk, after: Int64, through: Int64, into buffer: inout SampleBuffer) -> Bool {
        guard let page = page(chunk.page) else { return false }
        return page.withUnsafeBytes {
            SampleColumns.read(
                $0, at: chunk.offset, count: chunk.count, after: after, through: through, into: &buffer)
        }
    }
}

extension Block {
    /// A label pair of the index: its name and value, and the ordinals of its series when they are wanted.
    func pair(_ number: Int) -> (
        name: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer, ordinals: ByteReader, count: Int
    )? {
        let pages = Int(footer.samplePages + footer.seriesPages)
        let place = Int(footer.tablesOffset) + pages * BlockFormat.pageEntryLength
        var entry = ByteReader(mapping.bytes, at: place + number * BlockFormat.pairEntryLength)
        let (offset, count) = (entry.fixed64(), entry.fixed32())
        guard !entry.isBroken, offset < footer.tablesOffset else { return nil }
        var reader = ByteReader(
            UnsafeRawBufferPointer(rebasing: mapping.bytes[..<Int(footer.tablesOffset)]), at: Int(offset))
        let (name, value) = (reader.sizedPiece(), reader.sizedPiece())
        return reader.isBroken ? nil : (name, value, reader, Int(count))
    }
}
