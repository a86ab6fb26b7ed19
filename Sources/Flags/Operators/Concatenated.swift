extension Operator {
    /// `{"cat": [a, b, …]}`: one text of all; null is nothing.
    static let concatenated = Operator("cat") { (arguments: [FlagValue], scope) throws(FlagErrorCode) in
        try scope.budget.take(textOf: arguments)
        return .string(arguments.map(\.piece).joined())
    }
}
