/// How hosts differ from each other for reasons that have nothing to do with the change, from counts before it.
///
/// The model: a host's events are Poisson with the mean rate · exposure · u, where u has the mean 1 and the variance τ² over hosts. Used by
/// multiplying each host's exposure by its `offset`, and the relative margin by `allowance`. **Stops being true** when a host changes just when
/// the change reaches it: about one wave in two hundred beyond what `allowance` covers.
public enum HostEffects {
    /// The moment estimate of τ², at least 0.
    public static func variance(events: [Double], exposures: [Double]) -> Double {
        guard let (expected, squares) = expectations(events, exposures) else { return 0 }
        let hosts = Double(events.count)
        var excess = 0.0
        for (count, mean) in zip(events, expected) {
            excess += (count - mean) * (count - mean) - count * (hosts - 1) / hosts
        }
        return max(0, excess / squares)
    }

    /// τ² and `deviations` of its standard error (of a gamma model, by the delta method).
    public static func upperVariance(events: [Double], exposures: [Double], deviations: Double = 1.28) -> Double {
        let estimate = variance(events: events, exposures: exposures)
        guard let (expected, squares) = expectations(events, exposures) else { return estimate }
        var sum = 0.0
        for mean in expected {
            let square = mean * mean
            sum +=
                2 * (mean + estimate * square) * (mean + estimate * square) + 2 * estimate * estimate * square * square
        }
        return estimate + deviations * sum.squareRoot() / squares
    }

    /// Each host's factor on its exposure, shrunk towards 1 as far as its history is short, and the variance that is left of it.
    public static func offsets(
        events: [Double], exposures: [Double], variance: Double
    ) -> (factors: [Double], remaining: [Double]) {
        guard let (expected, _) = expectations(events, exposures) else {
            return (events.map { _ in 1 }, events.map { _ in max(0, variance) })
        }
        let prior = 1 / max(variance, 1e-6)
        let factors = zip(events, expected).map { ($0 + prior) / ($1 + prior) }
        return (factors, zip(factors, expected).map { $0 / (prior + $1) })
    }

    /// The factor on the relative margin for cohorts of so many hosts without a history. Where each host's variance v is known, the cohort's is
    /// Σ share² v.
    public static func allowance(
        variance: Double, canaryHosts: Int, baselineHosts: Int, deviations: Double = 2.58
    ) -> Double {
        let shares = 1 / Double(max(1, canaryHosts)) + 1 / Double(max(1, baselineHosts))
        return exponential(deviations * (max(0, variance) * shares).squareRoot())
    }

    private static func expectations(_ events: [Double], _ exposures: [Double]) -> (means: [Double], squares: Double)? {
        let (all, exposure) = (events.reduce(0, +), exposures.reduce(0, +))
        guard events.count == exposures.count, all > 0, exposure > 0, all.isFinite, exposure.isFinite else {
            return nil
        }
        let means = exposures.map { $0 * all / exposure }
        return (means, means.reduce(0) { $0 + $1 * $1 })
    }
}
