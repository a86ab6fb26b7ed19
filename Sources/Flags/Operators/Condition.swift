extension Operator {
    /// `{"if": [condition, then, condition, then, …, otherwise]}`; null when no condition holds and nothing is left.
    static let condition = Operator("if", rules: choose)
    /// `?:`, another name of `if`.
    static let ternary = Operator("?:", rules: choose)

    @Sendable private static func choose(_ arguments: [Rule], in scope: Scope) throws(FlagErrorCode) -> FlagValue {
        var index = 0
        while index + 1 < arguments.count {
            if try arguments[index].value(in: scope).isTruthy { return try arguments[index + 1].value(in: scope) }
            index += 2
        }
        return try arguments.argument(index, in: scope)
    }
}
