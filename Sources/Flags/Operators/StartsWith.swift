extension Operator {
    /// `{"starts_with": [text, beginning]}`; null when either is no text.
    static let startsWith = Operator("starts_with") { arguments, _ in
        guard arguments.count == 2, case .string(let text) = arguments[0], case .string(let part) = arguments[1] else {
            return .null
        }
        return .bool(text.utf8.starts(with: part.utf8))
    }
    /// `{"ends_with": [text, end]}`; null when either is no text.
    static let endsWith = Operator("ends_with") { arguments, _ in
        guard arguments.count == 2, case .string(let text) = arguments[0], case .string(let part) = arguments[1] else {
            return .null
        }
        return .bool(text.utf8.reversed().starts(with: part.utf8.reversed()))
    }
}
