/// Reads numbers and pieces of bytes. Behind the end everything is zero or empty, and `isBroken` tells of it.
public struct ByteReader {
    public let bytes: UnsafeRawBufferPointer
    public private(set) var position: Int
    /// More was read than there is, or a number was too long.
    public private(set) var isBroken = false

    public init(_ bytes: UnsafeRawBufferPointer, at position: Int = 0) {
        self.bytes = bytes
        self.position = position
        isBroken = position < 0 || position > bytes.count
    }

    public var isAtEnd: Bool { isBroken || position >= bytes.count }
    public var remaining: Int { isBroken ? 0 : bytes.count - position }

    @inline(__always)
    public mutating func byte() -> UInt8 {
        guard !isBroken, position < bytes.count else {
            isBroken = true
            return 0
        }
        defer { position &+= 1 }
        return bytes[position]
    }

    @inline(__always)
    public mutating func varint() -> UInt64 {
        // One or two bytes, as most are.
        if !isBroken, bytes.count &- position >= 2 {
            let pair = UInt64(UInt16(littleEndian: bytes.loadUnaligned(fromByteOffset: position, as: UInt16.self)))
            if pair & 0x80 == 0 {
                position &+= 1
                return pair & 0x7f
            }
            if pair & 0x8000 == 0 {
                position &+= 2
                return pair & 0x7f | (pair >> 8) << 7
            }
        }
        return longVarint()
    }

    private mutating func longVarint() -> UInt64 {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while shift < 64 {
            let next = byte()
            if isBroken { return 0 }
            value |= UInt64(next & 0x7f) << shift
            if next < 0x80 { return value }
            shift += 7
        }
        isBroken = true
        return 0
    }

    @inline(__always)
    public mutating func zigzag() -> Int64 { unzigzagged(varint()) }

    /// A length or a count: at most what is left, when each thing takes `size` bytes at least.
    public mutating func count(ofAtLeast size: Int = 1) -> Int {
        let value = varint()
        guard !isBroken, value <= UInt64(remaining / Swift.max(1, size)) else {
            isBroken = true
            return 0
        }
        return Int(value)
    }

    public mutating func fixed64() -> UInt64 {
        guard !isBroken, bytes.count - position >= 8 else {
            isBroken = true
            return 0
        }
        defer { position += 8 }
        return UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: position, as: UInt64.self))
    }

    public mutating func fixed32() -> UInt32 {
        guard !isBroken, bytes.count - position >= 4 else {
            isBroken = true
            return 0
        }
        defer { position += 4 }
        return UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: position, as: UInt32.self))
    }

    /// The next so many bytes, without copying them.
    public mutating func piece(_ length: Int) -> UnsafeRawBufferPointer {
        guard !isBroken, length >= 0, length <= bytes.count - position else {
            isBroken = true
            return UnsafeRawBufferPointer(start: nil, count: 0)
        }
        defer { position += length }
        return UnsafeRawBufferPointer(rebasing: bytes[position..<position + length])
    }

    /// A text of bytes with its length before it.
    public mutating func sizedPiece() -> UnsafeRawBufferPointer { piece(count()) }
}
