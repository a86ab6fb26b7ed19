import Chunks

/// One record of the write-ahead log, framed: length, CRC-32C of the rest, kind, sequence number, body.
///
/// Sequence numbers rise by one. All numbers are LEB128 unless said.
enum LogRecord {
    enum Kind: UInt8 {
        /// New series: slot, length of the labels, labels (as in `Labels.bytes`), again and again.
        case series = 1
        /// Float samples: a base time, then for each the slot (difference to the one before, less one), the time (difference to
        /// the base), eight bytes of value.
        case samples = 2
        /// The same with the start after the time (difference to it).
        case samplesWithStarts = 3
        /// Histogram samples: slot, length of a chunk of one sample, start, the chunk.
        case histograms = 4
        /// Metadata of metrics: four texts each.
        case metadata = 5
        /// Of an outbox, not of this log: samples, the newest time, and a body of remote write packed with snappy.
        case outgoing = 6
    }

    static let headerLength = 8
    /// A longer record is no record.
    static let maximumLength = 256 << 20

    /// Begins a record; `finish` must follow when its body was appended.
    static func begin(_ kind: Kind, sequence: UInt64, in bytes: inout [UInt8]) -> Int {
        let start = bytes.count
        bytes.append(fixed64: 0)
        bytes.append(kind.rawValue)
        bytes.append(varint: sequence)
        return start
    }

    /// Fills in the length and the checksum of the record that was begun there.
    static func finish(_ start: Int, in bytes: inout [UInt8]) {
        let body = start + headerLength
        bytes.withUnsafeMutableBytes { raw in
            let sum = CRC32C.checksum(UnsafeRawBufferPointer(rebasing: raw[body...]))
            raw.storeBytes(of: UInt32(raw.count - body).littleEndian, toByteOffset: start, as: UInt32.self)
            raw.storeBytes(of: sum.littleEndian, toByteOffset: start + 4, as: UInt32.self)
        }
    }

    /// Reads the record at a place of a segment: its body, its kind and number, and where the next begins. `nil` where there is no
    /// whole record with the right checksum.
    static func read(
        _ bytes: UnsafeRawBufferPointer, at place: Int
    ) -> (kind: Kind, sequence: UInt64, body: ByteReader, next: Int)? {
        guard bytes.count - place > headerLength else { return nil }
        let length = Int(UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: place, as: UInt32.self)))
        let sum = UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: place + 4, as: UInt32.self))
        let start = place + headerLength
        guard length > 1, length <= maximumLength, length <= bytes.count - start else { return nil }
        let body = UnsafeRawBufferPointer(rebasing: bytes[start..<start + length])
        guard CRC32C.checksum(body) == sum, let kind = Kind(rawValue: body[0]) else { return nil }
        var reader = ByteReader(body, at: 1)
        let sequence = reader.varint()
        return reader.isBroken ? nil : (kind, sequence, reader, start + length)
    }
}
