/// A rule as a tree, its operators looked up and its references resolved.
indirect enum Rule: Sendable {
    case value(FlagValue)
    case list([Rule])
    case call(Operator, [Rule])
    /// An operator that does not exist, or a `$ref` that leads nowhere: an error when, and only when, it is reached.
    case unknown(String)
}

extension Rule {
    /// The value of the rule.
    ///
    /// - Throws: `parseError` when it reaches an operator that does not exist, `general` when the budget does not suffice.
    func value(in scope: Scope) throws(FlagErrorCode) -> FlagValue {
        switch self {
        case .value(let value): return value
        case .list(let rules): return .list(try Rule.values(rules, in: scope))
        case .unknown: throw .parseError
        case .call(let known, let arguments):
            try scope.budget.take()
            switch known.body {
            case .values(let apply):
                let values = try Rule.values(arguments, in: scope)
                for value in values { try scope.budget.take(walkOf: value) }
                return try apply(values, scope)
            case .rules(let apply): return try apply(arguments, scope)
            }
        }
    }

    private static func values(_ rules: [Rule], in scope: Scope) throws(FlagErrorCode) -> [FlagValue] {
        try scope.budget.take(rules.count)
        var values: [FlagValue] = []
        values.reserveCapacity(rules.count)
        for rule in rules { values.append(try rule.value(in: scope)) }
        return values
    }

    /// Whether there is a `fractional` in it.
    var splits: Bool {
        switch self {
        case .value, .unknown: false
        case .list(let rules): rules.contains { $0.splits }
        case .call(let known, let rules): known.name == Operator.fractional.name || rules.contains { $0.splits }
        }
    }
}
