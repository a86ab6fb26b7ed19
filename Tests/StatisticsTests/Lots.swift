import Foundation

/// Chance from a seed (SplitMix64): the same lots in every run.
struct Lots: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }

    /// Evenly between 0 and 1, 0 left out.
    mutating func part() -> Double { (Double(next() >> 11) + 1) / 9_007_199_254_740_992 }

    /// A Poisson count, by summing waiting times in pieces of at most 50.
    mutating func poisson(_ mean: Double) -> Double {
        var (count, left) = (0.0, mean)
        while left > 0 {
            var time = -log(part())
            while time <= min(left, 50) {
                count += 1
                time -= log(part())
            }
            left -= 50
        }
        return count
    }

    mutating func normal() -> Double { (-2 * log(part())).squareRoot() * cos(2 * .pi * part()) }
}
