import Chunks

/// An immutable file of samples of a stretch of time.
///
/// Layout: a header; pages of samples; pages of series (64 each, in the order of their labels: labels and where their samples
/// are); the label pairs in order, with the numbers of their series; tables of the pages and pairs; a footer of fixed length.
/// Pages are packed with zstd, each with its CRC-32C. The footer has one of its own and one of everything from the pairs on.
enum BlockFormat {
    static let header = Array("halcyon block 1\n".utf8)
    static let seriesPerPage = 64
    /// A page of samples is packed when it has so many bytes.
    static let pageLength = 64 << 10
    /// No chunk has more samples.
    static let chunkLength = 4096
    static let pageEntryLength = 20
    static let pairEntryLength = 12
    static let footerLength = 104

    /// Where a page lies.
    struct Page {
        var offset: UInt64
        var length: UInt32
        var unpackedLength: UInt32
        var checksum: UInt32
    }

    /// Where some samples of a series are.
    struct Chunk {
        var minimumTime: Int64
        var maximumTime: Int64
        var page: Int
        var offset: Int
        var count: Int
    }

    struct Footer {
        var minimumTime: Int64 = .max
        var maximumTime: Int64 = .min
        var series: UInt64 = 0
        var samples: UInt64 = 0
        var samplePages: UInt64 = 0
        var seriesPages: UInt64 = 0
        var pairs: UInt64 = 0
        /// Where the pairs begin; what follows is covered by `indexChecksum`.
        var pairsOffset: UInt64 = 0
        var tablesOffset: UInt64 = 0
        var sourcesOffset: UInt64 = 0
        /// Samples in order up to here have left the head.
        var flushedThrough: Int64 = .min
        var indexChecksum: UInt32 = 0

        var bytes: [UInt8] {
            var bytes: [UInt8] = []
            for number in [
                UInt64(bitPattern: minimumTime), UInt64(bitPattern: maximumTime), series, samples, samplePages,
                seriesPages,
                pairs, pairsOffset, tablesOffset, sourcesOffset, UInt64(bitPattern: flushedThrough),
            ] { bytes.append(fixed64: number) }
            bytes.append(fixed32: indexChecksum)
            bytes.append(fixed32: CRC32C.checksum(bytes))
            bytes.append(fixed64: 0x6b63_6f6c_626e_6c61)
            return bytes
        }

        init() {}

        /// `nil` when it is damaged.
        init?(_ raw: UnsafeRawBufferPointer) {
            guard raw.count == BlockFormat.footerLength else { return nil }
            var reader = ByteReader(raw)
            minimumTime = Int64(bitPattern: reader.fixed64())
            maximumTime = Int64(bitPattern: reader.fixed64())
            (series, samples) = (reader.fixed64(), reader.fixed64())
            (samplePages, seriesPages, pairs) = (reader.fixed64(), reader.fixed64(), reader.fixed64())
            (pairsOffset, tablesOffset, sourcesOffset) = (reader.fixed64(), reader.fixed64(), reader.fixed64())
            flushedThrough = Int64(bitPattern: reader.fixed64())
            indexChecksum = reader.fixed32()
            let sum = CRC32C.checksum(UnsafeRawBufferPointer(rebasing: raw[..<92]))
            guard reader.fixed32() == sum, reader.fixed64() == 0x6b63_6f6c_626e_6c61 else { return nil }
        }
    }
}
