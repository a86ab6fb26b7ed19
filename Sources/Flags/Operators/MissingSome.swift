extension Operator {
    /// `{"missing_some": [1, ["email", "phone"]]}`: nothing when at least so many are there, else the missing ones.
    static let missingSome = Operator("missing_some") { (arguments: [FlagValue], scope) throws(FlagErrorCode) in
        guard case .list(let keys) = arguments.argument(1) else { return .list([]) }
        let missing = try scope.missing(of: keys)
        return .list(Double(keys.count - missing.count) >= arguments.argument(0).asDouble ? [] : missing)
    }
}
