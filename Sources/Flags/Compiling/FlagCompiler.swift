public import Documents
import Values

/// Makes one flag of its document, whose shared rules are put in already.
struct FlagCompiler {
    let key: String
    let cursor: Cursor
    let setMetadata: [FlagMember]
    let setMetadataJSON: [UInt8]
    let shared: SharedRules

    /// What flagd knows of a flag.
    static let members = ["state", "variants", "defaultVariant", "targeting", "metadata"]
    /// What flagd's own tools add to a flag; it means nothing here.
    private static let tolerated = ["source", "selector", "key"]

    func compile() -> CompiledFlag? {
        guard case .mapping(let entries) = cursor.node.value else {
            cursor.mismatch("a flag", hint: "a flag has at least state and variants")
            return nil
        }
        let fields = Fields(cursor: cursor)
        for entry in entries where !(FlagCompiler.members + FlagCompiler.tolerated).contains(entry.key) {
            let hint = nearest(to: entry.key, among: FlagCompiler.members).map { "did you mean '\($0)'?" }
            fields.warn(atKey: entry.key, "unknown member '\(entry.key)' is left out", hint: hint)
        }
        let isEnabled = state(fields)
        let variants = variants(fields)
        let rule = targeting(fields)
        let own = fields["metadata"].map { FlagSetCompiler.metadata($0) } ?? []
        guard let isEnabled, let variants else { return nil }
        var flag = CompiledFlag(
            key: key, isEnabled: isEnabled, variants: variants, defaultVariant: .none, targeting: rule,
            metadata: FlagCompiler.merged(setMetadata, own), metadataJSON: [], fingerprint: Fingerprint([]))
        flag.metadataJSON = own.isEmpty ? setMetadataJSON : FlagValue.object(flag.metadata).json
        flag.fingerprint.add(cursor.node.strict)
        flag.metadataJSON.withUnsafeBytes { flag.fingerprint.add($0) }
        flag.defaultVariant = defaultVariant(fields, flag)
        return flag
    }

    private func state(_ fields: Fields) -> Bool? {
        guard let cursor = fields.required("state", like: "ENABLED") else { return nil }
        switch cursor.node.value {
        case .string("ENABLED"): return true
        case .string("DISABLED"): return false
        default:
            cursor.mismatch("ENABLED or DISABLED")
            return nil
        }
    }

    private func variants(_ fields: Fields) -> [CompiledFlag.Variant]? {
        guard let cursor = fields.required("variants", like: "{\"on\": true, \"off\": false}"),
            let entries = cursor.entries("variants by their names")
        else { return nil }
        guard !entries.isEmpty else {
            cursor.report("a flag needs at least one variant", hint: "for example {\"on\": true, \"off\": false}")
            return nil
        }
        let variants = entries.map { name, value in
            let value = FlagValue(value.node)
            return CompiledFlag.Variant(name: name, value: value, json: value.json)
        }
        let kinds = Set(variants.map { $0.value.kind == .integer ? .double : $0.value.kind })
        if kinds.contains(nil) {
            cursor.report("a variant without a value: who is given it gets an error", severity: .warning)
        } else if kinds.count > 1 {
            let names = Set(variants.compactMap { $0.value.kind?.rawValue }).sorted()
            cursor.report(
                "variants of several kinds (\(listed(names))): a caller asks for one kind, and gets TYPE_MISMATCH for the others",
                severity: .warning)
        }
        return variants
    }

    private func defaultVariant(_ fields: Fields, _ flag: CompiledFlag) -> CompiledFlag.Default {
        guard let cursor = fields["defaultVariant"] else { return .none }
        let name: String
        switch cursor.node.value {
        case .null, .string(""): return .none
        case .bool(let flag): name = flag ? "true" : "false"
        case .string(let text): name = text
        default:
            cursor.mismatch("the name of a variant")
            return .none
        }
        if let index = flag.variant(named: name) { return .variant(index) }
        let hint = nearest(to: name, among: flag.variants.map(\.name)).map { "did you mean '\($0)'?" }
        cursor.report(
            "there is no variant '\(name)': evaluations end with GENERAL here",
            hint: hint ?? "variants are \(listed(flag.variants.map(\.name)))", severity: .warning)
        return .missing(name)
    }

    private func targeting(_ fields: Fields) -> Rule? {
        guard let cursor = fields["targeting"] else { return nil }
        switch cursor.node.value {
        case .null: return nil
        case .mapping(let entries):
            return entries.isEmpty ? nil : RuleCompiler(log: cursor.log, shared: shared).compile(cursor)
        default:
            cursor.mismatch("a rule", hint: "for example {\"if\": [condition, \"on\", \"off\"]}")
            return nil
        }
    }

    /// The set's metadata with the flag's own on top.
    private static func merged(_ set: [FlagMember], _ own: [FlagMember]) -> [FlagMember] {
        var merged = set
        for member in own {
            if let place = merged.firstIndex(where: { sameText($0.name, member.name) }) {
                merged[place] = member
            } else {
                merged.append(member)
            }
        }
        return merged
    }
}

extension Fingerprint {
    mutating func add(_ node: Node) {
        JSONWriter.write(node).withUnsafeBytes { add($0) }
    }
}

extension FlagSnapshot {
    /// Compiles a flag set.
    ///
    /// - Parameters:
    ///   - set: `{"flags": {…}, "$evaluators": {…}, "metadata": {…}}`.
    ///   - file: The file's name, for messages.
    ///   - old: A snapshot whose flags are taken over where they have not changed: quicker, and otherwise the same.
    ///   - changed: The flags that are not as they were when `old` was compiled, and those that are new, where the caller
    ///     knows them: the others are not even looked at. `nil` when it does not.
    /// - Returns: The snapshot, or `nil` with at least one error: a set is taken as a whole or not at all.
    public static func compile(
        _ set: Node, file: String, bucketing: Bucketing = .v3, reusing old: FlagSnapshot? = nil,
        changed: Set<String>? = nil
    ) -> (snapshot: FlagSnapshot?, issues: [DocumentIssue]) {
        let log = IssueLog(file: file)
        var compiler = FlagSetCompiler(log: log, bucketing: bucketing, set: set, old: old, changed: changed)
        let snapshot = compiler.compile(set)
        return (snapshot, log.issues)
    }
}
