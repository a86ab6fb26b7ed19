extension Operator {
    /// `{"min": [a, b, …]}`: the smallest.
    static let minimum = Operator("min") { arguments, _ in
        extreme(of: arguments, .less, none: .infinity)
    }
    /// `{"max": [a, b, …]}`: the largest.
    static let maximum = Operator("max") { arguments, _ in
        extreme(of: arguments, .greater, none: -.infinity)
    }

    private static func extreme(of values: [FlagValue], _ order: FlagValue.Order, none: Double) -> FlagValue {
        var best = FlagValue.number(none)
        for value in values.map(\.asNumber) {
            if value.asDouble.isNaN { return value }
            if FlagValue.compare(value, best) == order { best = value }
        }
        return best
    }
}
