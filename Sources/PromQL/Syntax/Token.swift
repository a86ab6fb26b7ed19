import Series

/// A piece of an expression.
struct Token: Hashable {
    enum Kind: Hashable {
        case identifier
        case number
        case duration
        case string
        /// An operator or a bracket.
        case symbol
        case end
    }

    var kind: Kind
    /// As written; of a string, its value.
    var text: String
    var range: SourceRange

    /// How messages call it.
    var described: String {
        switch kind {
        case .end: return "end of input"
        case .number: return "number \(quoted(text))"
        case .duration: return "duration \(quoted(text))"
        case .string: return "string \(quoted(text))"
        case .symbol: return isOperator ? "<op:\(text)>" : quoted(text)
        case .identifier:
            let word = text.lowercased()
            if Aggregator(rawValue: word) != nil { return "<aggr:\(word)>" }
            if ["and", "or", "unless", "atan2"].contains(word) { return "<op:\(word)>" }
            if Token.keywords.contains(word) { return "<\(word)>" }
            return (text.contains(":") ? "metric identifier " : "identifier ") + quoted(text)
        }
    }

    private var isOperator: Bool {
        BinaryOperator(rawValue: text) != nil || ["=~", "!~", "@"].contains(text)
    }

    /// Words that are more than names.
    static let keywords: Set = [
        "by", "without", "on", "ignoring", "group_left", "group_right", "bool", "offset", "start", "end", "step",
        "range", "smoothed", "anchored", "fill", "fill_left", "fill_right",
    ]
}

func quoted(_ text: String) -> String { QueryText.quoted(text) }
