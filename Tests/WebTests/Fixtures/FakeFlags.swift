import Documents
import FlagSpecs
import Ports
import Synchronization
import Values
import Wire

/// Flags in memory: enough of a registry for the page. A change of an environment with approvals becomes a proposal.
final class FakeFlags: FlagControl {
    struct Stored: Sendable {
        var flag: ManagedFlag
        var revision: Int64
        var updatedAt: Timestamp
        var updatedBy: String
        var file: String?
    }

    struct State: Sendable {
        var flags: [String: [String: Stored]] = [:]
        var events: [FlagEventView] = []
        var proposals: [ProposalView] = []
        var sequence: Int64 = 100
    }

    let state: Mutex<State>
    let now: Timestamp
    /// How many approvals each environment asks for.
    let approvals = ["production": 0, "protected": 1, "staging": 0]

    init(_ flags: [String: [String: String]] = FakeFlags.samples, now: Timestamp = World.noon) {
        self.now = now
        var state = State()
        for (environment, documents) in flags.sorted(by: { $0.key < $1.key }) {
            for (key, text) in documents.sorted(by: { $0.key < $1.key }) {
                let flag = ManagedFlag(key: key, node: FakeFlags.parse(text) ?? .mapping([]))
                let file = key == "from-file" ? "flags.json" : nil
                state.sequence += 1
                let stored = Stored(
                    flag: flag, revision: state.sequence, updatedAt: now - .hours(3), updatedBy: "maria", file: file)
                state.flags[environment, default: [:]][key] = stored
                state.events.append(FakeFlags.event(stored, environment, action: "put", reason: "", diff: ["created"]))
            }
        }
        self.state = Mutex(state)
    }

    static func parse(_ text: String) -> Node? { JSONParser.parse(Array(text.utf8), file: "flag").node }

    private static func event(
        _ stored: Stored, _ environment: String, action: String, reason: String, diff: [String]
    ) -> FlagEventView {
        FlagEventView(
            sequence: stored.revision, environment: environment, kind: "flag", key: stored.flag.key,
            revision: stored.revision, at: stored.updatedAt, by: stored.updatedBy, approvedBy: nil, action: action,
            reason: reason, diff: diff, document: stored.flag.json)
    }

    private func view(_ stored: Stored, _ environment: String) -> FlagView {
        let flag = stored.flag
        return FlagView(
            key: flag.key, environment: environment, state: flag.isEnabled ? "ENABLED" : "DISABLED", kind: flag.kind,
            variants: flag.variants.map {
                FlagVariantView(name: $0.name, value: String(decoding: JSONWriter.write($0.value), as: UTF8.self))
            }, defaultVariant: flag.defaultVariant, summary: flag.summary, rules: flag.ruleLines,
            description: flag.description, owner: flag.owner, tags: flag.tags, expires: flag.expires,
            archived: flag.isArchived, revision: stored.revision, createdAt: now - .hours(900),
            updatedAt: stored.updatedAt, updatedBy: stored.updatedBy, file: stored.file,
            nextChangeAt: flag.nextChangeAt, document: flag.json, served: flag.isArchived ? "" : flag.json, warnings: []
        )
    }

    private func stored(_ key: String, _ environment: String) throws(Problem) -> Stored {
        guard let flags = state.withLock({ $0.flags[environment] }) else {
            throw Problem(.notFound, "there is no environment '\(environment)'", hint: "did you mean 'production'?")
        }
        guard let stored = flags[key] else { throw Problem(.notFound, "there is no flag '\(key)'") }
        return stored
    }

    // MARK: Changing

