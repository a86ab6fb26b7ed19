/// Student's t distribution; `degrees` of freedom need not be whole.
public struct StudentT: Sendable, Hashable {
    public let degrees: Double

    public init(degrees: Double) { self.degrees = degrees }

    public func logDensity(_ value: Double) -> Double {
        let body = -0.5 * (degrees + 1) * logarithm(onePlus: value * value / degrees)
        return body - 0.5 * logarithm(degrees) - logBeta(0.5 * degrees, 0.5)
    }

    /// P(|T| ≥ |value|), relative error about 1e-12.
    public func twoSided(_ value: Double) -> Double {
        guard !value.isNaN, degrees > 0 else { return .nan }
        guard value.isFinite else { return 0 }
        let square = value * value
        let sum = degrees + square
        return exponential(
            logIncompleteBeta(0.5 * degrees, 0.5, x: degrees / sum, complement: square / sum).lower)
    }

    /// P(T ≥ value): precise where it is tiny.
    public func upper(_ value: Double) -> Double {
        let tail = 0.5 * twoSided(value)
        return value >= 0 ? tail : 1 - tail
    }

    /// P(T ≤ value): precise where it is tiny.
    public func lower(_ value: Double) -> Double { upper(-value) }

    /// The value above which the distribution has `probability`.
    public func upperQuantile(_ probability: Double) -> Double {
        guard probability > 0, probability < 1 else { return probability <= 0 ? .infinity : -.infinity }
        if probability == 0.5 { return 0 }
        if probability > 0.5 { return -upperQuantile(1 - probability) }
        var high = max(1, Normal.upperQuantile(probability))
        while upper(high) > probability, high < 1e300 { high *= 2 }
        let target = logarithm(probability)
        return root(from: 0, to: high) { logarithm(upper($0)) - target }
    }
}
