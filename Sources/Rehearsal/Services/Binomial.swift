import Statistics
import Values

extension SeededGenerator {
    /// A whole number whose mean is the number.
    mutating func rounded(_ number: Double) -> Double {
        let whole = number.rounded(.down)
        return whole + (share() < number - whole ? 1 : 0)
    }

    /// How many of so many events happen, each with this chance.
    ///
    /// Counted one by one where there are few, by jumps between those that happen where these are few, and else by the normal law,
    /// which differs from the binomial one by less than a recorded number can be trusted.
    mutating func binomial(_ events: Double, _ chance: Double) -> Double {
        guard events >= 1, chance > 0 else { return 0 }
        guard chance < 1 else { return events }
        if chance > 0.5 { return events - binomial(events, 1 - chance) }
        if events * chance > 40 { return normal(events, chance) }
        if events < 16 {
            var count = 0.0
            for _ in 0..<Int(events) where share() < chance { count += 1 }
            return count
        }
        // The gap to the next that happens is geometric; exponential ones, cut off at whole numbers, are just that.
        let rate = -logarithm(1 - chance)
        var (place, count) = (0.0, 0.0)
        while true {
            place += (exponential() / rate).rounded(.down) + 1
            if place > events { return count }
            count += 1
        }
    }

    private mutating func exponential() -> Double { -logarithm(1 - share()) }

    private mutating func normal(_ events: Double, _ chance: Double) -> Double {
        // Marsaglia's polar method: a point in the circle gives a normal number without an angle.
        while true {
            let (x, y) = (2 * share() - 1, 2 * share() - 1)
            let radius = x * x + y * y
            guard radius > 0, radius < 1 else { continue }
            let deviate = x * (-2 * logarithm(radius) / radius).squareRoot()
            let count = (events * chance + deviate * (events * chance * (1 - chance)).squareRoot()).rounded()
            return min(max(count, 0), events)
        }
    }
}