    func change(
        flag key: String, environment: String, _ request: FlagChangeRequest, by: Principal
    ) async throws(Problem) -> FlagChangeAnswer {
        let old = try stored(key, environment)
        try check(old, request.revision)
        var flag: ManagedFlag? = old.flag
        do throws(FlagEditProblem) {
            for edit in request.edits {
                flag = try edit.applied(to: flag, key: key, now: now) { (text, what) throws(FlagEditProblem) in
                    guard let node = FakeFlags.parse(text) else { throw FlagEditProblem("\(what) is not JSON") }
                    return node
                }
            }
        } catch {
            throw Problem(.invalid, error.message, hint: error.hint)
        }
        guard let flag else { throw Problem(.refused, "not here") }
        if let place = unknownOperator(flag, request.edits.last?.file) {
            throw Problem(.invalid, "nothing was changed: the flags would not be a valid set", places: [place])
        }
        return take(
            flag, over: old, environment, action: request.edits.map(\.action.rawValue).joined(separator: ", "),
            reason: request.reason, dryRun: request.dryRun, by: by)
    }

    private func check(_ old: Stored, _ base: Int64?) throws(Problem) {
        if let file = old.file { throw Problem(.refused, "the flag \(old.flag.key) belongs to the file \(file)") }
        if let base, base != old.revision {
            throw Problem(.conflict, "the flag \(old.flag.key) has changed since revision \(base)")
        }
    }

    private func unknownOperator(_ flag: ManagedFlag, _ file: String?) -> Problem.Place? {
        guard let targeting = flag["targeting"], case .mapping(let entries) = targeting.value,
            let first = entries.first, !["if", "fractional"].contains(first.key)
        else { return nil }
        return Problem.Place(
            file: file ?? "production", line: Int(first.keyPosition.line), column: Int(first.keyPosition.column),
            path: "flags.\(flag.key).targeting", message: "unknown operator '\(first.key)'", hint: "did you mean 'if'?")
    }

    private func take(
        _ flag: ManagedFlag, over old: Stored, _ environment: String, action: String, reason: String, dryRun: Bool,
        by: Principal
    ) -> FlagChangeAnswer {
        let diff = flag.differences(from: old.flag)
        var new = old
        new.flag = flag
        var answer = FlagChangeAnswer(
            outcome: diff.isEmpty ? .unchanged : approvals[environment] ?? 0 > 0 ? .proposed : .changed, dryRun: dryRun,
            diff: diff, flag: view(new, environment))
        guard !dryRun, !diff.isEmpty else { return answer }
        state.withLock { state in
            state.sequence += 1
            if answer.outcome == .proposed {
                let proposal = ProposalView(
                    id: "\(environment)-\(state.sequence)", environment: environment, kind: "flag", key: flag.key,
                    state: .open,
                    action: action, reason: reason, by: by.name, at: now, base: old.revision, diff: diff,
                    document: flag.json)
                state.proposals.append(proposal)
                answer.proposal = proposal
                return
            }
            (new.revision, new.updatedAt, new.updatedBy) = (state.sequence, now, by.name)
            state.flags[environment, default: [:]][flag.key] = new
            state.events.append(
                FakeFlags.event(new, environment, action: action, reason: reason, diff: diff))
        }
        return answer
    }

    func revert(
        flag key: String, environment: String, _ request: FlagRevertRequest, by: Principal
    ) async throws(Problem) -> FlagChangeAnswer {
        let old = try stored(key, environment)
        try check(old, request.revision)
        let event = state.withLock { $0.events.first { $0.key == key && $0.revision == request.to } }
        guard let node = event?.document.flatMap(FakeFlags.parse) else {
            throw Problem(.notFound, "the flag \(key) never had revision \(request.to ?? 0)")
        }
        return take(
            ManagedFlag(key: key, node: node), over: old, environment, action: "revert", reason: request.reason,
            dryRun: request.dryRun, by: by)
    }

    func copy(
        to environment: String, _ request: FlagCopyRequest, by: Principal
    ) async throws(Problem) -> FlagTransferAnswer {
        var answer = FlagTransferAnswer(dryRun: request.dryRun, items: [])
        for key in request.keys {
            let source = try stored(key, request.from)
            let target = try? stored(key, environment)
            let result = take(
                source.flag, over: target ?? source, environment, action: "copy", reason: request.reason,
                dryRun: request.dryRun, by: by)
            answer.items.append(
                .init(kind: "flag", name: key, outcome: target == nil ? .created : .changed, changes: result.diff))
            if let proposal = result.proposal { answer.proposals.append(proposal) }
        }
        return answer
    }

