/// A value of a variant, of an attribute, or of a rule: what JSON can say.
public enum FlagValue: Hashable, Sendable {
    case null
    case bool(Bool)
    /// A number that was written without fraction and exponent, and fits 64 bits.
    case integer(Int64)
    case number(Double)
    case string(String)
    case list([FlagValue])
    /// Members in the order in which they were written.
    case object([FlagMember])

    /// The value of a member; `nil` when this is no object or lacks it.
    public subscript(name: String) -> FlagValue? {
        guard case .object(let members) = self else { return nil }
        return members.first { sameText($0.name, name) }?.value
    }

    /// What kind of flag has this value; `nil` for null, which no flag may have.
    public var kind: FlagKind? {
        switch self {
        case .null: nil
        case .bool: .boolean
        case .integer: .integer
        case .number: .double
        case .string: .string
        case .list, .object: .object
        }
    }
}

/// A named value within an object, of metadata or of a context.
public struct FlagMember: Hashable, Sendable {
    public var name: String
    public var value: FlagValue

    public init(_ name: String, _ value: FlagValue) {
        self.name = name
        self.value = value
    }
}

extension FlagValue: ExpressibleByStringLiteral, ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral,
    ExpressibleByFloatLiteral, ExpressibleByNilLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
    public init(stringLiteral value: String) { self = .string(value) }
    public init(booleanLiteral value: Bool) { self = .bool(value) }
    public init(integerLiteral value: Int64) { self = .integer(value) }
    public init(floatLiteral value: Double) { self = .number(value) }
    public init(nilLiteral: ()) { self = .null }
    public init(arrayLiteral elements: FlagValue...) { self = .list(elements) }
    public init(dictionaryLiteral elements: (String, FlagValue)...) {
        self = .object(elements.map { FlagMember($0.0, $0.1) })
    }
}
