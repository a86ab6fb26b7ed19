extension Operator {
    /// `{"log": value}`: the value. Nothing is logged: an evaluation does no output.
    static let log = Operator("log") { arguments, _ in arguments.argument(0) }
}
