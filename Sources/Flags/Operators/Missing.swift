extension Operator {
    /// `{"missing": ["email", "tier"]}`: those of the attributes that are absent, null or empty.
    static let missing = Operator("missing") { (arguments: [FlagValue], scope) throws(FlagErrorCode) in
        if case .list(let keys) = arguments.argument(0) { return .list(try scope.missing(of: keys)) }
        return .list(try scope.missing(of: arguments))
    }
}

extension Scope {
    func missing(of keys: [FlagValue]) throws(FlagErrorCode) -> [FlagValue] {
        var missing: [FlagValue] = []
        for key in keys {
            try budget.take()
            let value = try value(at: key, or: .null)
            if value == .null || value == .string("") { missing.append(key) }
        }
        return missing
    }
}
