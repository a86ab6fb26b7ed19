extension Operator {
    /// `{"cat": [a, b, …]}`: one text of all; null is nothing.
    static let concatenated = Operator("cat") { arguments, _ in .string(arguments.map(\.piece).joined()) }
}
