/// By how much one sample is shifted against another, from ranks alone, at one fixed look (Hodges and Lehmann 1963).
///
/// The interval holds the shifts μ for which first − μ and second pass Mann and Whitney's test, normal approximation with corrections for
/// ties and continuity. It is exact for any continuous distribution that only shifts; found to rounding whatever the scale of the data is.
/// Looked at again and again it loses its level.
public struct ShiftComparison: Sendable, Hashable {
    public let estimate: Double
    public let lower: Double
    public let upper: Double

    private let first: [Double]
    private let second: [Double]

    /// - Returns: nil for an empty sample or a value that is not finite.
    public init?(_ first: [Double], _ second: [Double], chance: Double) {
        guard let smallest = first.min(), let largest = first.max(), let low = second.min(), let high = second.max(),
            (first + second).allSatisfy(\.isFinite)
        else { return nil }
        let (start, end) = (smallest - high, largest - low)
        self.first = first
        self.second = second
        guard end > start else {
            (estimate, lower, upper) = (start, start, start)
            return
        }
        let quantile = Normal.upperQuantile(chance / 2)
        let place = { (target: Double) -> Double in
            let excess = { ShiftComparison.standardized(first, second, shift: $0) - target }
            if excess(start) <= 0 { return start }
            if excess(end) >= 0 { return end }
            return root(from: start, to: end, of: excess)
        }
        estimate = place(0)
        lower = place(quantile)
        upper = place(-quantile)
    }

    /// Mann and Whitney's statistic of first − `shift` against second, standardised; 0 where all values are tied.
    public static func standardized(_ first: [Double], _ second: [Double], shift: Double) -> Double {
        let ranks = Ranks(first.map { $0 - shift } + second)
        let (m, n) = (Double(first.count), Double(second.count))
        let all = m + n
        let excess = ranks.ranks[..<first.count].reduce(0, +) - m * (m + 1) / 2 - m * n / 2
        let variance = m * n / 12 * (all + 1 - ranks.ties / (all * (all - 1)))
        guard variance > 0, excess != 0 else { return 0 }
        return (excess - (excess > 0 ? 0.5 : -0.5)) / variance.squareRoot()
    }

    public enum Finding: Sendable, Hashable {
        case higher
        case lower
        case same
    }

    /// Whether the first sample is beyond a tolerance that is a share of the estimate itself: the rule of the automated canary analysis that
    /// many know, for comparison. It has no margin in the metric's units: permanent small differences between hosts are findings.
    public func finding(tolerance: Double) -> Finding {
        let limit = tolerance * abs(estimate)
        if lower > limit { return .higher }
        return upper < -limit ? .lower : .same
    }
}

/// How large a difference is, without saying how sure it is.
public enum EffectSize {
    /// mean of first / mean of second; nil where that is no number.
    public static func meanRatio(_ first: [Double], _ second: [Double]) -> Double? {
        let (one, other) = (SampleMoments(first).mean, SampleMoments(second).mean)
        guard !first.isEmpty, !second.isEmpty, other != 0 else { return nil }
        return one / other
    }

    /// Cohen's d: the difference of the means in pooled standard deviations; nil where there are none.
    public static func cohen(_ first: [Double], _ second: [Double]) -> Double? {
        let (one, other) = (SampleMoments(first), SampleMoments(second))
        let pooled = (one.squaredDeviations + other.squaredDeviations) / (one.count + other.count - 2)
        guard one.count + other.count > 2, pooled > 0 else { return nil }
        return (one.mean - other.mean) / pooled.squareRoot()
    }
}
