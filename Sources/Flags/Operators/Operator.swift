/// An operator of targeting rules.
struct Operator: Sendable {
    enum Body: Sendable {
        /// Its arguments are evaluated first.
        case values(@Sendable ([FlagValue], Scope) throws(FlagErrorCode) -> FlagValue)
        /// Evaluates of its arguments what it needs.
        case rules(@Sendable ([Rule], Scope) throws(FlagErrorCode) -> FlagValue)
    }

    let name: String
    let body: Body

    init(_ name: String, values body: @escaping @Sendable ([FlagValue], Scope) throws(FlagErrorCode) -> FlagValue) {
        self.name = name
        self.body = .values(body)
    }

    init(_ name: String, rules body: @escaping @Sendable ([Rule], Scope) throws(FlagErrorCode) -> FlagValue) {
        self.name = name
        self.body = .rules(body)
    }
}

extension Operator {
    /// Every operator that a rule can use. A new one is a file beside this one, and a line here.
    static let all: [Operator] = [
        .variable, .missing, .missingSome,
        .condition, .ternary, .and, .or, .not, .truth,
        .equal, .notEqual, .strictlyEqual, .strictlyNotEqual,
        .less, .lessOrEqual, .greater, .greaterOrEqual,
        .plus, .minus, .times, .divided, .remainder, .minimum, .maximum,
        .contains, .concatenated, .substring, .merged,
        .mapped, .filtered, .reduced, .every, .some, .none,
        .startsWith, .endsWith, .semanticVersion, .fractional,
        .log,
    ]

    static let byName: [String: Operator] = Dictionary(uniqueKeysWithValues: all.map { ($0.name, $0) })
}

extension [FlagValue] {
    /// The argument at this place; null when there is none.
    func argument(_ index: Int) -> FlagValue { index < count ? self[index] : .null }
}

extension [Rule] {
    /// The value of the argument at this place; null when there is none.
    func argument(_ index: Int, in scope: Scope) throws(FlagErrorCode) -> FlagValue {
        index < count ? try self[index].value(in: scope) : .null
    }
}
