/// Intervals for the mean of values in 0…1 that hold after every value, in constant memory (Waudby-Smith and Ramdas, JRSS-B 2023).
///
/// The values may depend on the past as long as the mean of the next one, given the past, is always the same.
public struct BoundedMean: Sendable, Hashable {
    public enum Method: Sendable, Hashable {
        /// Predictable plug-in with Hoeffding's bound (theorem 1): ignores the variance.
        case hoeffding
        /// Predictable plug-in with the empirical Bernstein bound (theorem 2): narrower where the values vary little.
        case empiricalBernstein
    }

    public let method: Method
    public let chance: Double
    private var count = 0.0
    private var sum = 0.0
    private var bets = Bets()
    private var lower = Side()
    private var upper = Side()

    /// What one side has summed.
    private struct Side: Sendable, Hashable {
        var weights = 0.0
        var weighted = 0.0
        var penalty = 0.0

        mutating func add(_ value: Double, weight: Double, penalty: Double) {
            weights += weight
            weighted += weight * value
            self.penalty += penalty
        }

        func bound(_ chance: Double) -> Double { (weighted - penalty + logarithm(chance)) / weights }
    }

    public init(method: Method, chance: Double) {
        self.method = method
        self.chance = chance
    }

    /// Takes in a value; one outside of 0…1 is moved to the nearer end.
    public mutating func add(_ value: Double) {
        let value = min(1, max(0, value))
        let mean = count > 0 ? sum / count : 0
        count += 1
        switch method {
        case .hoeffding:
            let weight = min(1, (-8 * logarithm(chance / 2) / (count * logarithm(onePlus: count))).squareRoot())
            lower.add(value, weight: weight, penalty: weight * weight / 8)
            upper.add(1 - value, weight: weight, penalty: weight * weight / 8)
        case .empiricalBernstein:
            let weight = min(0.5, bets.next(chance: chance / 2))
            let penalty = -logarithm(onePlus: -weight) - weight
            let deviation = value - mean
            lower.add(value, weight: weight, penalty: deviation * deviation * penalty)
            let other = count > 1 ? deviation : 1 - value
            upper.add(1 - value, weight: weight, penalty: other * other * penalty)
        }
        sum += value
        bets.add(value)
    }

    /// The interval after the values so far.
    public var bounds: (lower: Double, upper: Double) {
        guard count > 0 else { return (0, 1) }
        return (max(0, lower.bound(chance / 2)), min(1, 1 - upper.bound(chance / 2)))
    }
}

/// The stake of each round, from the rounds before: √(2 ln(1/α) / (t ln(1 + t) σ²)), with mean and variance as if one value of mean ½ and
/// variance ¼ had come first.
struct Bets: Sendable, Hashable {
    private var count = 0.0
    private var sum = 0.5
    private var squares = 0.25

    func next(chance: Double) -> Double {
        let round = count + 1
        let variance = squares / (count + 1)
        return (-2 * logarithm(chance) / (round * logarithm(onePlus: round) * variance)).squareRoot()
    }

    mutating func add(_ value: Double) {
        count += 1
        sum += value
        let deviation = value - min(1, sum / (count + 1))
        squares += deviation * deviation
    }
}

/// Wealth from betting against "the mean is m" (Waudby-Smith and Ramdas 2023, section 4): the larger of half the wealth of a bet on more and
/// of one on less. A mean is excluded when its wealth exceeds 1/α.
public struct Bet: Sendable, Hashable {
    public let mean: Double
    public let chance: Double
    private var bets = Bets()
    private var more = 0.5
    private var less = 0.5

    public init(mean: Double, chance: Double = 0.05) {
        self.mean = mean
        self.chance = chance
    }

    public mutating func add(_ value: Double) {
        let value = min(1, max(0, value))
        let stake = bets.next(chance: chance / 2)
        if value != mean {
            more *= 1 + min(stake, 0.5 / mean) * (value - mean)
            less *= 1 - min(stake, 0.5 / (1 - mean)) * (value - mean)
        }
        bets.add(value)
    }

    /// The wealth now.
    public var wealth: Double { max(more, less) }

    /// The means on a grid that are not excluded, widened by a step of the grid; everything if all are.
    public static func bounds(
        _ values: some Sequence<Double>, chance: Double, steps: Int = 1000
    ) -> (lower: Double, upper: Double) {
        let values = Array(values)
        var inside: (first: Int, last: Int)?
        for index in 0...max(1, steps) {
            var bet = Bet(mean: Double(index) / Double(steps), chance: chance)
            for value in values { bet.add(value) }
            if bet.wealth <= 1 / chance { inside = (inside?.first ?? index, index) }
        }
        guard let inside else { return (0, 1) }
        return (max(0, Double(inside.first - 1) / Double(steps)), min(1, Double(inside.last + 1) / Double(steps)))
    }
}
