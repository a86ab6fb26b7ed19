/// Evidence from one number per host (memory after minus before, say), where few hosts are all there is.
public enum GaugeEvidence {
    /// ln of the e-value of a t statistic against "no difference", looking to both sides.
    ///
    /// **Hypothesis**: both cohorts' hosts are normal with the same mean and the same, unknown spread. The standardised effect has the prior
    /// N(0, `spread`), the unknown spread the right Haar prior; the result has expectation 1 whatever the spread is (Pérez-Ortiz et al.,
    /// Annals of Statistics 2024). **Stops being true** with strong outliers and few hosts: `permutation` assumes neither.
    /// - Parameters:
    ///   - degrees: hosts − 2.
    ///   - size: 1 / (1/canary hosts + 1/baseline hosts).
    public static func logTwoSided(t: Double, degrees: Double, size: Double, spread: Double = 1) -> Double {
        guard t.isFinite, degrees > 0, size > 0 else { return 0 }
        let ratio = 1 / (1 + spread * size)
        let square = t * t / degrees
        let gain = logarithm(onePlus: square) - logarithm(onePlus: ratio * square)
        return 0.5 * logarithm(ratio) + 0.5 * (degrees + 1) * gain
    }

    /// ln of the e-value against "the canary's mean is not above the baseline's": the mean of the likelihood ratios of noncentral t for a
    /// few standardised effects, all positive. Grows with t, so its expectation under any smaller mean is below 1.
    public static func logOneSided(
        t: Double, degrees: Double, size: Double, effects: [Double] = [0.5, 1, 2, 4]
    ) -> Double {
        guard t.isFinite, degrees > 0, size > 0, !effects.isEmpty else { return 0 }
        let ratios = effects.map { logNoncentralRatio(t: t, degrees: degrees, centre: $0 * size.squareRoot()) }
        return logSum(ratios) - logarithm(Double(effects.count))
    }

    /// Student's t of the difference canary − baseline with a pooled variance; nil with fewer than three hosts, or no variance at all.
    public static func pooledT(canary: [Double], baseline: [Double]) -> (t: Double, degrees: Double, size: Double)? {
        let (first, second) = (SampleMoments(canary), SampleMoments(baseline))
        guard first.count >= 1, second.count >= 1, first.count + second.count >= 3 else { return nil }
        let degrees = first.count + second.count - 2
        let pooled = (first.squaredDeviations + second.squaredDeviations) / degrees
        let size = 1 / (1 / first.count + 1 / second.count)
        guard pooled > 0, pooled.isFinite else { return nil }
        return ((first.mean - second.mean) / (pooled / size).squareRoot(), degrees, size)
    }

    /// ln of the e-value of "the hosts of this wave were drawn by lot": e^{λS} over its mean over all draws, S the standardised rank sum.
    ///
    /// **Hypothesis**: every choice of as many hosts was equally likely, and the change does nothing. No other assumption: ties, outliers and
    /// any distribution are allowed; waves multiply. The mean over all choices is exact: an elementary symmetric polynomial of e^{λz}, in
    /// O(hosts · canary hosts). With one of ten hosts it can never exceed 10: gauges of few hosts hold, they do not roll back.
    public static func logPermutation(canary: [Double], baseline: [Double], tilt: Double = 2) -> Double {
        let values = canary + baseline
        let chosen = canary.count
        guard chosen > 0, !baseline.isEmpty, values.allSatisfy(\.isFinite) else { return 0 }
        let ranks = Ranks(values).ranks
        let moments = SampleMoments(ranks)
        let spread = (moments.squaredDeviations / moments.count).squareRoot()
        guard spread > 0 else { return 0 }
        let scale = tilt / (spread * Double(chosen).squareRoot())
        let scores = ranks.map { ($0 - moments.mean) * scale }
        // ln of the mean of e^Σ over the choices of j among the first i: the recursion of symmetric polynomials, as means.
        var means = [0.0] + Array(repeating: -Double.infinity, count: chosen)
        for (index, score) in scores.enumerated() {
            let count = Double(index + 1)
            for size in stride(from: min(index + 1, chosen), through: 1, by: -1) {
                let share = Double(size) / count
                let without = share < 1 ? means[size] + logarithm(1 - share) : -.infinity
                means[size] = logSum(without, means[size - 1] + score + logarithm(share))
            }
        }
        return scores[..<chosen].reduce(0, +) - means[chosen]
    }

    /// ln of the density of noncentral t over that of central t.
    ///
    /// Both are ∫ y^ν e^{−(y − c)²/2} dy up to the same constants, c = centre · t / √(ν + t²); the integrands are bell-shaped and summed by
    /// Gauss and Legendre's rule around their peaks (error about 1e-13).
    static func logNoncentralRatio(t: Double, degrees: Double, centre: Double) -> Double {
        let pull = centre * t / (degrees + t * t).squareRoot()
        return logBell(degrees: degrees, centre: pull) - logBell(degrees: degrees, centre: 0) - 0.5 * centre * centre
    }

    /// ln ∫₀^∞ y^ν e^{−y²/2 + cy} dy
    private static func logBell(degrees: Double, centre: Double) -> Double {
        let peak = (centre + (centre * centre + 4 * degrees).squareRoot()) / 2
        let width = 1 / (1 + degrees / (peak * peak)).squareRoot()
        let height = degrees * logarithm(peak) - 0.5 * peak * peak + centre * peak
        let start = max(0, peak - 12 * width)
        let end = peak + 12 * max(width, 1)
        let panels = 16
        let step = (end - start) / Double(panels)
        var sum = 0.0
        for panel in 0..<panels {
            let from = start + Double(panel) * step
            sum += rule.integral(from: from, to: from + step) { y in
                y > 0 ? exponential(degrees * logarithm(y) - 0.5 * y * y + centre * y - height) : 0
            }
        }
        return height + logarithm(sum)
    }

    private static let rule = Quadrature(count: 24)
}
