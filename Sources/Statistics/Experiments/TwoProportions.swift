/// Two shares compared, at one fixed look.
public struct TwoProportions: Sendable, Hashable {
    public let first: (successes: Double, trials: Double)
    public let second: (successes: Double, trials: Double)

    public init(_ first: (successes: Double, trials: Double), _ second: (successes: Double, trials: Double)) {
        self.first = first
        self.second = second
    }

    public static func == (left: TwoProportions, right: TwoProportions) -> Bool {
        left.first == right.first && left.second == right.second
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine([first.successes, first.trials, second.successes, second.trials])
    }

    private var firstShare: Double { first.successes / first.trials }
    private var secondShare: Double { second.successes / second.trials }

    /// first − second
    public var difference: Double { firstShare - secondShare }

    /// Standardised by the common share; 0 where that leaves no variance.
    public var z: Double {
        let pooled = (first.successes + second.successes) / (first.trials + second.trials)
        let variance = pooled * (1 - pooled) * (1 / first.trials + 1 / second.trials)
        return variance > 0 ? difference / variance.squareRoot() : 0
    }

    public var pTwoSided: Double { min(1, 2 * Normal.upper(abs(z))) }
    public var pGreater: Double { Normal.upper(z) }
    public var pLess: Double { Normal.lower(z) }

    /// The error of the difference with each share's own variance.
    public var standardError: Double { TwoProportions.error(first, second) }

    /// Wald's interval: poor for small counts.
    public func wald(chance: Double) -> (lower: Double, upper: Double) {
        let half = Normal.upperQuantile(chance / 2) * standardError
        return (difference - half, difference + half)
    }

    /// Agresti and Caffo's (2000): Wald's with one success and one failure more in each.
    public func agrestiCaffo(chance: Double) -> (lower: Double, upper: Double) {
        let more = TwoProportions(
            (first.successes + 1, first.trials + 2), (second.successes + 1, second.trials + 2))
        return more.wald(chance: chance)
    }

    /// Newcombe's (1998, method 10), from the two Wilson intervals: holds its level also for small counts.
    public func newcombe(chance: Double) -> (lower: Double, upper: Double) {
        let z = Normal.upperQuantile(chance / 2)
        let one = TwoProportions.wilson(first, z)
        let other = TwoProportions.wilson(second, z)
        let down = distance(firstShare - one.lower, other.upper - secondShare)
        let up = distance(one.upper - firstShare, secondShare - other.lower)
        return (difference - down, difference + up)
    }

    private func distance(_ one: Double, _ other: Double) -> Double { (one * one + other * other).squareRoot() }

    private static func error(
        _ first: (successes: Double, trials: Double), _ second: (successes: Double, trials: Double)
    ) -> Double {
        let (one, other) = (first.successes / first.trials, second.successes / second.trials)
        return (one * (1 - one) / first.trials + other * (1 - other) / second.trials).squareRoot()
    }

    private static func wilson(_ arm: (successes: Double, trials: Double), _ z: Double) -> (
        lower: Double, upper: Double
    ) {
        let (share, square) = (arm.successes / arm.trials, z * z)
        let middle = (share + square / (2 * arm.trials)) / (1 + square / arm.trials)
        let body = share * (1 - share) / arm.trials + square / (4 * arm.trials * arm.trials)
        let half = z * body.squareRoot() / (1 + square / arm.trials)
        return (middle - half, middle + half)
    }
}
