/// Reads bits, the highest of each byte first. Behind the end there are zeros, and `isExhausted` tells of it.
struct BitReader {
    let bytes: UnsafeRawBufferPointer
    /// In bits.
    var position = 0
    private let end: Int

    init(_ bytes: UnsafeRawBufferPointer) {
        self.bytes = bytes
        self.end = bytes.count &* 8
    }

    /// More bits were read than there are.
    var isExhausted: Bool { position > end }

    /// The next bits in the highest places; at least the first 57 are right.
    @inline(__always)
    var peek: UInt64 {
        let byte = position >> 3
        if byte &+ 8 <= bytes.count {
            let word = UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: byte, as: UInt64.self))
            return word << UInt64(position & 7)
        }
        return tail(byte)
    }

    @inline(never)
    private func tail(_ byte: Int) -> UInt64 {
        var word: UInt64 = 0
        for place in 0..<8 where byte + place < bytes.count && byte + place >= 0 {
            word |= UInt64(bytes[byte + place]) << UInt64(56 - 8 * place)
        }
        return word << UInt64(position & 7)
    }

    @inline(__always)
    mutating func skip(_ count: Int) { position &+= count }

    /// Up to 56 bits as a number; 0 bits are 0.
    @inline(__always)
    mutating func read(_ count: Int) -> UInt64 {
        let value = (peek >> 1) >> UInt64(63 &- count)
        position &+= count
        return value
    }

    @inline(__always)
    mutating func read64() -> UInt64 {
        let high = read(32)
        return high << 32 | read(32)
    }

    /// A number of so many bits in two's complement.
    @inline(__always)
    mutating func readSigned(_ count: Int) -> Int64 {
        let value = Int64(bitPattern: peek) >> Int64(64 - count)
        position &+= count
        return value
    }
}
