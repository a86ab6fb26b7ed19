extension Operator {
    /// `{"var": "user.name"}` and `{"var": ["user.name", "nobody"]}`: an attribute, or else the second argument.
    static let variable = Operator("var") { (arguments: [FlagValue], scope) throws(FlagErrorCode) in
        try scope.value(at: arguments.argument(0), or: arguments.argument(1))
    }
}
