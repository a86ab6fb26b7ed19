/// The χ² distribution.
public struct ChiSquare: Sendable, Hashable {
    public let degrees: Double

    public init(degrees: Double) { self.degrees = degrees }

    /// P(X ≥ value), relative error about 1e-12 also in the far tail.
    public func upper(_ value: Double) -> Double {
        guard degrees > 0 else { return value > 0 ? 0 : 1 }
        return exponential(logIncompleteGamma(shape: 0.5 * degrees, value: 0.5 * value).upper)
    }

    /// P(X ≤ value).
    public func lower(_ value: Double) -> Double {
        guard degrees > 0 else { return 1 }
        return exponential(logIncompleteGamma(shape: 0.5 * degrees, value: 0.5 * value).lower)
    }

    /// The value above which the distribution has `probability`.
    public func upperQuantile(_ probability: Double) -> Double {
        guard probability > 0, degrees > 0 else { return probability > 0 ? 0 : .infinity }
        guard probability < 1 else { return 0 }
        var high = degrees + 1
        while upper(high) > probability { high *= 2 }
        let target = logarithm(probability)
        return root(from: 0, to: high) {
            logIncompleteGamma(shape: 0.5 * degrees, value: 0.5 * $0).upper - target
        }
    }
}
