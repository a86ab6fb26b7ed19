extension Operator {
    /// `{"or": […]}`: the first value that is truthy, or the last.
    static let or = Operator("or") { (arguments: [Rule], scope) throws(FlagErrorCode) in
        var value = FlagValue.null
        for argument in arguments {
            value = try argument.value(in: scope)
            if value.isTruthy { break }
        }
        return value
    }
}
