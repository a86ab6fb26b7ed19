public import Documents

extension FlagValue {
    /// The value that a document has.
    public init(_ node: Node) {
        switch node.value {
        case .null: self = .null
        case .bool(let flag): self = .bool(flag)
        case .integer(let number): self = .integer(number)
        case .number(let number): self = .number(number)
        case .string(let text): self = .string(text)
        case .sequence(let items): self = .list(items.map(FlagValue.init))
        case .mapping(let entries): self = .object(entries.map { FlagMember($0.key, FlagValue($0.value)) })
        }
    }

    /// The value as a document.
    public var node: Node {
        switch self {
        case .null: Node(.null)
        case .bool(let flag): .bool(flag)
        case .integer(let number): .integer(number)
        case .number(let number): .number(number)
        case .string(let text): .string(text)
        case .list(let items): .sequence(items.map(\.node))
        case .object(let members): .mapping(members.map { ($0.name, $0.value.node) })
        }
    }

    /// The value as compact JSON. A number keeps its kind: 1.0 stays `1.0`.
    public var json: [UInt8] { JSONWriter.write(node) }
}
