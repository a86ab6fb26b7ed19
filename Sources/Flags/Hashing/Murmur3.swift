/// MurmurHash3 for 32 bits (`x86_32`, seed 0), as flagd's `fractional` uses it.
/// Source: the algorithm as Austin Appleby published it in the public domain.
func murmur3(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
    var hash: UInt32 = 0
    let blocks = bytes.count & ~3
    var offset = 0
    while offset < blocks {
        let word = UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
        hash ^= scrambled(word)
        hash = (hash << 13 | hash >> 19) &* 5 &+ 0xe654_6b64
        offset += 4
    }
    var tail: UInt32 = 0
    var shift: UInt32 = 0
    while offset < bytes.count {
        tail |= UInt32(bytes[offset]) << shift
        shift += 8
        offset += 1
    }
    if shift > 0 { hash ^= scrambled(tail) }
    hash ^= UInt32(truncatingIfNeeded: bytes.count)
    hash = (hash ^ (hash >> 16)) &* 0x85eb_ca6b
    hash = (hash ^ (hash >> 13)) &* 0xc2b2_ae35
    return hash ^ (hash >> 16)
}

@inline(__always)
private func scrambled(_ word: UInt32) -> UInt32 {
    let product = word &* 0xcc9e_2d51
    return (product << 15 | product >> 17) &* 0x1b87_3593
}

/// The bucket of a hash out of `total`: `hash * total / 2^32`.
@inline(__always)
func bucket(ofHash hash: UInt32, outOf total: UInt32) -> UInt32 {
    UInt32(truncatingIfNeeded: (UInt64(hash) &* UInt64(total)) >> 32)
}
