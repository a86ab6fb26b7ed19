/// Variance taken out of a metric with what was known of each unit before the experiment: CUPED (Deng, Xu, Kohavi and Walker, WSDM 2013).
///
/// y − θx with one θ for both arms, cov(y, x) / var(x): the difference of means is as unbiased as before, its variance smaller by the factor
/// 1 − r². **Stops being true** if x was touched by the experiment: it must be from before.
public enum Adjustment {
    /// θ of both arms together; 0 where x does not vary.
    ///
    /// - Parameter ofShares: whether both numbers are 0 or 1 for every unit.
    public static func slope(_ control: PairedSums, _ treatment: PairedSums, ofShares: Bool = false) -> Double {
        let (_, before, both) = (control + treatment).covariances(ofShares: ofShares)
        return before > 0 ? both / before : 0
    }

    /// An arm's metric (first) adjusted by what was before (second).
    /// - Parameter centre: what θx is measured from; relative to 0 the mean is shifted by the same in both arms, so that differences hold.
    public static func arm(
        _ sums: PairedSums, slope: Double, centre: Double = 0, ofShares: Bool = false
    ) -> Arm {
        let (after, before, both) = sums.covariances(ofShares: ofShares)
        let mean = sums.first / sums.count
        return Arm(
            count: sums.count, mean: mean - slope * (sums.second / sums.count - centre),
            variance: after + slope * slope * before - 2 * slope * both, unadjustedMean: mean)
    }
}
