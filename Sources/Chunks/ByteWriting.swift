extension Array where Element == UInt8 {
    /// Appends a number in LEB128: seven bits a byte, the lowest first.
    @inlinable
    public mutating func append(varint value: UInt64) {
        var value = value
        while value >= 0x80 {
            append(UInt8(truncatingIfNeeded: value) | 0x80)
            value >>= 7
        }
        append(UInt8(truncatingIfNeeded: value))
    }

    /// Appends a number whose sign is its lowest bit, so that small negative numbers are short, too.
    @inlinable
    public mutating func append(zigzag value: Int64) {
        append(varint: zigzagged(value))
    }

    /// Appends eight bytes, the lowest first.
    @inlinable
    public mutating func append(fixed64 value: UInt64) {
        Swift.withUnsafeBytes(of: value.littleEndian) { append(contentsOf: $0) }
    }

    /// Appends four bytes, the lowest first.
    @inlinable
    public mutating func append(fixed32 value: UInt32) {
        Swift.withUnsafeBytes(of: value.littleEndian) { append(contentsOf: $0) }
    }
}

@inlinable
@inline(__always)
public func zigzagged(_ value: Int64) -> UInt64 {
    UInt64(bitPattern: value << 1) ^ UInt64(bitPattern: value >> 63)
}

@inlinable
@inline(__always)
public func unzigzagged(_ value: UInt64) -> Int64 {
    Int64(bitPattern: value >> 1) ^ -Int64(bitPattern: value & 1)
}
