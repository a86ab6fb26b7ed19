import Documents
import FlagSpecs
import Flags
import Values

/// What is tried with hostile input: by the fuzzers of `Scripts/fuzz`, and with what they once found by ordinary tests.
///
/// A target answers what went wrong, or `nil`. Crashing is what it must not do.
enum FlagSpecsFuzzing: String, CaseIterable {
    /// Flag files with Halcyon's members: read, made plain, compiled, and written again.
    case managed
    /// A list: a flag, and edits of it one after the other.
    case edits
    /// Exports of other systems.
    case imports

    func run(_ bytes: [UInt8]) -> String? {
        guard let node = JSONParser.parse(bytes, file: "fuzz.json").node else { return nil }
        switch self {
        case .managed: return FlagSpecsFuzzing.managed(node)
        case .edits: return FlagSpecsFuzzing.edits(node)
        case .imports: return FlagSpecsFuzzing.imports(node)
        }
    }

    private static let noon = Timestamp(milliseconds: 1_800_000_000_000)

    // MARK: Files

    private static func managed(_ node: Node) -> String? {
        let log = IssueLog(file: "fuzz.json")
        guard let file = FlagFile(reading: Cursor(node, log: log)) else {
            return log.hasErrors ? nil : "refused without an error"
        }
        if log.hasErrors { return nil }
        let set = set(file)
        if let problem = compiled(set) { return problem }
        // What is stored is what was read.
        let text = JSONWriter.write(set.documentNode)
        let again = IssueLog(file: "again")
        guard let node = JSONParser.parse(text, file: "again").node,
            let read = FlagFile(reading: Cursor(node, log: again)), !again.hasErrors
        else { return "what was read cannot be read again" }
        return self.set(read).flags == set.flags ? nil : "a flag is another one when it is read again"
    }

    private static func set(_ file: FlagFile) -> FlagSet {
        FlagSet(
            flags: Dictionary(file.flags.map { ($0.key, $0) }) { _, last in last },
            segments: Dictionary(file.segments.map { ($0.name, $0.rule) }) { _, last in last },
            holdouts: [
                "few": HoldoutSpec(
                    reading: Cursor(holdout, log: IssueLog(file: "")), environment: "production")
            ].compactMapValues { $0 },
            metadata: file.metadata)
    }

    private static let holdout = Node.mapping([
        ("kind", .string("Holdout")), ("name", .string("few")), ("share", .string("5%")),
    ])

    private static func compiled(_ set: FlagSet) -> String? {
        for bucketing in BucketingGeneration.allCases {
            var set = set
            set.bucketing = bucketing
            let lowered = set.lowered()
            guard lowered.issues.errors.isEmpty else { return nil }
            if set.lowered(reusing: lowered).node != lowered.node {
                return "it is made plain otherwise the second time"
            }
            let (snapshot, issues) = FlagSnapshot.compile(
                lowered.node, file: "fuzz.json", bucketing: Bucketing(rawValue: bucketing.rawValue) ?? .v3)
            if snapshot == nil, issues.errors.isEmpty { return "refused without an error" }
            if let snapshot, let problem = switched(set, lowered, snapshot) { return problem }
        }
        for flag in set.flags.values.sorted(by: { $0.key < $1.key }) {
            _ = (flag.summary, flag.ruleLines, flag.distribution?.count, flag.presentShares?.count, flag.kind)
            _ = (flag.missingVariants, flag.nextChangeAt, set.guards(of: flag).count)
            var later = flag
            _ = later.advance(to: noon)
            if later.advance(to: noon).count > 0 { return "what was due is due again" }
        }
        return nil
    }

