/// Intervals for the mean of values in 0…1 from the mixture boundaries, tightest where it is wanted.
public struct MixedBoundedMean: Sendable, Hashable {
    private var count = 0.0
    private var sum = 0.0
    private var squares = 0.0

    public init() {}

    /// Takes in a value; one outside of 0…1 is moved to the nearer end.
    public mutating func add(_ value: Double) {
        let value = min(1, max(0, value))
        let mean = count > 0 ? sum / count : 0.5
        squares += (value - mean) * (value - mean)
        count += 1
        sum += value
    }

    /// By Hoeffding's bound: each value is sub-Gaussian with the variance ¼.
    public func hoeffding(chance: Double, tightestAt: Double) -> (lower: Double, upper: Double) {
        guard count > 0 else { return (0, 1) }
        let mixture = NormalMixture(tightestAt: tightestAt / 4, tightestChance: chance, isOneSided: false)
        let half = mixture.bound(time: count / 4, chance: chance) / count
        return (max(0, sum / count - half), min(1, sum / count + half))
    }

    /// By the empirical Bernstein bound (Howard et al. 2021, theorem 4): squared deviations from the mean before are the intrinsic time.
    public func empiricalBernstein(chance: Double, tightestAt: Double) -> (lower: Double, upper: Double) {
        guard count > 0 else { return (0, 1) }
        let side = chance / 2
        let mixture = GammaExponentialMixture(tightestAt: tightestAt, tightestChance: side, scale: 1)
        let half = mixture.bound(time: squares, chance: side) / count
        return (max(0, sum / count - half), min(1, sum / count + half))
    }
}
