/// A fast hash of bytes for tables that are built once and never grow with what a stranger sends.
@inline(__always)
func byteHash(_ bytes: UnsafeRawPointer, _ count: Int, seed: UInt32) -> UInt32 {
    var hash = (UInt64(seed) &+ 0x9e37_79b9_7f4a_7c15) ^ UInt64(truncatingIfNeeded: count)
    if count >= 8 {
        var offset = 0
        while offset &+ 8 <= count {
            hash = folded(hash ^ bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self), 0xa076_1d64_78bd_642f)
            offset &+= 8
        }
        if offset < count {
            // The last eight bytes again, some of them for the second time: cheaper than a loop over the rest.
            let last = bytes.loadUnaligned(fromByteOffset: count &- 8, as: UInt64.self)
            hash = folded(hash ^ last, 0xe703_7ed1_a0b4_28db)
        }
    } else if count >= 4 {
        let first = UInt64(bytes.loadUnaligned(as: UInt32.self))
        let last = UInt64(bytes.loadUnaligned(fromByteOffset: count &- 4, as: UInt32.self))
        hash = folded(hash ^ (first | last << 32), 0xa076_1d64_78bd_642f)
    } else if count > 0 {
        let first = UInt64(bytes.load(as: UInt8.self))
        let middle = UInt64(bytes.load(fromByteOffset: count >> 1, as: UInt8.self))
        let last = UInt64(bytes.load(fromByteOffset: count &- 1, as: UInt8.self))
        hash = folded(hash ^ (first | middle << 8 | last << 16), 0xa076_1d64_78bd_642f)
    }
    return UInt32(truncatingIfNeeded: hash ^ (hash >> 32))
}

@inline(__always)
private func folded(_ left: UInt64, _ right: UInt64) -> UInt64 {
    let product = left.multipliedFullWidth(by: right)
    return product.high ^ product.low
}

/// Whether two pieces of memory of the same length hold the same bytes.
@inline(__always)
func sameBytes(_ left: UnsafeRawPointer, _ right: UnsafeRawPointer, _ count: Int) -> Bool {
    var offset = 0
    while offset &+ 8 <= count {
        let one = left.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
        if one != right.loadUnaligned(fromByteOffset: offset, as: UInt64.self) { return false }
        offset &+= 8
    }
    while offset < count {
        if left.load(fromByteOffset: offset, as: UInt8.self) != right.load(fromByteOffset: offset, as: UInt8.self) {
            return false
        }
        offset &+= 1
    }
    return true
}
