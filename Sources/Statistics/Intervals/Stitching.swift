/// Curves in closed form, of the order √(v ln ln v), that hold at all times: an optimal mixture on each piece of time, stitched together.
public enum Stitching {
    /// For sub-gamma deviations of scale `scale` (0: sub-Gaussian) (Howard et al. 2021, theorem 1): above it at some time with at most `chance`.
    /// - Parameter start: the intrinsic time from which it is tight.
    public static func polynomial(
        time: Double, chance: Double, start: Double, scale: Double = 0, exponent: Double = 1.4, ratio: Double = 2
    ) -> Double {
        let time = max(time, start)
        let constant = logarithm(zeta(exponent)) - exponent * logarithm(logarithm(ratio))
        let level = exponent * logarithm(logarithm(ratio * time / start)) + constant - logarithm(chance)
        let linear = (ratio.squareRoot() + 1) / 2 * scale * level
        let factor = (power(ratio, 0.25) + power(ratio, -0.25)) / 2.0.squareRoot()
        return (factor * factor * time * level + linear * linear).squareRoot() + linear
    }

    /// How far an empirical distribution function is from the true one, at all times after `start` and everywhere at once (Howard and Ramdas,
    /// Bernoulli 2022, theorem 2, whose constant is found numerically). ∞ before.
    public static func distribution(count: Double, chance: Double, start: Double, factor: Double = 0.85) -> Double {
        guard count >= start else { return .infinity }
        return factor * ((logarithm(1 + logarithm(count / start)) + constant(chance, factor)) / count).squareRoot()
    }

    private static func constant(_ chance: Double, _ factor: Double) -> Double {
        let error = { (constant: Double) -> Double in
            let largest = root(from: 1, to: 2 * factor * factor) { ratio in
                (ratio / 2).squareRoot() + (2 * (ratio - 1) / constant).squareRoot() - factor
            }
            return minimum(from: 1, to: largest) { ratio in
                let distance = factor - (2 * (ratio - 1) / constant).squareRoot()
                let gain = 2 / ratio * distance * distance
                guard gain > 1, ratio > 1 else { return 1e300 }
                return 4 * exponential(-gain * constant) * (1 + 1 / ((gain - 1) * logarithm(ratio)))
            }.value
        }
        var high = 5.0
        while error(high) > chance { high *= 2 }
        return root(from: high / 2 > 2.5 ? high / 2 : 0.5, to: high) { logarithm(error($0)) - logarithm(chance) }
    }

    /// How far the number of values below a quantile is from what it should be, at all times and for all quantiles at once (Howard and
    /// Ramdas 2022, theorem 3). Tight from `start` values on.
    public static func quantiles(
        quantile: Double, count: Double, chance: Double, start: Double, width: Double = 0.5, exponent: Double = 1.4,
        ratio: Double = 2
    ) -> Double {
        let time = max(count, start)
        let odds = logarithm(quantile / (1 - quantile))
        let moved = 1 / (1 + exponential(-(odds + 2 * width * (start * ratio / time).squareRoot())))
        let rank = quantile >= 0.5 ? quantile : min(0.5, moved)
        let variance = rank * (1 - rank)
        let piece = (time / start).squareRoot() * abs(odds) / (2 * width) + 1
        let sum = zeta(exponent)
        let level =
            exponent * logarithm(logarithm(ratio * time / start)) + exponent * logarithm(piece)
            + logarithm(2 * sum * (2 * sum + 1) / chance) - exponent * logarithm(logarithm(ratio))
        let linear = (ratio.squareRoot() + 1) / 2 * (1 - 2 * quantile) / 3 * level
        let factor = (power(ratio, 0.25) + power(ratio, -0.25)) / 2.0.squareRoot()
        let body = (factor * factor * variance * time * level + linear * linear).squareRoot()
        return width * (ratio * time * variance / start).squareRoot() + body + linear
    }

    /// Riemann's ζ(exponent) for exponents above 1 (Euler and Maclaurin; error about 1e-15).
    static func zeta(_ exponent: Double) -> Double {
        let terms = 20.0
        var sum = 0.0
        for index in 1..<Int(terms) { sum += power(Double(index), -exponent) }
        let last = power(terms, -exponent)
        let first = exponent * last / (12 * terms)
        let second = -first * (exponent + 1) * (exponent + 2) / (60 * terms * terms)
        let third = -second * (exponent + 3) * (exponent + 4) / (42 * terms * terms)
        return sum + last * terms / (exponent - 1) + 0.5 * last + first + second + third
    }
}
