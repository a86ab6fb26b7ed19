extension Operator {
    /// `{"!": [value]}`: true when the value is not truthy.
    static let not = Operator("!") { arguments, _ in .bool(!arguments.argument(0).isTruthy) }
    /// `{"!!": [value]}`: true when the value is truthy.
    static let truth = Operator("!!") { arguments, _ in .bool(arguments.argument(0).isTruthy) }
}
