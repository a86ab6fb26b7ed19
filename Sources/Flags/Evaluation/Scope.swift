/// What a rule is evaluated with.
struct Scope {
    /// What `var` looks into: the context without `$flagd`, or an item within `map` and its like.
    private(set) var data: FlagValue
    /// The context, where it is what `var` looks into.
    private var context: ContextTree?
    /// What `$flagd` is in the context.
    private let own: FlagMember?
    let flagKey: String
    private(set) var bucketing: Bucketing
    /// What the context's whole numbers beyond 64 bits were before they became doubles.
    let largeIntegers: LargeIntegers
    let budget: EvaluationBudget

    init(_ context: ContextTree, own: FlagMember, flagKey: String, bucketing: Bucketing) {
        data = .object(context.members)
        self.context = context
        self.own = own
        self.flagKey = flagKey
        self.bucketing = bucketing
        largeIntegers = context.largeIntegers
        budget = context.budget
    }

    /// A scope of its own, for data that is no bound context.
    init(data: FlagValue, flagKey: String, bucketing: Bucketing) {
        self.data = data
        own = nil
        self.flagKey = flagKey
        self.bucketing = bucketing
        largeIntegers = LargeIntegers()
        budget = EvaluationBudget()
    }

    /// The same for an item of a list.
    func with(_ data: FlagValue) -> Scope {
        var scope = self
        scope.data = data
        scope.context = nil
        return scope
    }

    /// The same where keys are hashed by another generation.
    func hashing(as bucketing: Bucketing) -> Scope {
        var scope = self
        scope.bucketing = bucketing
        return scope
    }

    /// The targeting key, where it is a text that is not empty.
    var targetingKey: String? {
        let value = context.map { $0.member("targetingKey") } ?? data["targetingKey"]
        guard case .string(let key) = value, !key.isEmpty else { return nil }
        return key
    }

    /// The value at a path of names and indices with dots between them. An empty path is the data itself.
    ///
    /// - Throws: `general` when the budget does not suffice.
    func value(at path: FlagValue, or otherwise: FlagValue) throws(FlagErrorCode) -> FlagValue {
        if path == .null || path == .string("") { return try whole() }
        var value = data
        var isOutermost = context != nil
        for name in path.text.split(separator: ".", omittingEmptySubsequences: false) {
            let inner = isOutermost ? attribute(String(name)) : try element(String(name), of: value)
            guard let inner else { return otherwise }
            value = inner
            isOutermost = false
        }
        return value == .null ? otherwise : value
    }

    private func whole() throws(FlagErrorCode) -> FlagValue {
        guard let context, let own else { return data }
        try budget.take(context.members.count >> 2)
        return .object(context.members + [own])
    }

    private func attribute(_ name: String) -> FlagValue? {
        own?.name == name ? own?.value : context?.member(name)
    }

    /// As in JavaScript, texts and lists have a length, and their elements have numbers.
    private func element(_ name: String, of value: FlagValue) throws(FlagErrorCode) -> FlagValue? {
        switch value {
        case .object(let members):
            try budget.take(1 + members.count >> 3)
            return members.first { sameText($0.name, name) }?.value
        case .list(let items):
            if name == "length" { return .integer(Int64(items.count)) }
            return Scope.index(name).flatMap { $0 < items.count ? items[$0] : nil }
        case .string(let text):
            try budget.take(text.utf8.count >> 6)
            if name == "length" { return .integer(Int64(text.utf16.count)) }
            guard let index = Scope.index(name), index < text.utf16.count else { return nil }
            let place = text.utf16.index(text.utf16.startIndex, offsetBy: index)
            return .string(String(decoding: [text.utf16[place]], as: UTF16.self))
        case .null, .bool, .integer, .number: return nil
        }
    }

    private static func index(_ name: String) -> Int? {
        guard let index = Int(name), index >= 0, "\(index)" == name else { return nil }
        return index
    }
}
