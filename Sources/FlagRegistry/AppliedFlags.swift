import Documents
import FlagSpecs
import Ports
import Values
import Wire

/// Flag documents of several files, read and checked, each by itself.
struct AppliedFlags: Sendable {
    struct File: Sendable {
        var name: String
        var environment: String
        var content: FlagFile
        /// By the flag's key.
        var warnings: [String: [DocumentIssue]]
        /// About none of its flags.
        var ownWarnings: [DocumentIssue]
    }

    var files: [File] = []
    var segments: [(SegmentSpec, file: String)] = []
    var holdouts: [(HoldoutSpec, file: String)] = []
    /// With the members that the document names: what it leaves out stays as it is.
    var environments: [(spec: EnvironmentSpec, members: Set<String>)] = []

    init(_ documents: [FlagSource], environment: String) throws(Problem) {
        var errors: [DocumentIssue] = []
        for document in documents {
            let log = IssueLog(file: document.file)
            let cursor = Cursor(document.node, log: log)
            if FlagFile.isOne(document.node) {
                read(FlagFile(reading: cursor), log, environment)
            } else if let read = FlagDocument(reading: cursor, environment: environment) {
                switch read {
                case .segment(let spec): segments.append((spec, document.file))
                case .holdout(let spec): holdouts.append((spec, document.file))
                case .environment(let spec):
                    environments.append((spec, document.node.keys))
                }
            }
            errors += log.issues.errors
        }
        errors += repeated()
        guard errors.isEmpty else { throw Problem(documents: errors) }
    }

    private mutating func read(_ file: FlagFile?, _ log: IssueLog, _ environment: String) {
        guard let file else { return }
        var warnings: [String: [DocumentIssue]] = [:]
        let found = log.issues.warnings
        for flag in file.flags {
            var own = found.isEmpty ? [] : found.within(flag: flag.key)
            let path = FieldPath.key(flag.key, of: .key("flags", of: .root)).description
            own += flag.missingVariants.map { missing in
                DocumentIssue(
                    .warning, file: log.file, at: missing.position, path: path + ".targeting",
                    message: "a rule gives the variant '\(missing.name)', which the flag does not have: "
                        + "evaluations end with GENERAL here", hint: missing.hint)
            }
            if !own.isEmpty { warnings[flag.key] = own }
        }
        let flags = FieldPath.key("flags", of: .root).description
        files.append(
            File(
                name: log.file, environment: file.environment ?? environment, content: file, warnings: warnings,
                ownWarnings: found.filter { !$0.path.hasPrefix(flags) }))
    }

    /// Everything that the files are warned of.
    var warnings: [DocumentIssue] {
        files.flatMap { file in file.ownWarnings + file.warnings.keys.sorted().flatMap { file.warnings[$0] ?? [] } }
    }

    /// A flag that two files bring to one environment would be what the later one says, by chance.
    private func repeated() -> [DocumentIssue] {
        var known: [String: String] = [:]
        var issues: [DocumentIssue] = []
        for file in files {
            for flag in file.content.flags {
                let place = "\(file.environment)/\(flag.key)"
                if let first = known[place] {
                    issues.append(
                        DocumentIssue(
                            file: file.name, at: flag.node.position,
                            path: FieldPath.key(flag.key, of: .key("flags", of: .root)).description,
                            message: "the flag '\(flag.key)' is here twice", hint: "the first one is in \(first)"))
                }
                known[place] = file.name
            }
        }
        return issues
    }
}

extension Node {
    /// The keys of a mapping.
    fileprivate var keys: Set<String> {
        if case .mapping(let entries) = value { Set(entries.map(\.key)) } else { [] }
    }
}
