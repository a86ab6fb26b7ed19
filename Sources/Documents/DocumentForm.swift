/// A type that is a piece of a document: read from nodes with all their issues, and written as the same nodes.
///
/// Its Codable form is the very same: what the API and the store hold looks like what people write.
public protocol DocumentForm: Codable {
    /// Reads the value; reports everything that is wrong to the cursor's log. `nil` only when nothing can be made of it.
    init?(reading cursor: Cursor)
    /// The value as a document, every field written out, so that a later release's defaults do not change its meaning.
    var documentNode: Node { get }
}

extension DocumentForm {
    /// Reads a stored or received value. Keys that are not known, and values that would be refused in a file by now, are
    /// let pass: another release may have written them.
    public init(from decoder: any Decoder) throws {
        let node = try Node(from: decoder)
        let log = IssueLog(file: "")
        guard let value = Self(reading: Cursor(node, log: log)) else {
            let issue = log.issues.first
            let place = issue.map { $0.path.isEmpty ? "" : "\($0.path): " } ?? ""
            throw DecodingError.dataCorrupted(
                .init(
                    codingPath: decoder.codingPath,
                    debugDescription: place + (issue?.message ?? "not a valid \(Self.self)")))
        }
        self = value
    }

    public func encode(to encoder: any Encoder) throws {
        try documentNode.encode(to: encoder)
    }

    /// What differs from an older value, for people: `plan.waves[1].bake: 10m → 5m`.
    public func differences(from old: Self) -> [String] {
        documentNode.differences(from: old.documentNode)
    }
}

extension Node: Codable {
    private struct Key: CodingKey {
        var stringValue: String
        var intValue: Int? { nil }
        init(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }

    /// Positions are not known then, and the entries of mappings are in the order that the decoder gives.
    public init(from decoder: any Decoder) throws {
        if let container = try? decoder.singleValueContainer(), let value = Node.scalar(in: container) {
            self.init(value)
        } else if let container = try? decoder.container(keyedBy: Key.self) {
            self.init(
                .mapping(
                    try container.allKeys.map { Entry($0.stringValue, try container.decode(Node.self, forKey: $0)) }))
        } else {
            var container = try decoder.unkeyedContainer()
            var items: [Node] = []
            while !container.isAtEnd { items.append(try container.decode(Node.self)) }
            self.init(.sequence(items))
        }
    }

    private static func scalar(in container: any SingleValueDecodingContainer) -> Value? {
        if let text = try? container.decode(String.self) { return .string(text) }
        if container.decodeNil() { return .null }
        if let number = try? container.decode(Int64.self) { return .integer(number) }
        if let number = try? container.decode(Double.self) { return .number(number) }
        if let flag = try? container.decode(Bool.self) { return .bool(flag) }
        return nil
    }

    public func encode(to encoder: any Encoder) throws {
        switch value {
        case .mapping(let entries):
            var container = encoder.container(keyedBy: Key.self)
            for entry in entries { try container.encode(entry.value, forKey: Key(stringValue: entry.key)) }
        case .sequence(let items):
            var container = encoder.unkeyedContainer()
            for item in items { try container.encode(item) }
        default:
            var container = encoder.singleValueContainer()
            switch value {
            case .bool(let flag): try container.encode(flag)
            case .integer(let number): try container.encode(number)
            case .number(let number): try container.encode(number)
            case .string(let text): try container.encode(text)
            case .null, .sequence, .mapping: try container.encodeNil()
            }
        }
    }
}
