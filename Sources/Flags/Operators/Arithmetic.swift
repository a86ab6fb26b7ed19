extension Operator {
    /// `{"+": [a, b, …]}`: the sum. With one argument it makes a number of a text.
    static let plus = Operator("+") { arguments, _ in
        arguments.map(\.leadingNumber).reduce(.integer(0)) { combined($0, $1, { $0.addingReportingOverflow($1) }, +) }
    }
    /// `{"-": [a, b]}`, and `{"-": [a]}` for the negative.
    static let minus = Operator("-") { arguments, _ in
        let (left, right) = arguments.count > 1 ? (arguments[0], arguments[1]) : (.integer(0), arguments.argument(0))
        return combined(left.asNumber, right.asNumber, { $0.subtractingReportingOverflow($1) }, -)
    }
    /// `{"*": [a, b, …]}`: the product.
    static let times = Operator("*") { arguments, _ in
        arguments.map(\.leadingNumber).reduce(.integer(1)) {
            combined($0, $1, { $0.multipliedReportingOverflow(by: $1) }, *)
        }
    }
    /// `{"/": [a, b]}`; never an integer.
    static let divided = Operator("/") { arguments, _ in
        .number(arguments.argument(0).asDouble / arguments.argument(1).asDouble)
    }
    /// `{"%": [a, b]}`: what is left, with the sign of a.
    static let remainder = Operator("%") { arguments, _ in
        combined(
            arguments.argument(0).asNumber, arguments.argument(1).asNumber,
            { $1 == 0 ? (0, true) : $0.remainderReportingOverflow(dividingBy: $1) },
            { $0.truncatingRemainder(dividingBy: $1) })
    }

    /// Integers stay integers as long as they fit; otherwise both are taken as doubles.
    private static func combined(
        _ left: FlagValue, _ right: FlagValue, _ integers: (Int64, Int64) -> (partialValue: Int64, overflow: Bool),
        _ doubles: (Double, Double) -> Double
    ) -> FlagValue {
        if case .integer(let one) = left, case .integer(let other) = right {
            let (value, overflow) = integers(one, other)
            if !overflow { return .integer(value) }
        }
        return .number(doubles(left.asDouble, right.asDouble))
    }
}

extension FlagValue {
    /// The number that the value's text begins with: sums and products take `12 apples` for 12.
    fileprivate var leadingNumber: FlagValue {
        isNumber ? self : .number(numberAtStart(of: text))
    }
}
