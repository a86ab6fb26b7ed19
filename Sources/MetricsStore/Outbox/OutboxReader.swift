import Chunks
import Glibc

/// One file of an outbox.
struct OutboxSegment: Hashable, Sendable {
    var number: Int
    var samples = 0
    var bytes = 0
    /// The number of its last record; while it has none, of the last before it.
    var last: UInt64

    init(number: Int, last: UInt64) { (self.number, self.last) = (number, last) }
}

/// How far one receiver is.
struct OutboxReader: Sendable {
    static let prefix = "position-"

    let file: File
    /// The number of the last record that it is done with; `nil` while it is new.
    var sequence: UInt64?
    /// Where it goes on: a segment's number, and a place in it.
    var segment = 0
    var offset = 0
    /// Samples of that segment that it is done with.
    var consumed = 0
    var pending = 0
    var dropped = 0

    init(folder: String, name: String) throws(StoreError) {
        file = try File("\(folder)/\(OutboxReader.prefix)\(name)", O_CREAT)
        sequence = OutboxReader.read(file)
    }

    /// `nil` for a receiver that is new. A position that is damaged is the very beginning: rather twice than never.
    private static func read(_ file: File) -> UInt64? {
        var bytes = [UInt8](repeating: 0, count: 12)
        let count = pread(file.descriptor, &bytes, bytes.count, 0)
        guard count != 0 else { return nil }
        return bytes.withUnsafeBytes { raw in
            var reader = ByteReader(raw)
            let sequence = reader.fixed64()
            let sum = CRC32C.checksum(UnsafeRawBufferPointer(rebasing: raw[..<8]))
            return reader.fixed32() == sum ? sequence : 0
        }
    }

    /// Survives a `kill -9` at once. It is not waited for the disk: after a power cut some samples are sent again.
    func savePosition() {
        var bytes: [UInt8] = []
        bytes.append(fixed64: sequence ?? 0)
        bytes.append(fixed32: bytes.withUnsafeBytes { CRC32C.checksum($0) })
        // When it cannot be written, samples are sent again after the next start.
        _ = pwrite(file.descriptor, bytes, bytes.count, 0)
    }
}