    private func decide(_ id: String, _ decision: ProposalView.State, _ by: Principal) throws(Problem) -> ProposalView {
        let found = state.withLock { state -> ProposalView? in
            guard let place = state.proposals.firstIndex(where: { $0.id == id }) else { return nil }
            state.proposals[place].state = decision
            state.proposals[place].decidedBy = by.name
            return state.proposals[place]
        }
        guard let found else { throw Problem(.notFound, "there is no proposal \(id)") }
        return found
    }

    func approve(proposal id: String, reason: String, by: Principal) async throws(Problem) -> ProposalView {
        try decide(id, .applied, by)
    }
    func reject(proposal id: String, reason: String, by: Principal) async throws(Problem) -> ProposalView {
        try decide(id, .rejected, by)
    }

    // MARK: Reading

    func environments() async throws(Problem) -> [EnvironmentView] {
        var views: [EnvironmentView] = []
        for name in approvals.keys.sorted() { views.append(try await environment(name)) }
        return views
    }

    func environment(_ name: String) async throws(Problem) -> EnvironmentView {
        guard let approvals = approvals[name] else {
            throw Problem(.notFound, "there is no environment '\(name)'", hint: "did you mean 'production'?")
        }
        let (count, open) = state.withLock { state in
            (
                state.flags[name]?.count ?? 0,
                state.proposals.count { $0.environment == name && $0.state == .open }
            )
        }
        return EnvironmentView(
            name: name, description: "", bucketing: "v3", approvals: approvals, flags: count, segments: 1, holdouts: 0,
            openProposals: open, etag: "e1", publishedAt: now - .minutes(4), files: [], warnings: [])
    }

    func flags(environment: String, query: FlagQuery) async throws(Problem) -> [FlagView] {
        _ = try await self.environment(environment)
        return state.withLock { $0.flags[environment] ?? [:] }.values.map { view($0, environment) }
            .filter { query.archived || !$0.archived }.sorted { $0.key < $1.key }
    }

    func flag(_ key: String, environment: String) async throws(Problem) -> FlagView {
        view(try stored(key, environment), environment)
    }

    func history(
        environment: String, flag key: String?, before: Int64?, limit: Int
    ) async throws(Problem) -> [FlagEventView] {
        let events = state.withLock { $0.events }
        return Array(
            events.filter { event in
                event.environment == environment && (key == nil || event.key == key)
                    && event.sequence < before ?? .max
            }.reversed().prefix(limit))
    }

    func evaluate(
        flag key: String, environment: String, _ request: FlagEvaluationRequest
    ) async throws(Problem) -> FlagEvaluationView {
        guard FakeFlags.parse(request.context) != nil else { throw Problem(.invalid, "the context is not JSON") }
        return FlagEvaluationView(
            key: key, environment: environment, value: "true", variant: "on", reason: "TARGETING_MATCH",
            errorCode: nil,
            explanation: [
                "rule 1 did not match: email ends with \"@example.com\" is false",
                "rule 2 matched: bucket 17 of 100 is on",
            ], revision: 101)
    }

    func segments(environment: String) async throws(Problem) -> [SegmentView] {
        [
            SegmentView(
                name: "staff", environment: environment, description: "Everybody who works here",
                rule: #"{"ends_with":[{"var":"email"},"@example.com"]}"#, revision: 7, updatedAt: now - .hours(80),
                updatedBy: "tom", file: nil, usedBy: ["new-checkout"])
        ]
    }

    func holdouts(environment: String) async throws(Problem) -> [HoldoutView] { [] }

    func proposals(environment: String?, open: Bool) async throws(Problem) -> [ProposalView] {
        state.withLock { $0.proposals }.filter { proposal in
            (environment == nil || proposal.environment == environment) && (!open || proposal.state == .open)
        }
    }

