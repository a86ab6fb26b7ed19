/// Why an expression cannot be used or gave no answer.
public struct PromQLError: Error, Hashable, Sendable, CustomStringConvertible {
    public enum Kind: Hashable, Sendable {
        /// The expression itself is wrong.
        case badExpression
        /// It could not be evaluated over these data.
        case execution
        case timedOut
        case cancelled
    }

    public var message: String
    /// Where in the expression, from 1; `nil` when no place is to blame.
    public var place: Place?
    public var kind: Kind

    public struct Place: Hashable, Sendable {
        public var line: Int
        /// In bytes.
        public var column: Int

        public init(line: Int, column: Int) {
            self.line = line
            self.column = column
        }

        /// The place of a byte of a text.
        public init(of offset: Int, in text: String) {
            var line = 1
            var column = 1
            for byte in text.utf8.prefix(offset) {
                if byte == UInt8(ascii: "\n") {
                    line += 1
                    column = 1
                } else {
                    column += 1
                }
            }
            self.init(line: line, column: column)
        }
    }

    public init(_ message: String, at place: Place? = nil, kind: Kind = .execution) {
        self.message = message
        self.place = place
        self.kind = kind
    }

    /// `1:17: unexpected …`
    public var description: String {
        guard let place else { return message }
        return "\(place.line):\(place.column): \(message)"
    }

    /// As the query API words it: `1:17: parse error: unexpected …`.
    public var answer: String {
        guard let place else { return message }
        return "\(place.line):\(place.column): parse error: \(message)"
    }
}
