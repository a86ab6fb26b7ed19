extension Operator {
    /// `{"==": [a, b]}`: equal after conversion, so that "1" is 1.
    static let equal = Operator("==") { arguments, _ in
        .bool(FlagValue.looselyEqual(arguments.argument(0), arguments.argument(1)))
    }
    /// `{"!=": [a, b]}`
    static let notEqual = Operator("!=") { arguments, _ in
        .bool(!FlagValue.looselyEqual(arguments.argument(0), arguments.argument(1)))
    }
    /// `{"===": [a, b]}`: equal, and of one kind.
    static let strictlyEqual = Operator("===") { arguments, _ in
        .bool(FlagValue.strictlyEqual(arguments.argument(0), arguments.argument(1)))
    }
    /// `{"!==": [a, b]}`
    static let strictlyNotEqual = Operator("!==") { arguments, _ in
        .bool(!FlagValue.strictlyEqual(arguments.argument(0), arguments.argument(1)))
    }
}