    func proposal(_ id: String) async throws(Problem) -> ProposalView {
        guard let found = state.withLock({ $0.proposals.first { $0.id == id } }) else {
            throw Problem(.notFound, "there is no proposal \(id)")
        }
        return found
    }

    func usage(environment: String, flag key: String?) async throws(Problem) -> [FlagUsageView] {
        guard key == nil || key == "new-checkout" else { return [] }
        return [
            FlagUsageView(
                key: "new-checkout", total: 12_400,
                variants: [
                    .init(variant: "on", count: 2_400, perMinute: 42),
                    .init(variant: "off", count: 10_000, perMinute: 171),
                ], since: now - .hours(20), lastEvaluatedAt: now)
        ]
    }

    func stale(environment: String, unchangedFor: Period) async throws(Problem) -> [StaleFlagView] {
        [
            StaleFlagView(
                key: "old-banner", owner: "web", tags: [], reasons: ["it expired on 2025-06-30"],
                updatedAt: now - .hours(3000), lastEvaluatedAt: nil)
        ]
    }

    // What the page never asks for.
    private static let unasked = Problem(.internal, "the page does not ask for this")
    func deleteEnvironment(_ name: String, by: Principal) async throws(Problem) { throw Self.unasked }
    func deleteSegment(_ name: String, environment: String, by: Principal) async throws(Problem) { throw Self.unasked }
    func deleteHoldout(_ name: String, environment: String, by: Principal) async throws(Problem) { throw Self.unasked }
    func importFlags(
        environment: String, _ request: FlagImportRequest, by: Principal
    ) async throws(Problem) -> FlagTransferAnswer { throw Self.unasked }
    func export(environment: String, plain: Bool) async throws(Problem) -> FlagExport { throw Self.unasked }
    func report(environment: String, _ report: SDKUsageReport) async throws(Problem) { throw Self.unasked }
}

extension FakeFlags {
    static let checkout = """
        {"state": "ENABLED", "variants": {"on": true, "off": false}, "defaultVariant": "off",
         "targeting": {"if": [{"$ref": "staff"}, "on",
            {"in": [{"var": "country"}, ["de", "at", "ch"]]}, "on", {"fractional": [["on", 20], ["off", 80]]}]},
         "description": "The checkout with one page instead of three", "owner": "payments", "tags": ["checkout", "q4"],
         "prerequisites": [{"flag": "payments-v2", "variant": "on", "otherwise": "off"}],
         "schedule": [{"at": "2027-12-01T09:00:00Z", "set": {"state": "DISABLED"}}]}
        """

    static let samples: [String: [String: String]] = [
        "production": [
            "new-checkout": checkout,
            "payments-v2": """
            {"state": "DISABLED", "variants": {"on": true, "off": false}, "defaultVariant": "off", "owner": "payments",
             "ramp": {"to": "on", "steps": [{"share": "5%", "after": "0s"}, {"share": "50%", "after": "4h"}],
                      "startedAt": "2025-11-23T10:00:00Z", "step": 1}}
            """,
            "button-colour": """
            {"state": "ENABLED", "variants": {"red": "#c00", "green": "#0a0", "blue": "#00c"}, "defaultVariant": "red",
             "targeting": {"fractional": [["green", 25], ["blue", 25], ["red", 50]]}, "tags": ["q4"]}
            """,
            "old-banner": """
            {"state": "ENABLED", "variants": {"on": true, "off": false}, "defaultVariant": "on", "owner": "web",
             "expires": "2025-06-30"}
            """,
            "gone": """
            {"state": "ENABLED", "variants": {"on": true}, "defaultVariant": "on", "archived": true}
            """,
            "from-file": """
            {"state": "ENABLED", "variants": {"on": true, "off": false}, "defaultVariant": "on"}
            """,
            "a/b%c <b>": """
            {"state": "ENABLED", "variants": {"on": true, "off": false}, "defaultVariant": "on",
             "description": "<img src=x onerror=alert(1)>"}
            """,
        ],
        "protected": ["new-checkout": checkout],
        "staging": ["new-checkout": checkout],
    ]
}
