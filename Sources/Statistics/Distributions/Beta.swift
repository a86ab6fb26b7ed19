/// The beta distribution, and with it the exact tails of the binomial one.
public struct Beta: Sendable, Hashable {
    public let first: Double
    public let second: Double

    public init(_ first: Double, _ second: Double) {
        self.first = first
        self.second = second
    }

    /// P(X ≤ value).
    public func lower(_ value: Double) -> Double {
        exponential(logIncompleteBeta(first, second, x: value, complement: 1 - value).lower)
    }

    /// The value below which the distribution has `probability`.
    public func quantile(_ probability: Double) -> Double {
        guard probability > 0 else { return 0 }
        guard probability < 1 else { return 1 }
        let target = logarithm(probability)
        return root(from: 0, to: 1) {
            max(-800, logIncompleteBeta(first, second, x: $0, complement: 1 - $0).lower) - target
        }
    }
}

/// The chance of a number of successes or more in independent trials.
public func binomialUpperTail(successes: Double, trials: Double, probability: Double) -> Double {
    if successes <= 0 { return 1 }
    if successes > trials { return 0 }
    return Beta(successes, trials - successes + 1).lower(probability)
}
