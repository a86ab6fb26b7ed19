/// A 64-bit hash that is the same in every process, release and machine (FNV-1a with an avalanche step).
///
/// Orders hosts within a rollout and spreads reconnects. Not for secrets.
/// Sources: the FNV-1a reference constants; the finaliser is MurmurHash3's `fmix64`.
public func stableHash(_ parts: String...) -> UInt64 {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for part in parts {
        for byte in part.utf8 {
            hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01b3
        }
        // A separator keeps ("ab", "c") apart from ("a", "bc").
        hash = (hash ^ 0xff) &* 0x0000_0100_0000_01b3
    }
    hash = (hash ^ (hash >> 33)) &* 0xff51_afd7_ed55_8ccd
    hash = (hash ^ (hash >> 33)) &* 0xc4ce_b9fe_1a85_ec53
    return hash ^ (hash >> 33)
}
