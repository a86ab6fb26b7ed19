import Statistics

/// Evidence in words: `310 to 1` for a regression, `1 to 4` against it.
public struct Odds: Hashable, Sendable, CustomStringConvertible {
    /// The natural logarithm.
    public var log: Double

    public init(log: Double) { self.log = log }

    public init(decades: Double) { log = decades * logarithm(10) }

    /// 2 is a hundred to one.
    public var decades: Double { log / logarithm(10) }

    /// How many powers of ten a ratio is; minus infinity for 0.
    public static func decades(of ratio: Double) -> Double { logarithm(ratio) / logarithm(10) }

    /// The ratio itself: 310 for 310 to 1.
    public var ratio: Double { exponential(log) }

    public var description: String {
        if log.isNaN { return "unknown" }
        return log >= 0 ? "\(Odds.side(log)) to 1" : "1 to \(Odds.side(-log))"
    }

    /// Two telling digits, and beyond a million no digits at all.
    private static func side(_ log: Double) -> String {
        let ratio = exponential(log)
        if ratio >= 1e9 { return "more than a billion" }
        if ratio >= 1e6 { return "\(countText((ratio / 1e6).rounded())) million" }
        if ratio < 9.95 { return numberText((ratio * 10).rounded() / 10) }
        var size = 1.0
        while ratio / size >= 100 { size *= 10 }
        return countText((ratio / size).rounded() * size)
    }
}
