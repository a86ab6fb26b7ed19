import Chunks
import Series

extension ChunkArea {
    /// Appends the samples of a sealed chunk in `(after, through]`; false when it is damaged or gone.
    func read(_ reference: ChunkReference, after: Int64, through: Int64, into buffer: inout SampleBuffer) -> Bool {
        guard let mapping = mapping(reference.file) else { return false }
        return ChunkArea.read(reference, mapping, after: after, through: through, into: &buffer)
    }

    static func read(
        _ reference: ChunkReference, _ mapping: Mapping, after: Int64, through: Int64, into buffer: inout SampleBuffer
    ) -> Bool {
        var reader = ByteReader(mapping.bytes, at: Int(reference.offset) + 4)
        let start = reader.zigzag()
        let length = Int(reference.offset) + Int(reference.length) - reader.position
        let raw = reader.piece(length)
        guard !reader.isBroken else { return false }
        switch reference.kind {
        case .floats:
            return ChunkDecoder.decode(
                raw, count: Int(reference.count), start: start, after: after, through: through, into: &buffer)
        case .histograms:
            return HistogramChunk.decode(
                raw, count: Int(reference.count), start: start, after: after, through: through, into: &buffer)
        }
    }

    /// Whether a chunk has the checksum that was written with it.
    func isWhole(_ reference: ChunkReference) -> Bool {
        guard let mapping = mapping(reference.file) else { return false }
        var reader = ByteReader(mapping.bytes, at: Int(reference.offset))
        let sum = reader.fixed32()
        let raw = reader.piece(Int(reference.length) - 4)
        return !reader.isBroken && CRC32C.checksum(raw) == sum
    }
}
