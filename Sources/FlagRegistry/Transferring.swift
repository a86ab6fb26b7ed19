import Documents
import FlagSpecs
import Formats
import Ports
import Values
public import Wire

/// Flags from other environments and other systems, and back.
extension FlagRegistry {
    public func copy(
        to environment: String, _ request: FlagCopyRequest, by principal: Principal
    ) async throws(Problem) -> FlagTransferAnswer {
        guard request.from != environment else {
            throw Problem(.invalid, "the environment \(environment) cannot be copied to itself")
        }
        let source = try state(request.from)
        for key in request.keys where source.flags[key] == nil {
            throw Problem.unknown("flag", key, among: Array(source.flags.keys))
        }
        let keys = request.keys.isEmpty ? Array(source.flags.keys) : request.keys
        let reason = request.reason.isEmpty ? "copied from \(request.from)" : request.reason
        return try await change(by: principal, reason: reason, dryRun: request.dryRun) {
            (draft) throws(Problem) -> FlagTransferAnswer in
            let target = try draft.environment(environment)
            let changes = target.set.changes(copying: keys, from: source.set)
            return try take(changes, into: environment, action: "copy", dryRun: request.dryRun, notes: [], &draft)
        }.result
    }

    public func importFlags(
        environment: String, _ request: FlagImportRequest, by principal: Principal
    ) async throws(Problem) -> FlagTransferAnswer {
        let (nodes, issues) = readDocuments(request.text, file: request.name)
        guard issues.errors.isEmpty, let node = nodes.first else {
            throw Problem(
                .invalid, "\(request.name) cannot be read", places: issues.errors.map(Problem.Place.init(_:)))
        }
        let imported: ImportedFlags
        do throws(FlagEditProblem) {
            imported = try ImportedFlags(
                node, format: request.format.rawValue, environment: request.foreignEnvironment ?? environment,
                file: request.name)
        } catch {
            throw Problem(.invalid, "\(request.name): \(error.message)", hint: error.hint)
        }
        let reason = request.reason.isEmpty ? "imported from \(request.name)" : request.reason
        return try await change(by: principal, reason: reason, dryRun: request.dryRun) {
            (draft) throws(Problem) -> FlagTransferAnswer in
            let target = try draft.environment(environment).set
            var changes: [FlagSetChange] = []
            for (name, rule) in imported.segments where target.segments[name] != rule {
                changes.append(FlagSetChange(kind: .segment, name: name, old: target.segments[name], new: rule))
            }
            for flag in imported.flags where target.flags[flag.key]?.node != flag.node {
                draft.files[environment, default: [:]][flag.key] = request.name
                changes.append(
                    FlagSetChange(kind: .flag, name: flag.key, old: target.flags[flag.key]?.node, new: flag.node))
            }
            return try take(
                changes, into: environment, action: "import", dryRun: request.dryRun, notes: imported.notes, &draft)
        }.result
    }

    /// Makes the changes, or proposes them where a change needs another person.
    private func take(
        _ changes: [FlagSetChange], into environment: String, action: String, dryRun: Bool, notes: [String],
        _ draft: inout FlagDraft
    ) throws(Problem) -> FlagTransferAnswer {
        var answer = FlagTransferAnswer(dryRun: dryRun, items: [], notes: notes)
        let state = try draft.environment(environment)
        var plan = ApprovalPlan(draft)
        // Segments first: flags refer to them.
        for change in changes.sorted(by: {
            ($0.kind == .segment ? 0 : 1, $0.name) < ($1.kind == .segment ? 0 : 1, $1.name)
        }) {
            let kind: ItemKind = change.kind == .flag ? .flag : .segment
            let old = state.record(kind, change.name)
            try refuseOwned(old, "\(kind.rawValue) \(change.name)", in: environment)
            if kind == .flag, let node = change.new {
                let flag = ManagedFlag(key: change.name, node: node)
                let warnings = try FlagRegistry.check(flag, in: environment)
                answer.notes += warnings.map { "\($0.path): \($0.message)" }
            }
            let node = change.new.map { node in
                guard kind == .segment else { return node }
                let description = state.segments[change.name]?.value.description ?? ""
                return SegmentSpec(
                    name: change.name, environment: environment, description: description, rule: node
                ).documentNode
            }
            let (diff, proposal) = try plan.set(
                kind, change.name, in: environment, to: node, action: action, base: old?.revision ?? 0)
            answer.items.append(
                .init(
                    kind: change.kind.rawValue, name: change.name, outcome: old == nil ? .created : .changed,
                    changes: old == nil ? [] : diff))
            if let proposal { answer.proposals.append(proposal) }
        }
        draft = try plan.checked()
        return answer
    }

    public func export(environment: String, plain: Bool) async throws(Problem) -> FlagExport {
        let state = try state(environment)
        let node = plain ? state.lowered.node : state.set.documentNode
        return FlagExport(document: node.prettyJSON + "\n")
    }
}
