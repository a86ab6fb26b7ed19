@_exported public import Flags

/// What a flag can be read as: `Bool`, `String`, `Int`, `Double`, or any value at all (`FlagValue`).
public protocol FlagReadable: Sendable {
    /// The kind of flag that has such values.
    static var flagKind: FlagKind { get }

    /// `nil` when the value is of another kind, or would lose something.
    init?(flagValue: FlagValue)

    var flagValue: FlagValue { get }
}

extension Bool: FlagReadable {
    public static var flagKind: FlagKind { .boolean }

    public init?(flagValue: FlagValue) {
        guard case .bool(let value) = flagValue else { return nil }
        self = value
    }

    public var flagValue: FlagValue { .bool(self) }
}

extension String: FlagReadable {
    public static var flagKind: FlagKind { .string }

    public init?(flagValue: FlagValue) {
        guard case .string(let value) = flagValue else { return nil }
        self = value
    }

    public var flagValue: FlagValue { .string(self) }
}

extension Int: FlagReadable {
    public static var flagKind: FlagKind { .integer }

    public init?(flagValue: FlagValue) {
        switch flagValue {
        case .integer(let value): self.init(exactly: value)
        // Beyond this a double does not tell one whole number from the next.
        case .number(let value) where value.magnitude <= 0x1p53: self.init(exactly: value)
        default: return nil
        }
    }

    public var flagValue: FlagValue { .integer(Int64(self)) }
}

extension Double: FlagReadable {
    public static var flagKind: FlagKind { .double }

    public init?(flagValue: FlagValue) {
        switch flagValue {
        case .integer(let value): self = Double(value)
        case .number(let value): self = value
        default: return nil
        }
    }

    public var flagValue: FlagValue { .number(self) }
}

extension FlagValue: FlagReadable {
    public static var flagKind: FlagKind { .object }

    public init?(flagValue: FlagValue) {
        guard flagValue.kind == .object else { return nil }
        self = flagValue
    }

    public var flagValue: FlagValue { self }
}
