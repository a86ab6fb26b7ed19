/// Why an expression cannot be used or gave no answer.
public struct PromQLError: Error, Hashable, Sendable, CustomStringConvertible {
    public var message: String
    /// Where in the expression, from 1; `nil` when no place is to blame.
    public var place: Place?

    public struct Place: Hashable, Sendable {
        public var line: Int
        /// In bytes.
        public var column: Int

        public init(line: Int, column: Int) {
            self.line = line
            self.column = column
        }
    }

    public init(_ message: String, at place: Place? = nil) {
        self.message = message
        self.place = place
    }

    /// `1:17: expected …`
    public var description: String {
        guard let place else { return message }
        return "\(place.line):\(place.column): \(message)"
    }
}
