import Documents
import FlagSpecs
import Formats
import Ports
import Synchronization
import Values
public import Wire

/// Changes of single flags.
extension FlagRegistry {
    public func change(
        flag key: String, environment: String, _ request: FlagChangeRequest, by principal: Principal
    ) async throws(Problem) -> FlagChangeAnswer {
        guard !request.edits.isEmpty else { throw Problem(.invalid, "no edit was given") }
        let action = request.edits.map(\.action.rawValue).joined(separator: ", ")
        let typed = request.edits.last { $0.action == .put || $0.action == .targeting && $0.document != nil }
        let origin = Origin.author(text: typed.map { $0.file ?? ($0.action == .put ? "the flag" : "the targeting") })
        return try await change(
            flag: key, environment: environment, base: request.revision, action: action, reason: request.reason,
            dryRun: request.dryRun, propose: request.propose, origin: origin, by: principal
        ) { (flag, now) throws(Problem) in
            var result = flag
            for edit in request.edits { result = try FlagRegistry.apply(edit, to: result, key: key, now: now) }
            return result
        }
    }

    private static func apply(
        _ edit: FlagEdit, to flag: ManagedFlag?, key: String, now: Timestamp
    ) throws(Problem) -> ManagedFlag? {
        do throws(FlagEditProblem) {
            return try edit.applied(to: flag, key: key, now: now) { (text, what) throws(FlagEditProblem) in
                let (nodes, issues) = readDocuments(text, file: edit.file ?? what)
                guard issues.errors.isEmpty, nodes.count == 1 else {
                    throw FlagEditProblem(
                        issues.errors.first?.description
                            ?? "\(what) is \(nodes.isEmpty ? "empty" : "more than one value")")
                }
                return nodes[0]
            }
        } catch {
            throw Problem(.invalid, error.message, hint: error.hint)
        }
    }

    /// Where a new state of a flag comes from.
    enum Origin: Sendable {
        /// Somebody writes it here and now: what would end in an error is refused. They may have typed a text, or named a file.
        case author(text: String?)
        /// It was there before.
        case past
    }

    /// The way that every change of one flag goes.
    func change(
        flag key: String, environment: String, base: Int64?, action: String, reason: String, dryRun: Bool,
        propose: Bool = false, origin: Origin, by principal: Principal,
        _ edit: (ManagedFlag?, Timestamp) throws(Problem) -> ManagedFlag?
    ) async throws(Problem) -> FlagChangeAnswer {
        if let base { try await checkRevision(base, flag: key, environment: environment) }
        struct Outcome: Sendable {
            var diff: [String]
            var isDeleted: Bool
            var proposal: ProposalView?
            var warnings: [DocumentIssue]
        }
        let (outcome, draft) = try await change(by: principal, reason: reason, dryRun: dryRun) {
            (draft) throws(Problem) in
            let state = try draft.environment(environment)
            let old = state.flags[key]
            if let base, base != old?.record.revision ?? 0 { throw FlagRegistry.stale(key) }
            try refuseOwned(old?.record, "flag \(key)", in: environment)
            let new = try edit(old?.value, draft.now)?.resumed(from: old?.value, at: draft.now)
            let warnings = try draft.check(new, key: key, in: state, from: origin)
            if new == old?.value { return Outcome(diff: [], isDeleted: false, proposal: nil, warnings: warnings) }
            var trial = draft
            let diff = try trial.set(.flag, key, in: environment, to: new?.node, action: action)
            guard ApprovalRule.isNeeded(in: state.spec, propose: propose) else {
                draft = trial
                return Outcome(diff: diff, isDeleted: new == nil, proposal: nil, warnings: warnings)
            }
            // What could not be published shall not wait for anybody.
            try trial.compile(environment, dryRun: dryRun)
            let proposal = try draft.propose(
                .flag, key, in: environment, to: new?.node, base: old?.record.revision ?? 0, action: action, diff: diff)
            return Outcome(diff: diff, isDeleted: new == nil, proposal: proposal, warnings: warnings)
        }
        let flag = try? view(flag: key, in: try draft.environment(environment))
        let kind: FlagChangeAnswer.Outcome =
            outcome.proposal != nil
            ? .proposed : outcome.isDeleted ? .deleted : outcome.diff.isEmpty ? .unchanged : .changed
        return FlagChangeAnswer(
            outcome: kind, dryRun: dryRun, diff: outcome.diff, flag: flag, proposal: outcome.proposal,
            warnings: outcome.warnings.map { "\($0.path): \($0.message)\($0.hint.map { " (\($0))" } ?? "")" })
    }

