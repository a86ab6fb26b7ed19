/// Fisher's F distribution: the ratio of two independent mean squares.
public struct FisherF: Sendable, Hashable {
    public let numerator: Double
    public let denominator: Double

    public init(numerator: Double, denominator: Double) {
        self.numerator = numerator
        self.denominator = denominator
    }

    /// P(F ≥ value), relative error about 1e-12.
    public func upper(_ value: Double) -> Double {
        guard value > 0 else { return 1 }
        let scaled = numerator * value
        let sum = scaled + denominator
        return exponential(
            logIncompleteBeta(0.5 * denominator, 0.5 * numerator, x: denominator / sum, complement: scaled / sum).lower)
    }

    /// The value above which the distribution has `probability`.
    public func upperQuantile(_ probability: Double) -> Double {
        guard probability > 0 else { return .infinity }
        guard probability < 1 else { return 0 }
        var high = 1.0
        while upper(high) > probability, high < 1e300 { high *= 2 }
        let target = logarithm(probability)
        return root(from: 0, to: high) { logarithm(upper($0)) - target }
    }
}
