/// The standard normal distribution.
public enum Normal {
    public static func density(_ value: Double) -> Double { exponential(-0.5 * value * value - halfLogTwoPi) }

    /// P(Z ≤ value), to a few units in the last place in either tail.
    public static func lower(_ value: Double) -> Double { 0.5 * complementaryError(-value * 0.5.squareRoot()) }

    /// P(Z ≥ value): precise where 1 − `lower` is not.
    public static func upper(_ value: Double) -> Double { lower(-value) }

    /// ln P(Z ≤ value), also where the probability itself underflows (the asymptotic series below −30, NIST 7.12.1).
    public static func logLower(_ value: Double) -> Double {
        if value > 0 { return logarithm(onePlus: -lower(-value)) }
        if value > -30 { return logarithm(lower(value)) }
        let inverse = 1 / (value * value)
        let series = -inverse + 3 * inverse * inverse - 15 * inverse * inverse * inverse
        return -0.5 * value * value - halfLogTwoPi - logarithm(-value) + logarithm(onePlus: series)
    }

    /// The value below which the normal distribution has `probability`; ±∞ at 0 and 1.
    public static func quantile(_ probability: Double) -> Double {
        probability > 0.5 ? upperQuantile(1 - probability) : -upperQuantile(probability)
    }

    /// The value above which the normal distribution has `probability`: precise for tiny ones.
    ///
    /// Hastings' rational guess (Abramowitz and Stegun 26.2.23) and Newton's method on ln P.
    public static func upperQuantile(_ probability: Double) -> Double {
        guard probability > 0 else { return .infinity }
        guard probability < 1 else { return -.infinity }
        if probability > 0.5 { return -upperQuantile(1 - probability) }
        let target = logarithm(probability)
        let root = (-2 * target).squareRoot()
        let above = 2.515517 + root * (0.802853 + root * 0.010328)
        let below = 1 + root * (1.432788 + root * (0.189269 + root * 0.001308))
        var value = root - above / below
        for _ in 0..<20 {
            let tail = logLower(-value)
            let hazard = exponential(-0.5 * value * value - halfLogTwoPi - tail)
            let step = (tail - target) / hazard
            value += step
            if abs(step) <= 1e-16 * max(1, abs(value)) { break }
        }
        return value
    }
}
