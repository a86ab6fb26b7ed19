/// Something wrong in a document, said so that its author can put it right.
public struct DocumentIssue: Error, Hashable, Sendable {
    public enum Severity: String, Hashable, Sendable {
        /// The document cannot be used.
        case error
        /// The document can be used, but probably does not do what its author expects.
        case warning
    }

    public var severity: Severity
    public var file: String
    public var line: Int
    public var column: Int
    /// The field, for example `plan.waves[1].hosts`; empty for the document itself.
    public var path: String
    /// What is wrong, in a sentence.
    public var message: String
    /// What to write instead, or what to do next.
    public var hint: String?

    public init(
        _ severity: Severity = .error, file: String, at position: Position, path: String = "", message: String,
        hint: String? = nil
    ) {
        self.severity = severity
        self.file = file
        self.line = Int(position.line)
        self.column = Int(position.column)
        self.path = path
        self.message = message
        self.hint = hint
    }
}

extension DocumentIssue: CustomStringConvertible {
    /// `file:line:column: path: message (hint)`; a warning says so before its message.
    public var description: String {
        let field = path.isEmpty ? "" : "\(path): "
        let word = severity == .warning ? "warning: " : ""
        return "\(file):\(line):\(column): \(field)\(word)\(message)\(hint.map { " (\($0))" } ?? "")"
    }
}

extension Sequence where Element == DocumentIssue {
    public var errors: [DocumentIssue] { filter { $0.severity == .error } }
    public var warnings: [DocumentIssue] { filter { $0.severity == .warning } }
}

/// Collects everything that is wrong with a document while it is read.
///
/// A reference on purpose: every cursor into one document reports to the same log. Not shared between tasks.
public final class IssueLog {
    public let file: String
    public private(set) var issues: [DocumentIssue] = []

    public init(file: String) {
        self.file = file
    }

    /// How many were reported, those that were not kept too.
    public private(set) var count = 0
    private var errorCount = 0

    public var hasErrors: Bool { errorCount > 0 }

    /// At most this many are kept: more help nobody, and a hostile file must not fill the memory.
    public static let limit = 200

    /// An error takes the place of a warning when there is no room left: whoever looks for errors must find one.
    public func append(_ issue: DocumentIssue) {
        count += 1
        if issue.severity == .error { errorCount += 1 }
        if issues.count < IssueLog.limit {
            issues.append(issue)
        } else if issue.severity == .error, errorCount <= IssueLog.limit,
            let warning = issues.lastIndex(where: { $0.severity == .warning })
        {
            issues.remove(at: warning)
            issues.append(issue)
        }
    }
}
