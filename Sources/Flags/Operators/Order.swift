extension Operator {
    /// `{"<": [a, b]}`, and `{"<": [a, b, c]}` for b between the two.
    static let less = Operator("<") { arguments, _ in .bool(isRising(arguments) { $0 == .less }) }
    /// `{"<=": [a, b]}`, and `{"<=": [a, b, c]}` for b between the two or one of them.
    static let lessOrEqual = Operator("<=") { arguments, _ in
        .bool(isRising(arguments) { $0 == .less || $0 == .same })
    }
    /// `{">": [a, b]}`
    static let greater = Operator(">") { arguments, _ in
        .bool(FlagValue.compare(arguments.argument(0), arguments.argument(1)) == .greater)
    }
    /// `{">=": [a, b]}`
    static let greaterOrEqual = Operator(">=") { arguments, _ in
        let order = FlagValue.compare(arguments.argument(0), arguments.argument(1))
        return .bool(order == .greater || order == .same)
    }

    private static func isRising(_ arguments: [FlagValue], _ isRight: (FlagValue.Order) -> Bool) -> Bool {
        guard isRight(FlagValue.compare(arguments.argument(0), arguments.argument(1))) else { return false }
        return arguments.count < 3 || isRight(FlagValue.compare(arguments[1], arguments[2]))
    }
}
