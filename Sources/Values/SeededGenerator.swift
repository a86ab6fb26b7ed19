/// Chance from a seed: the same numbers for the same seed, on every machine. For simulations, rehearsals and tests.
///
/// Never for secrets: who has seen one number knows all that follow. The algorithm is SplitMix64 (Steele, Lea and Flood, "Fast splittable
/// pseudorandom number generators", 2014), which passes the usual batteries and for which any seed is a good one.
public struct SeededGenerator: RandomNumberGenerator, Sendable {
    private var state: UInt64

    public init(seed: UInt64) { state = seed }

    public mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }

    /// Evenly between 0 and 1, 1 left out.
    public mutating func share() -> Double { Double(next() >> 11) * 0x1p-53 }

    /// True with this probability.
    public mutating func chance(_ probability: Double) -> Bool { share() < probability }
}
