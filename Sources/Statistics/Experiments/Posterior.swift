/// What to believe of an effect after the data, from a normal belief before them.
///
/// Calibrated only as far as the belief is; no α is promised, and none is spent by looking.
public struct Posterior: Sendable, Hashable {
    public let mean: Double
    public let deviation: Double

    /// - Parameters:
    ///   - prior: mean and standard deviation of the *relative* effect before the data; nil for none (flat).
    ///   - effect: relative or absolute: the prior is scaled to it by the control's mean.
    public init(effect: Effect, prior: (mean: Double, deviation: Double)?, controlMean: Double) {
        guard let prior else {
            (mean, deviation) = (effect.estimate, effect.standardError)
            return
        }
        let unit = effect.unit == 1 ? controlMean : 1
        let (before, spread) = (prior.mean * unit, prior.deviation * unit)
        let precision = 1 / (spread * spread)
        let total = precision + 1 / effect.variance
        mean = (before * precision + effect.estimate / effect.variance) / total
        deviation = (1 / total).squareRoot()
    }

    /// P(effect > 0).
    public var chanceToWin: Double { Normal.upper(-mean / deviation) }

    /// What is lost on average by keeping the control: E[max(effect, 0)]; and by taking the treatment: E[max(−effect, 0)].
    public var risk: (control: Double, treatment: Double) { (expectedGain(mean), expectedGain(-mean)) }

    private func expectedGain(_ mean: Double) -> Double {
        let place = mean / deviation
        return mean * Normal.lower(place) + deviation * Normal.density(place)
    }

    /// The central interval of the level 1 − `chance`.
    public func interval(chance: Double) -> (lower: Double, upper: Double) {
        let half = Normal.upperQuantile(chance / 2) * deviation
        return (mean - half, mean + half)
    }
}
