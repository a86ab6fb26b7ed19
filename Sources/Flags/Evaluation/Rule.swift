/// A rule as a tree, its operators looked up and its references resolved.
indirect enum Rule: Sendable {
    case value(FlagValue)
    case list([Rule])
    case call(Operator, [Rule])
    /// An operator that does not exist, or a `$ref` that leads nowhere: an error when, and only when, it is reached.
    case unknown(String)
}

/// What a rule is evaluated with.
struct Scope {
    /// What `var` looks into: the context, or an item within `map` and its like.
    var data: FlagValue
    let flagKey: String
    let bucketing: Bucketing
    /// What the context's whole numbers beyond 64 bits were before they became doubles.
    let largeIntegers: [LargeInteger]

    init(data: FlagValue, flagKey: String, bucketing: Bucketing, largeIntegers: [LargeInteger] = []) {
        self.data = data
        self.largeIntegers = largeIntegers
        self.flagKey = flagKey
        self.bucketing = bucketing
    }

    func with(_ data: FlagValue) -> Scope {
        var scope = self
        scope.data = data
        return scope
    }
}

extension Rule {
    /// The value of the rule.
    ///
    /// - Throws: `parseError` when it reaches an operator that does not exist.
    func value(in scope: Scope) throws(FlagErrorCode) -> FlagValue {
        switch self {
        case .value(let value): return value
        case .list(let rules): return .list(try Rule.values(rules, in: scope))
        case .unknown: throw .parseError
        case .call(let known, let arguments):
            switch known.body {
            case .values(let apply): return apply(try Rule.values(arguments, in: scope), scope)
            case .rules(let apply): return try apply(arguments, scope)
            }
        }
    }

    private static func values(_ rules: [Rule], in scope: Scope) throws(FlagErrorCode) -> [FlagValue] {
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
