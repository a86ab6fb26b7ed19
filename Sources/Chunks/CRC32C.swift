/// The Castagnoli checksum (reflected polynomial 0x82f63b78, RFC 3720 appendix B.4), eight bytes a step.
public enum CRC32C {
    /// Eight tables of 256: table n is the checksum of a byte followed by n zero bytes.
    private static let tables: [UInt32] = {
        var tables = [UInt32](repeating: 0, count: 8 * 256)
        for byte in 0..<256 {
            var value = UInt32(byte)
            for _ in 0..<8 { value = value & 1 == 1 ? value >> 1 ^ 0x82f6_3b78 : value >> 1 }
            tables[byte] = value
        }
        for place in 256..<8 * 256 {
            let before = tables[place - 256]
            tables[place] = before >> 8 ^ tables[Int(before & 0xff)]
        }
        return tables
    }()

    /// The checksum of bytes; `previous` is that of the bytes before them, so that pieces can be summed one after the other.
    public static func checksum(_ bytes: UnsafeRawBufferPointer, after previous: UInt32 = 0) -> UInt32 {
        tables.withUnsafeBufferPointer { tables in
            var sum = ~previous
            var place = 0
            while place + 8 <= bytes.count {
                let word = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: place, as: UInt64.self))
                let low = UInt32(truncatingIfNeeded: word) ^ sum
                let high = UInt32(truncatingIfNeeded: word >> 32)
                let near =
                    tables[Int(1792 + (low & 0xff))] ^ tables[Int(1536 + (low >> 8 & 0xff))]
                    ^ tables[Int(1280 + (low >> 16 & 0xff))] ^ tables[Int(1024 + (low >> 24))]
                let far =
                    tables[Int(768 + (high & 0xff))] ^ tables[Int(512 + (high >> 8 & 0xff))]
                    ^ tables[Int(256 + (high >> 16 & 0xff))] ^ tables[Int(high >> 24)]
                sum = near ^ far
                place += 8
            }
            while place < bytes.count {
                sum = sum >> 8 ^ tables[Int((sum ^ UInt32(bytes[place])) & 0xff)]
                place += 1
            }
            return ~sum
        }
    }

    public static func checksum(_ bytes: [UInt8]) -> UInt32 {
        bytes.withUnsafeBytes { checksum($0) }
    }
}
