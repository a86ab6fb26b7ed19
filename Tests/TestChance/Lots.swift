import Foundation
import Values

/// Lots drawn from a seed: the same in every run.
public struct Lots: RandomNumberGenerator, Sendable {
    private var generator: SeededGenerator

    public init(seed: UInt64) { generator = SeededGenerator(seed: seed) }

    public mutating func next() -> UInt64 { generator.next() }

    /// Evenly between 0 and 1, 0 left out.
    public mutating func part() -> Double { (Double(next() >> 11) + 1) / 9_007_199_254_740_992 }

    /// A Poisson count, by summing waiting times in pieces of at most 50.
    public mutating func poisson(_ mean: Double) -> Double {
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

    public mutating func normal() -> Double { (-2 * log(part())).squareRoot() * cos(2 * .pi * part()) }
}

extension Lots {
    /// How many of so many trials succeed: each by itself while they are few, else by the Poisson law.
    public mutating func successes(of trials: Double, chance: Double) -> Double {
        if trials * chance < 30, chance < 0.05 { return min(trials, poisson(trials * chance)) }
        var count = 0.0
        for _ in 0..<Int(trials) where part() < chance { count += 1 }
        return count
    }
}