    private static func stale(_ key: String) -> Problem {
        Problem(.conflict, "the flag \(key) has just been changed", hint: "look at it again and repeat the request")
    }

    /// A write that was made on an older state is refused, and told what happened in between.
    private func checkRevision(_ base: Int64, flag key: String, environment: String) async throws(Problem) {
        let state = try state(environment)
        let current = state.flags[key]?.record.revision ?? 0
        guard base != current else { return }
        let events = try await history(environment: environment, flag: key, before: nil, limit: 20)
            .filter { $0.sequence > base }
        let lines = events.reversed().map { event in
            let reason = event.reason.isEmpty ? "" : " (\(event.reason))"
            return "  revision \(event.revision), \(event.at), \(event.by): \(event.action)\(reason)\n"
                + event.diff.map { "    \($0)" }.joined(separator: "\n")
        }
        let now = current == 0 ? "there is no such flag now" : "now it is \(current)"
        throw Problem(
            .conflict,
            "the flag \(key) has changed since revision \(base): \(now)\n\(lines.joined(separator: "\n"))",
            hint: "look at it again with: halcyon flag get \(key) -e \(environment)")
    }

    /// What a watched file brought is changed in that file.
    func refuseOwned(_ record: ItemRecord?, _ what: String, in environment: String) throws(Problem) {
        guard let file = record?.file, isWatched(file, in: environment) else { return }
        throw Problem(
            .refused, "the \(what) belongs to the file \(file)", hint: "change it in that file: it is watched")
    }

    func isWatched(_ file: String, in environment: String) -> Bool {
        memory.withLock { $0.watched[environment]?.contains(file) ?? false }
    }

    // MARK: Reverting

    public func revert(
        flag key: String, environment: String, _ request: FlagRevertRequest, by principal: Principal
    ) async throws(Problem) -> FlagChangeAnswer {
        let events = try await history(environment: environment, flag: key, before: nil, limit: 1000)
            .filter { $0.kind == ItemKind.flag.rawValue }
        guard let newest = events.first else {
            throw Problem.unknown("flag", key, among: Array(try state(environment).flags.keys))
        }
        let target: FlagEventView?
        if let revision = request.to {
            target = events.first { $0.revision == revision }
            guard target != nil else {
                throw Problem(
                    .notFound, "the flag \(key) never had revision \(revision)",
                    hint: "its revisions: \(events.prefix(20).map { "\($0.revision)" }.joined(separator: ", "))")
            }
        } else {
            target = events.dropFirst().first
        }
        // Before its first change there was no flag.
        let document = try target?.document.map { (text) throws(Problem) in try Node(stored: text, key) }
        return try await change(
            flag: key, environment: environment, base: request.revision ?? newest.revision(orGone: environment, self),
            action: "revert",
            reason: request.reason.isEmpty ? "back to revision \(target?.revision ?? 0)" : request.reason,
            dryRun: request.dryRun, origin: .past, by: principal
        ) { (_, _) throws(Problem) in document.map { ManagedFlag(key: key, node: $0) } }
    }
}

extension FlagEventView {
    /// The revision that the flag has after this event: 0 when it took the flag away.
    fileprivate func revision(orGone environment: String, _ registry: FlagRegistry) -> Int64 {
        document == nil ? 0 : revision
    }
}
