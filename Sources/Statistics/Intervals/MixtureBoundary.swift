/// A curve that a sum of bounded or light-tailed deviations stays below at all times, with the chance 1 − α: mixtures of exponential
/// supermartingales (Howard, Ramdas, McAuliffe and Sekhon, Annals of Statistics 2021; Probability Surveys 2020).
///
/// `sum` is the deviation so far, `time` its intrinsic time (a bound on, or estimate of, its variance). ln of the supermartingale is above
/// ln 1/α at some time with a chance of at most α. Each family says for which deviations that is so.
public protocol MixtureBoundary: Sendable {
    /// ln of the supermartingale.
    func log(sum: Double, time: Double) -> Double
    /// The largest sum that is possible at a time; ∞ for none.
    func largest(time: Double) -> Double
}

extension MixtureBoundary {
    public func largest(time: Double) -> Double { .infinity }

    /// What the sum exceeds at some time with a chance of at most `chance`.
    public func bound(time: Double, chance: Double) -> Double {
        let threshold = -logarithm(chance)
        var high = largest(time: time)
        if high == .infinity {
            high = max(time, 1e-300)
            for _ in 0..<200 where log(sum: high, time: time) <= threshold { high *= 2 }
        }
        guard log(sum: high, time: time) >= threshold else { return high }
        return root(from: 0, to: high) { log(sum: $0, time: time) - threshold }
    }
}

/// For sub-Gaussian deviations (proposition 5 one-sided, equation 3.7 two-sided): a normal or half-normal mixture.
public struct NormalMixture: MixtureBoundary, Hashable {
    let precision: Double
    public let isOneSided: Bool

    /// - Parameters:
    ///   - tightestAt: the intrinsic time at which the bound is tightest, for the chance `tightestChance`.
    public init(tightestAt time: Double, tightestChance chance: Double = 0.05, isOneSided: Bool) {
        precision = NormalMixture.precision(time: time, chance: isOneSided ? 2 * chance : chance)
        self.isOneSided = isOneSided
    }

    static func precision(time: Double, chance: Double) -> Double {
        let log = -2 * logarithm(chance)
        return time / (log + logarithm(1 + log))
    }

    public func log(sum: Double, time: Double) -> Double {
        let all = time + precision
        let body = 0.5 * logarithm(precision / all) + sum * sum / (2 * all)
        return isOneSided ? body + logarithm(2) + Normal.logLower(sum / all.squareRoot()) : body
    }
}

/// For deviations whose upper tail is exponential with the scale `scale` (proposition 9).
public struct GammaExponentialMixture: MixtureBoundary, Hashable {
    let precision: Double
    public let scale: Double
    private let constant: Double

    public init(tightestAt time: Double, tightestChance chance: Double = 0.05, scale: Double) {
        precision = NormalMixture.precision(time: time, chance: 2 * chance)
        self.scale = scale
        let shape = precision / (scale * scale)
        constant = shape * logarithm(shape) - logGamma(shape) - logIncompleteGamma(shape: shape, value: shape).lower
    }

    public func log(sum: Double, time: Double) -> Double {
        let square = scale * scale
        let moved = (scale * sum + time) / square
        let shape = (time + precision) / square
        let place = moved + precision / square
        return constant + logGamma(shape) + logIncompleteGamma(shape: shape, value: place).lower
            - shape * logarithm(place) + moved
    }
}

/// For deviations of Poisson counts (proposition 10).
public struct GammaPoissonMixture: MixtureBoundary, Hashable {
    let precision: Double
    public let scale: Double
    private let constant: Double

    public init(tightestAt time: Double, tightestChance chance: Double = 0.05, scale: Double) {
        precision = NormalMixture.precision(time: time, chance: 2 * chance)
        self.scale = scale
        let shape = precision / (scale * scale)
        constant = shape * logarithm(shape) - logGamma(shape) - logIncompleteGamma(shape: shape, value: shape).upper
    }

    public func log(sum: Double, time: Double) -> Double {
        let square = scale * scale
        let place = (time + precision) / square
        let shape = sum / scale + place
        return constant + logGamma(shape) + logIncompleteGamma(shape: shape, value: place).upper
            - shape * logarithm(place) + time / square
    }
}

/// For deviations between −`below` and `above` (propositions 7 and 8): sums of Bernoulli trials among them.
public struct BetaBinomialMixture: MixtureBoundary, Hashable {
    public let below: Double
    public let above: Double
    public let isOneSided: Bool
    private let precision: Double
    private let normalizer: Double

    public init(
        tightestAt time: Double, tightestChance chance: Double = 0.05, below: Double, above: Double, isOneSided: Bool
    ) {
        let best = NormalMixture.precision(time: time, chance: isOneSided ? 2 * chance : chance)
        let range = below + above
        let precision = max(best - below * above, 1e-3 * below * above)
        self.precision = precision
        self.below = below
        self.above = above
        self.isOneSided = isOneSided
        normalizer = BetaBinomialMixture.logPart(
            precision / (below * range), precision / (above * range), isOneSided ? (above / range, below / range) : nil)
    }

    public func log(sum: Double, time: Double) -> Double {
        let range = below + above
        let up = (time + above * sum) / (above * range)
        let down = (time - below * sum) / (below * range)
        let mass = BetaBinomialMixture.logPart(
            down + precision / (below * range), up + precision / (above * range),
            isOneSided ? (above / range, below / range) : nil)
        return time / (below * above) * logarithm(range) - up * logarithm(below) - down * logarithm(above) + mass
            - normalizer
    }

    public func largest(time: Double) -> Double { time / below }

    /// ln of the incomplete beta integral up to `place` (and its complement), of the whole one for nil.
    private static func logPart(_ first: Double, _ second: Double, _ place: (Double, Double)?) -> Double {
        guard let place else { return logBeta(first, second) }
        return logIncompleteBeta(first, second, x: place.0, complement: place.1).lower + logBeta(first, second)
    }
}
