/// One arm of an experiment as a comparison of means sees it: whatever the metric, a mean and the variance of one unit's contribution to it.
public struct Arm: Sendable, Hashable {
    /// Units (users, hosts), not events.
    public let count: Double
    /// The mean, adjusted where it is.
    public let mean: Double
    /// Of one unit; the mean's variance is this over `count`.
    public let variance: Double
    /// The mean in the metric's own units, which relative effects are relative to.
    public let unadjustedMean: Double

    public init(count: Double, mean: Double, variance: Double, unadjustedMean: Double? = nil) {
        self.count = count
        self.mean = mean
        self.variance = variance
        self.unadjustedMean = unadjustedMean ?? mean
    }

    /// A share of units: variance p(1 − p).
    public init(successes: Double, of count: Double) {
        let share = successes / count
        self.init(count: count, mean: share, variance: share * (1 - share))
    }

    /// A mean over units, from their sums.
    public init(count: Double, sum: Double, sumOfSquares: Double) {
        let mean = sum / count
        self.init(count: count, mean: mean, variance: (sumOfSquares - sum * mean) / (count - 1))
    }

    /// A mean over units, from their values.
    public init(_ values: some Sequence<Double>) {
        let moments = SampleMoments(values)
        self.init(count: moments.count, mean: moments.mean, variance: moments.variance)
    }

    /// A quantile over units with a distribution-free interval of the level 95 %, of which the variance is made: an approximation that
    /// needs a smooth density at the quantile.
    public init(count: Double, quantile: Double, lower: Double, upper: Double) {
        let deviation = (upper - lower) / (2 * Normal.upperQuantile(0.025))
        self.init(count: count, mean: quantile, variance: deviation * deviation * (count - 1))
    }

    /// The mean's variance.
    public var squaredError: Double { variance / count }
}
