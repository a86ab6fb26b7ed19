/// A value of a document, as YAML or JSON have it, with the place where it was written.
///
/// Two nodes are equal when their values are; where they stand does not matter.
public struct Node: Sendable {
    public enum Value: Hashable, Sendable {
        case null
        case bool(Bool)
        case integer(Int64)
        case number(Double)
        case string(String)
        case sequence([Node])
        /// Entries in the order in which they were written; no key is there twice.
        case mapping([Entry])
    }

    /// A key of a mapping with its value.
    public struct Entry: Sendable {
        public var key: String
        public var keyPosition: Position
        public var value: Node

        public init(_ key: String, at keyPosition: Position = .unknown, _ value: Node) {
            self.key = key
            self.keyPosition = keyPosition
            self.value = value
        }
    }

    public var value: Value
    public var position: Position

    public init(_ value: Value, at position: Position = .unknown) {
        self.value = value
        self.position = position
    }

    /// The value of a key; `nil` when this is no mapping or lacks the key.
    public subscript(key: String) -> Node? {
        guard case .mapping(let entries) = value else { return nil }
        return entries.first { $0.key == key }?.value
    }
}

extension Node: Hashable {
    public static func == (left: Node, right: Node) -> Bool { left.value == right.value }
    public func hash(into hasher: inout Hasher) { hasher.combine(value) }
}

extension Node.Entry: Hashable {
    public static func == (left: Node.Entry, right: Node.Entry) -> Bool {
        left.key == right.key && left.value == right.value
    }
    public func hash(into hasher: inout Hasher) {
        hasher.combine(key)
        hasher.combine(value)
    }
}

extension Node {
    public static func string(_ text: String) -> Node { Node(.string(text)) }
    public static func integer(_ number: some BinaryInteger) -> Node { Node(.integer(Int64(clamping: number))) }
    public static func number(_ number: Double) -> Node { Node(.number(number)) }
    public static func bool(_ flag: Bool) -> Node { Node(.bool(flag)) }
    public static func sequence(_ items: [Node]) -> Node { Node(.sequence(items)) }

    /// The number where it is a whole one: `5`, and `5.0` as well.
    public var wholeNumber: Int? {
        switch value {
        case .integer(let integer): Int(exactly: integer)
        case .number(let real): Int(exactly: real)
        default: nil
        }
    }

    /// A mapping of those keys that have a value.
    public static func mapping(_ entries: [(key: String, value: Node?)]) -> Node {
        Node(.mapping(entries.compactMap { entry in entry.value.map { Entry(entry.key, $0) } }))
    }
}

/// A place in a file: line and column count from 1, columns in Unicode scalars.
public struct Position: Hashable, Sendable {
    public var line: Int32
    public var column: Int32

    public init(line: Int, column: Int) {
        self.line = Int32(clamping: line)
        self.column = Int32(clamping: column)
    }

    /// Of a node that was not read from a file.
    public static let unknown = Position(line: 0, column: 0)
}

extension Position: CustomStringConvertible {
    public var description: String { "line \(line), column \(column)" }
}
