import Values

extension Cursor {
    /// A text. Numbers and booleans are refused, because `1.10` or `no` would not come back as they were written.
    public func text(_ expected: String = "a text") -> String? {
        switch node.value {
        case .string(let text):
            return text
        case .integer, .number, .bool:
            mismatch(expected, hint: isSecret ? "put it in quotes" : "put it in quotes: \"\(scalarText)\"")
        default:
            mismatch(expected)
        }
        return nil
    }

    public func bool() -> Bool? {
        if case .bool(let flag) = node.value { return flag }
        var hint: String?
        if case .string(let text) = node.value {
            if ["yes", "on", "y", "true"].contains(text.lowercased()) { hint = "write true" }
            if ["no", "off", "n", "false"].contains(text.lowercased()) { hint = "write false" }
        }
        mismatch("true or false", hint: hint)
        return nil
    }

    /// A whole number within `range`.
    public func integer(
        in range: ClosedRange<Int> = Int.min...Int.max, _ expected: String = "a whole number"
    ) -> Int? {
        guard let number = node.wholeNumber else {
            mismatch(expected)
            return nil
        }
        guard range.contains(number) else {
            let (least, most) = (range.lowerBound, range.upperBound)
            report(
                most == Int.max
                    ? "\(number) is too small: at least \(least)" : "\(number) is not within \(least) and \(most)")
            return nil
        }
        return number
    }

    /// A finite number.
    public func number(_ expected: String = "a number") -> Double? {
        switch node.value {
        case .integer(let integer): return Double(integer)
        case .number(let number) where number.isFinite: return number
        default:
            mismatch(expected)
            return nil
        }
    }

    /// One of a few words.
    ///
    /// - Parameter others: words that would be right as well, though nobody reads them here; for messages.
    public func choice<Choice: RawRepresentable & CaseIterable>(
        _ type: Choice.Type = Choice.self, others: [String] = []
    ) -> Choice? where Choice.RawValue == String {
        let words = Choice.allCases.map(\.rawValue) + others
        guard case .string(let word) = node.value, let choice = Choice(rawValue: word) else {
            var hint: String?
            if case .string(let word) = node.value {
                hint = nearest(to: word, among: words).map { "did you mean '\($0)'?" }
            }
            mismatch(listed(words, last: "or"), hint: hint)
            return nil
        }
        return choice
    }

    /// The items of a list.
    public func items(_ expected: String = "a list") -> [Cursor]? {
        guard case .sequence = node.value else {
            mismatch(expected)
            return nil
        }
        return children
    }

    /// The items of a list; none when it is none. Reports nothing.
    public var children: [Cursor] {
        guard case .sequence(let nodes) = node.value else { return [] }
        return nodes.enumerated().map { index, node in Cursor(node, path: .index(index, of: path), log: log) }
    }

    /// The values of a mapping; none when it is none. Reports nothing.
    public var values: [Cursor] {
        guard case .mapping(let entries) = node.value else { return [] }
        return entries.map { Cursor($0.value, path: .key($0.key, of: path), log: log) }
    }

    /// The entries of a mapping with keys of the author's choice.
    public func entries(_ expected: String = "a mapping") -> [(key: String, value: Cursor)]? {
        guard case .mapping(let entries) = node.value else {
            mismatch(expected)
            return nil
        }
        return entries.map { ($0.key, Cursor($0.value, path: .key($0.key, of: path), log: log)) }
    }

    /// A scalar as its author most likely typed it.
    var scalarText: String {
        switch node.value {
        case .bool(let flag): return "\(flag)"
        case .integer(let number): return "\(number)"
        case .number(let number): return plain(number)
        case .string(let text): return text
        case .null, .sequence, .mapping: return ""
        }
    }
}
