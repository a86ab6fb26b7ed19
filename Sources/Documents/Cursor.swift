/// Reads one value of a document: says where it is, and reports what is wrong with it.
///
/// Every reading function returns `nil` after it has reported an issue, so that a reader can go on with a default and find
/// everything that is wrong in one pass.
public struct Cursor {
    public let node: Node
    public let path: FieldPath
    public let log: IssueLog
    /// A secret's value is never repeated in a message.
    public var isSecret = false

    public init(_ node: Node, path: FieldPath = .root, log: IssueLog) {
        self.node = node
        self.path = path
        self.log = log
    }

    /// Reports an issue at this value.
    public func report(_ message: String, hint: String? = nil, severity: DocumentIssue.Severity = .error) {
        report(message, hint: hint, severity: severity, at: node.position, path: path)
    }

    func report(
        _ message: String, hint: String?, severity: DocumentIssue.Severity = .error, at position: Position,
        path: FieldPath
    ) {
        log.append(
            DocumentIssue(
                severity, file: log.file, at: position, path: path.description, message: message, hint: hint))
    }

    /// Reports that something else was expected here: `expected WHAT, found the number 30`.
    public func mismatch(_ expected: String, why: String? = nil, hint: String? = nil) {
        report("expected \(expected), found \(found)\(why.map { ": \($0)" } ?? "")", hint: hint)
    }

    /// What is here, for people: `the number 30`, `the text 'abc'`, `a list`.
    public var found: String {
        switch node.value {
        case .null: return "nothing"
        case .bool(let flag): return "\(flag)"
        case .integer(let number): return isSecret ? "a number" : "the number \(number)"
        case .number(let number): return isSecret ? "a number" : "the number \(plain(number))"
        case .string(let text): return isSecret ? "another text" : "the text '\(shortened(text))'"
        case .sequence: return "a list"
        case .mapping: return "a mapping"
        }
    }
}

/// `1.5`, but `30` rather than `30.0`.
func plain(_ number: Double) -> String {
    number == number.rounded() && abs(number) < 1e15 ? "\(Int64(number))" : "\(number)"
}

/// A text of at most forty characters on one line.
func shortened(_ text: String) -> String {
    let line = text.split(separator: "\n", maxSplits: 1, omittingEmptySubsequences: false).first ?? ""
    return line.count > 40 || line.count < text.count ? "\(line.prefix(40))…" : String(line)
}

/// `a, b and c`
public func listed(_ words: [String], last conjunction: String = "and") -> String {
    guard let last = words.last, words.count > 1 else { return words.first ?? "" }
    return "\(words.dropLast().joined(separator: ", ")) \(conjunction) \(last)"
}
