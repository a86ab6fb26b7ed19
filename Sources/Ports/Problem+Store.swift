public import Documents
import Values
public import Wire

extension Problem {
    /// There is nothing of that name; says the nearest one.
    public static func unknown(_ kind: String, _ name: String, among names: [String]) -> Problem {
        let near = nearest(to: name, among: names)
        return Problem(
            .notFound, "there is no \(kind) named \(name)",
            hint: near.map { "did you mean \($0)?" } ?? (names.isEmpty ? "there are none yet" : nil))
    }
}

extension Problem {
    /// A failed store, as a user sees it.
    public init(storeError: StoreError) {
        switch storeError {
        case .conflict(let key, _):
            self.init(
                .conflict, "\(key.collection)/\(key.name) was changed by somebody else at the same time",
                hint: "look at it again and repeat the request")
        case .cannotWrite(let reason):
            self.init(
                .unavailable, "the store cannot be written: \(reason)",
                hint: "nothing was changed; make room and repeat")
        case .unusable(let reason):
            self.init(.unavailable, "the store cannot be used: \(reason)")
        case .compacted:
            self.init(.internal, "the store no longer keeps the changes that were asked for")
        }
    }
}

extension Problem.Place {
    /// The place of an issue.
    public init(_ issue: DocumentIssue) {
        self.init(
            file: issue.file, line: issue.line, column: issue.column, path: issue.path, message: issue.message,
            hint: issue.hint)
    }
}

extension Problem {
    /// Why nothing was applied.
    public init(documents errors: [DocumentIssue]) {
        let files = Set(errors.map(\.file)).count
        let count = "\(errors.count) \(errors.count == 1 ? "error" : "errors")"
        self.init(
            .invalid, "nothing was applied: \(count) in \(files) \(files == 1 ? "file" : "files")",
            places: errors.map(Problem.Place.init(_:)))
    }

    /// Warnings that are as bad as errors to whoever asked.
    ///
    /// - Throws: The problem, when there are any.
    public static func refuse(warnings: [DocumentIssue]) throws(Problem) {
        guard !warnings.isEmpty else { return }
        throw Problem(
            .invalid,
            "nothing was applied: \(warnings.count) \(warnings.count == 1 ? "warning" : "warnings"), and --strict takes none",
            hint: "mend what is named, or apply it without --strict", places: warnings.map(Problem.Place.init(_:)))
    }
}
