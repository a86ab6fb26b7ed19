extension Operator {
    /// `{"missing": ["email", "tier"]}`: those of the attributes that are absent, null or empty.
    static let missing = Operator("missing") { arguments, scope in
        if case .list(let keys) = arguments.argument(0) { return .list(scope.data.missing(of: keys)) }
        return .list(scope.data.missing(of: arguments))
    }
}

extension FlagValue {
    func missing(of keys: [FlagValue]) -> [FlagValue] {
        keys.filter { key in
            let value = value(at: key, or: .null)
            return value == .null || value == .string("")
        }
    }
}
