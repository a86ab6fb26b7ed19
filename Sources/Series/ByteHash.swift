/// A 64-bit hash of bytes that is the same in every process and release; eight bytes a step.
///
/// Multiplies to 128 bits and folds, as wyhash does. Not for secrets: whoever chooses the bytes can choose collisions, so a table
/// compares the keys as well.
@inlinable
public func hashOfBytes(_ bytes: [UInt8]) -> UInt64 {
    bytes.withUnsafeBytes { hashOfBytes($0) }
}

@inlinable
public func hashOfBytes(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
    var hash: UInt64 = 0x9e37_79b9_7f4a_7c15 ^ UInt64(truncatingIfNeeded: bytes.count)
    var position = 0
    while position + 8 <= bytes.count {
        let word = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: position, as: UInt64.self))
        hash = folded(hash ^ word, 0xa076_1d64_78bd_642f)
        position += 8
    }
    var rest: UInt64 = 0
    var shift: UInt64 = 0
    while position < bytes.count {
        rest |= UInt64(bytes[position]) << shift
        shift += 8
        position += 1
    }
    hash = folded(hash ^ rest, 0xe703_7ed1_a0b4_28db)
    return folded(hash, 0x8ebc_6af0_9c88_c6e3)
}

@inlinable
@inline(__always)
func folded(_ left: UInt64, _ right: UInt64) -> UInt64 {
    let product = left.multipliedFullWidth(by: right)
    return product.high ^ product.low ^ left
}