    /// What is taken over when one flag changes must be what is made anew.
    private static func switched(_ set: FlagSet, _ old: LoweredSet, _ snapshot: FlagSnapshot) -> String? {
        guard let key = set.flags.keys.min(), var flag = set.flags[key] else { return nil }
        flag["state"] = .string(flag.isEnabled ? "DISABLED" : "ENABLED")
        var set = set
        set.flags[key] = flag
        let (lowered, fresh) = (set.lowered(reusing: old), set.lowered())
        guard fresh.issues.errors.isEmpty else { return nil }
        if lowered.node != fresh.node { return "a changed set is made plain otherwise when the old one is reused" }
        let quick = FlagSnapshot.compile(
            lowered.node, file: "", bucketing: snapshot.bucketing, reusing: snapshot, changed: lowered.changed
        ).snapshot
        let slow = FlagSnapshot.compile(fresh.node, file: "", bucketing: snapshot.bucketing).snapshot
        guard let quick, let slow else { return quick == nil && slow == nil ? nil : "only one of them is taken" }
        guard quick.etag == slow.etag, quick.changedKeys(since: slow).isEmpty else {
            return "a changed set is compiled otherwise when the old one is reused"
        }
        return nil
    }

    // MARK: Edits

    private static func edits(_ node: Node) -> String? {
        guard case .sequence(let items) = node.value, let first = items.first else { return nil }
        let log = IssueLog(file: "fuzz.json")
        var flag = ManagedFlag(key: "f", reading: Cursor(first, log: log))
        if log.hasErrors { flag = nil }
        for item in items.dropFirst() {
            guard let edit = edit(item) else { continue }
            do throws(FlagEditProblem) {
                let edited = try edit.applied(to: flag, key: "f", now: noon) { (text, what) throws(FlagEditProblem) in
                    guard let node = JSONParser.parse(Array(text.utf8), file: what).node else {
                        throw FlagEditProblem("\(what) is no JSON")
                    }
                    return node
                }
                flag = edited?.resumed(from: flag, at: noon)
            } catch {
                if error.message.isEmpty { return "refused without a reason" }
                continue
            }
            guard let flag else { continue }
            if let problem = compiled(FlagSet(flags: ["f": flag])) { return problem }
        }
        return nil
    }

    private static func edit(_ node: Node) -> FlagEdit? {
        func text(_ name: String) -> String? {
            guard let value = node[name] else { return nil }
            if case .string(let text) = value.value { return text }
            return String(decoding: JSONWriter.write(value), as: UTF8.self)
        }
        func items(_ name: String) -> [Node]? {
            guard let value = node[name], case .sequence(let items) = value.value else { return nil }
            return items
        }
        func member(_ node: Node, _ name: String) -> String {
            guard case .string(let text)? = node[name]?.value else { return "" }
            return text
        }
        guard let action = text("action").flatMap(FlagEdit.Action.init) else { return nil }
        var index: Int?
        if case .integer(let number)? = node["index"]?.value { index = Int(clamping: number) }
        return FlagEdit(
            action, document: text("document"), variant: text("variant"), rest: text("rest"), when: text("when"),
            index: index, share: text("share"),
            shares: items("shares")?.map { FlagShare(variant: member($0, "variant"), share: member($0, "share")) },
            at: text("at"),
            steps: items("steps")?.map { FlagRampStep(share: member($0, "share"), after: member($0, "after")) },
            keep: node["keep"].map { $0.value == .bool(true) }, description: text("description"), owner: text("owner"),
            tags: items("tags")?.compactMap { if case .string(let tag) = $0.value { tag } else { nil } },
            expires: text("expires"), bucketBy: text("bucketBy"))
    }

    // MARK: Imports

    private static func imports(_ node: Node) -> String? {
        for format in ["unleash", "launchdarkly", "flagd"] {
            let imported: ImportedFlags
            do throws(FlagEditProblem) {
                imported = try ImportedFlags(node, format: format, environment: "production", file: "fuzz.json")
            } catch {
                if error.message.isEmpty { return "refused without a reason" }
                continue
            }
            let set = FlagSet(
                flags: Dictionary(imported.flags.map { ($0.key, $0) }) { _, last in last },
                segments: Dictionary(imported.segments.map { ($0.name, $0.rule) }) { _, last in last })
            if let problem = compiled(set) { return "\(format): \(problem)" }
        }
        return nil
    }
}
