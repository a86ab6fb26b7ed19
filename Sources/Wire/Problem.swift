/// What an error answer of the API says (`application/json`, with the status that fits `kind`).
public struct Problem: Error, Hashable, Codable, Sendable {
    public enum Kind: String, Hashable, Codable, Sendable {
        /// The request or a document is wrong (400).
        case invalid
        /// No valid token (401).
        case unauthenticated
        /// The token's role does not allow it (403).
        case forbidden
        /// There is no such thing (404).
        case notFound
        /// It clashes with the present state, or with somebody else's change (409).
        case conflict
        /// It was refused by a rule, for example a version that was rolled back (409).
        case refused
        /// The body is larger than allowed (413).
        case tooLarge
        /// The server cannot do it now (503).
        case unavailable
        /// A defect (500).
        case `internal`
    }

    public var kind: Kind
    /// What was wrong, in a sentence.
    public var message: String
    /// What to do next.
    public var hint: String?
    /// Every place that is wrong, for documents.
    public var places: [Place]

    public init(_ kind: Kind, _ message: String, hint: String? = nil, places: [Place] = []) {
        self.kind = kind
        self.message = message
        self.hint = hint
        self.places = places
    }

    /// One wrong place of a document.
    public struct Place: Hashable, Codable, Sendable {
        public var file: String
        public var line: Int
        public var column: Int
        /// For example `plan.waves[1].hosts`.
        public var path: String
        public var message: String
        public var hint: String?

        public init(file: String, line: Int, column: Int, path: String, message: String, hint: String? = nil) {
            self.file = file
            self.line = line
            self.column = column
            self.path = path
            self.message = message
            self.hint = hint
        }
    }
}

extension Problem: CustomStringConvertible {
    /// The text that a person reads: each place on its own line as `file:line:column: path: message`.
    public var description: String {
        var lines = places.isEmpty ? [message] : []
        lines += places.map { place in
            let path = place.path.isEmpty ? "" : "\(place.path): "
            let hint = place.hint.map { " (\($0))" } ?? ""
            // What stands in no file has no line; its path says where it is.
            let position = place.line > 0 ? ":\(place.line):\(place.column)" : ""
            return "\(place.file)\(position): \(path)\(place.message)\(hint)"
        }
        if let hint { lines.append(hint) }
        return lines.joined(separator: "\n")
    }
}
