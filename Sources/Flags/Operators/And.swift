extension Operator {
    /// `{"and": […]}`: the first value that is not truthy, or the last.
    static let and = Operator("and") { (arguments: [Rule], scope) throws(FlagErrorCode) in
        var value = FlagValue.null
        for argument in arguments {
            value = try argument.value(in: scope)
            if !value.isTruthy { break }
        }
        return value
    }
}
