/// Evidence that subjects do not arrive in the shares they were to be given (a sample ratio mismatch), looked at as often as one likes.
///
/// **Hypothesis**: each arrival falls into arm i with the chance `shares[i]`. **e-value**: the Dirichlet and multinomial marginal likelihood over
/// the hypothesis' one, in closed form (Lindon and Malek, NeurIPS 2022); the Dirichlet is centred at the shares, `concentration` strong: a
/// large one looks for small deviations. Only the counts so far are needed. A martingale: P(ever ≥ 1/α) ≤ α.
///
/// **Stops being true** when the planned shares change on the way (start anew, and multiply), or when arrivals are counted several times
/// each (count subjects, not requests).
public struct ShareEvidence: Sendable, Hashable {
    public let shares: [Double]
    public let concentration: Double

    /// - Parameters:
    ///   - shares: in any unit; scaled to sum to 1. Arms with no share are left out.
    ///   - concentration: nil for as many as there are arms (a flat start).
    public init(shares: [Double], concentration: Double? = nil) {
        let sum = shares.reduce(0) { $0 + max(0, $1) }
        self.shares = shares.map { sum > 0 ? max(0, $0) / sum : 0 }
        self.concentration = max(1e-6, concentration ?? Double(shares.count))
    }

    /// ln E after these counts; 0 if they do not fit the shares.
    public func log(_ counts: [Double]) -> Double {
        guard counts.count == shares.count, counts.allSatisfy({ $0 >= 0 && $0 < .infinity }) else { return 0 }
        let all = counts.reduce(0, +)
        var log = logGamma(concentration) - logGamma(concentration + all)
        for (count, share) in zip(counts, shares) {
            guard share > 0 else {
                // Someone in an arm that nobody may be in: that never happens under the hypothesis.
                if count > 0 { return .infinity }
                continue
            }
            let prior = concentration * share
            log += logGamma(prior + count) - logGamma(prior) - count * logarithm(share)
        }
        return log
    }
}
