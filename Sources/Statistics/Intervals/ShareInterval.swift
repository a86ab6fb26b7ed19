/// Intervals for one chance or one mean that hold at every look at once.
public enum ShareInterval {
    /// For the chance of independent trials (Howard et al. 2021, equation 6.1): the chances whose beta-binomial mixture is below 1/`chance`.
    /// - Parameter tightestAt: the number of trials at which it is tightest.
    public static func trials(
        successes: Double, of count: Double, chance: Double, tightestAt: Double, tightestChance: Double = 0.05
    ) -> (lower: Double, upper: Double) {
        guard count > 0 else { return (0, 1) }
        let share = successes / count
        let threshold = -logarithm(chance)
        let excess = { (candidate: Double) -> Double in
            let variance = candidate * (1 - candidate)
            let mixture = BetaBinomialMixture(
                tightestAt: variance * tightestAt, tightestChance: tightestChance, below: candidate,
                above: 1 - candidate, isOneSided: false)
            return mixture.log(sum: (share - candidate) * count, time: variance * count) - threshold
        }
        let edge = 1e-13
        let lower = share <= 0 || excess(edge) < 0 ? 0 : root(from: edge, to: share < 1 ? share : 1 - edge, of: excess)
        let upper =
            share >= 1 || excess(1 - edge) < 0 ? 1 : root(from: share > 0 ? share : edge, to: 1 - edge, of: excess)
        return (lower, upper)
    }
}

/// Whether the same quantile of two growing samples differs: valid at every look (Howard and Ramdas 2022, section 4).
public struct QuantileComparison: Sendable {
    public let quantile: Double
    private let mixture: BetaBinomialMixture

    /// - Parameter tightestAt: the number of values in each sample at which the test is sharpest.
    public init(quantile: Double, tightestAt: Double, tightestChance: Double = 0.05) {
        self.quantile = quantile
        mixture = BetaBinomialMixture(
            tightestAt: tightestAt * quantile * (1 - quantile), tightestChance: tightestChance, below: quantile,
            above: 1 - quantile, isOneSided: false)
    }

    /// ln of the evidence against equal quantiles: the lowest, over all values that both could have, of the sum of both samples' evidence.
    public func log(_ first: [Double], _ second: [Double]) -> Double {
        guard !first.isEmpty, !second.isEmpty else { return 0 }
        let (one, other) = (first.sorted(), second.sorted())
        let (oneBest, otherBest) = (cheapest(one.count), cheapest(other.count))
        var lowest = Double.infinity
        for value in one + other {
            lowest = min(lowest, cost(one, value, oneBest) + cost(other, value, otherBest))
        }
        return lowest
    }

    /// Valid at every look.
    public func p(_ first: [Double], _ second: [Double]) -> Double { min(1, exponential(-log(first, second))) }

    private func evidence(_ share: Double, _ count: Int) -> Double {
        let all = Double(count)
        return mixture.log(sum: (share - quantile) * all, time: quantile * (1 - quantile) * all)
    }

    /// The share below the quantile that speaks least against it.
    private func cheapest(_ count: Int) -> Double { minimum(from: 0, to: 1) { evidence($0, count) }.place }

    private func cost(_ sorted: [Double], _ value: Double, _ best: Double) -> Double {
        let all = Double(sorted.count)
        let below = Double(place(sorted) { $0 < value }) / all
        let upTo = Double(place(sorted) { $0 <= value }) / all
        return evidence(min(max(best, below), upTo), sorted.count)
    }

    /// How many leading elements satisfy a condition that no later one does.
    private func place(_ sorted: [Double], _ isBefore: (Double) -> Bool) -> Int {
        var (low, high) = (0, sorted.count)
        while low < high {
            let middle = (low + high) / 2
            if isBefore(sorted[middle]) { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
