/// Whether arrivals match their planned shares, at one fixed look (Pearson's χ²); `ShareEvidence` may be looked at always.
public struct SampleRatio: Sendable, Hashable {
    public let statistic: Double
    public let degrees: Double

    /// - Returns: nil without arrivals or shares, or for arrivals in an arm without a share.
    public init?(counts: [Double], shares: [Double]) {
        let (all, sum) = (counts.reduce(0, +), shares.reduce(0, +))
        guard counts.count == shares.count, counts.count > 1, all > 0, sum > 0 else { return nil }
        var statistic = 0.0
        for (count, share) in zip(counts, shares) {
            let expected = all * share / sum
            guard expected > 0 else {
                guard count == 0 else { return nil }
                continue
            }
            statistic += (count - expected) * (count - expected) / expected
        }
        self.statistic = statistic
        degrees = Double(counts.count - 1)
    }

    public var p: Double { ChiSquare(degrees: degrees).upper(statistic) }
}
