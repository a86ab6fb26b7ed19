import Documents
import FlagSpecs
import Flags
public import Ports
import Synchronization
public import Values
public import Wire

/// What is there.
extension FlagRegistry: FlagControl {
    /// The environment, or a problem with the nearest one.
    func state(_ name: String) throws(Problem) -> EnvironmentState {
        let environments = environments
        guard let state = environments[name] else {
            throw Problem.unknown("environment", name, among: Array(environments.keys))
        }
        return state
    }

    public func environments() async throws(Problem) -> [EnvironmentView] {
        let open = try await proposals(environment: nil, open: true)
        return environments.values.sorted { $0.name < $1.name }.map { view($0, open: open) }
    }

    public func environment(_ name: String) async throws(Problem) -> EnvironmentView {
        view(try state(name), open: try await proposals(environment: name, open: true))
    }

    private func view(_ state: EnvironmentState, open: [ProposalView]) -> EnvironmentView {
        EnvironmentView(
            name: state.name, description: state.spec.description, bucketing: state.spec.bucketing.rawValue,
            approvals: state.spec.approvals, flags: state.flags.values.count { !$0.value.isArchived },
            segments: state.segments.count, holdouts: state.holdouts.count,
            openProposals: open.count { $0.environment == state.name }, etag: state.snapshot.etag,
            publishedAt: state.publishedAt, files: memory.withLock { $0.watched[state.name] ?? [] }.sorted(),
            warnings: state.trouble.map { "not served: \($0)" } + state.warnings.map { "\($0.path): \($0.message)" })
    }

    public func deleteEnvironment(_ name: String, by principal: Principal) async throws(Problem) {
        guard name != FlagRegistry.production else {
            throw Problem(.refused, "the environment \(name) is always there")
        }
        try await change(by: principal) { (draft) throws(Problem) in
            let state = try draft.environment(name)
            guard !state.isUnreadable else {
                throw Problem(.refused, "what is stored of the environment \(name) cannot be read: it may hold flags")
            }
            guard state.flags.isEmpty, state.segments.isEmpty, state.holdouts.isEmpty else {
                throw Problem(
                    .conflict, "the environment \(name) still has \(state.flags.count) flags",
                    hint: "delete its flags, segments and holdouts first")
            }
            try draft.removeEnvironment(name)
        }
    }

    // MARK: Flags

    public func flags(environment: String, query: FlagQuery) async throws(Problem) -> [FlagView] {
        let state = try state(environment)
        let search = query.search?.lowercased()
        var views: [FlagView] = []
        for key in state.flags.keys.sorted() {
            if let after = query.after, key <= after { continue }
            if let limit = query.limit, views.count >= limit { break }
            guard let flag = state.flags[key]?.value, query.archived || !flag.isArchived else { continue }
            if let tag = query.tag, !flag.tags.contains(tag) { continue }
            if let owner = query.owner, flag.owner != owner { continue }
            if let search {
                let texts = [flag.key, flag.description, flag.owner] + flag.tags
                guard texts.contains(where: { $0.lowercased().contains(search) }) else { continue }
            }
            views.append(try view(flag: key, in: state, brief: query.brief))
        }
        return views
    }

    public func flag(_ key: String, environment: String) async throws(Problem) -> FlagView {
        try view(flag: key, in: try state(environment))
    }

    func view(flag key: String, in state: EnvironmentState, brief: Bool = false) throws(Problem) -> FlagView {
        guard let item = state.flags[key] else {
            throw Problem.unknown("flag", key, among: Array(state.flags.keys))
        }
        let (flag, record) = (item.value, item.record)
        return FlagView(
            key: key, environment: state.name, state: flag.isEnabled ? "ENABLED" : "DISABLED", kind: flag.kind,
            variants: flag.variants.map { FlagVariantView(name: $0.name, value: $0.value.compactJSON) },
            defaultVariant: flag.defaultVariant, summary: state.summary(of: flag), rules: flag.ruleLines,
            description: flag.description, owner: flag.owner, tags: flag.tags, expires: flag.expires,
            archived: flag.isArchived, revision: record.revision, createdAt: record.createdAt,
            updatedAt: record.updatedAt, updatedBy: record.updatedBy,
            file: record.file.flatMap { isWatched($0, in: state.name) ? $0 : nil }, nextChangeAt: flag.nextChangeAt,
            document: brief ? "" : flag.node.prettyJSON,
            served: brief ? "" : state.lowered.flags[key]?.prettyJSON ?? "",
            warnings: state.warnings(of: key).map { "\($0.path): \($0.message)" })
    }

    // MARK: History

    public func history(
        environment: String, flag key: String?, before: Int64?, limit: Int
    ) async throws(Problem) -> [FlagEventView] {
        let state = try state(environment)
        let events = try await events(environment: environment, flag: key, before: before, limit: limit)
        if let key, before == nil, events.isEmpty, state.flags[key] == nil {
            throw Problem.unknown("flag", key, among: Array(state.flags.keys))
        }
        return events
    }

    private func events(
        environment: String, flag key: String?, before: Int64?, limit: Int
    ) async throws(Problem) -> [FlagEventView] {
        do throws(StoreError) {
            let end = before.map { sortable($0, width: 12) }
            guard let key else {
                let documents = try await store.listBackwards(
                    FlagCollection.events(environment), prefix: "", before: end, limit: limit)
                return documents.compactMap { (try? Codec.decode(EventRecord.self, $0))?.view(environment) }
            }
            let prefix = DocumentKey.tracePrefix(key)
            let traces = try await store.listBackwards(
                FlagCollection.traces(environment), prefix: prefix, before: end.map { prefix + $0 }, limit: limit)
            var views: [FlagEventView] = []
            for trace in traces {
                guard let sequence = Int64(trace.key.name.dropFirst(prefix.count)),
                    let document = try await store.read(.flagEvent(environment, sequence)),
                    let record = try? Codec.decode(EventRecord.self, document)
                else { continue }
                views.append(record.view(environment))
            }
            return views
        } catch {
            throw Problem(storeError: error)
        }
    }

    // MARK: Evaluating

    public func evaluate(
        flag key: String, environment: String, _ request: FlagEvaluationRequest
    ) async throws(Problem) -> FlagEvaluationView {
        let state = try state(environment)
        guard let item = state.flags[key] else {
            throw Problem.unknown("flag", key, among: Array(state.flags.keys))
        }
        if let trouble = state.trouble.first {
            throw Problem(.unavailable, "the environment \(environment) is not served: \(trouble)")
        }
        let snapshot = state.snapshot
        guard let index = snapshot.index(of: key) else {
            return FlagEvaluationView(
                key: key, environment: environment, value: nil, variant: nil, reason: "ERROR",
                errorCode: "FLAG_NOT_FOUND",
                explanation: ["the flag is archived: callers get their own default"], revision: item.record.revision)
        }
        let now = request.at ?? clock()
        let context = Array(request.context.utf8)
        let explanation: FlagExplanation
        do throws(ContextProblem) {
            explanation = try snapshot.explain(index, json: context, at: now)
        } catch {
            throw Problem(
                .invalid, "the context cannot be used: \(error.message) (\(error.place(in: context)))",
                hint: #"it is a JSON object, for example {"targetingKey": "user-7", "country": "de"}"#)
        }
        let resolution = explanation.resolution
        let explaining = FlagExplaining(state: state, context: context, now: now)
        let explained = explaining.explain(item.value, explanation)
        let hasValue = resolution.variant >= 0 && resolution.error == nil
        return FlagEvaluationView(
            key: key, environment: environment,
            value: hasValue ? String(decoding: snapshot.json(index, resolution.variant), as: UTF8.self) : nil,
            variant: explanation.variant, reason: "\(resolution.reason.name)",
            errorCode: resolution.error.map { "\($0.name)" },
            rule: explained.rule, bucket: explained.bucket, explanation: explained.lines,
            revision: item.record.revision)
    }

    // MARK: Segments and holdouts

    public func segments(environment: String) async throws(Problem) -> [SegmentView] {
        let state = try state(environment)
        let set = state.set
        return state.segments.values.sorted { $0.value.name < $1.value.name }.map { item in
            SegmentView(
                name: item.value.name, environment: environment, description: item.value.description,
                rule: item.value.rule.compactJSON, revision: item.record.revision, updatedAt: item.record.updatedAt,
                updatedBy: item.record.updatedBy, file: item.record.file, usedBy: set.flags(using: item.value.name))
        }
    }

    public func holdouts(environment: String) async throws(Problem) -> [HoldoutView] {
        let state = try state(environment)
        return state.holdouts.values.sorted { $0.value.name < $1.value.name }.map { item in
            let spec = item.value
            return HoldoutView(
                name: spec.name, environment: environment, description: spec.description, share: spec.share,
                bucketBy: spec.bucketBy, revision: item.record.revision, updatedAt: item.record.updatedAt,
                updatedBy: item.record.updatedBy,
                usedBy: state.flags.values.filter { $0.value.holdouts.contains(spec.name) }.map(\.value.key).sorted())
        }
    }

    public func deleteSegment(_ name: String, environment: String, by principal: Principal) async throws(Problem) {
        try await delete(.segment, name, environment, by: principal)
    }

    public func deleteHoldout(_ name: String, environment: String, by principal: Principal) async throws(Problem) {
        try await delete(.holdout, name, environment, by: principal)
    }

    private func delete(
        _ kind: ItemKind, _ name: String, _ environment: String, by principal: Principal
    ) async throws(Problem) {
        try await change(by: principal) { (draft) throws(Problem) in
            let state = try draft.environment(environment)
            guard let record = state.record(kind, name) else {
                let names = kind == .segment ? Array(state.segments.keys) : Array(state.holdouts.keys)
                throw Problem.unknown(kind.rawValue, name, among: names)
            }
            guard !ApprovalRule.isNeeded(in: state.spec, propose: false) else {
                throw Problem(
                    .refused, "a change in \(environment) needs another person's approval",
                    hint: "no flag sees the \(kind.rawValue) once none refers to it; it may stay")
            }
            try self.refuseOwned(record, "\(kind.rawValue) \(name)", in: environment)
            try draft.set(kind, name, in: environment, to: nil, action: "delete")
        }
    }

    // MARK: Usage

    public func usage(environment: String, flag key: String?) async throws(Problem) -> [FlagUsageView] {
        let state = try state(environment)
        if let key, state.flags[key] == nil { throw Problem.unknown("flag", key, among: Array(state.flags.keys)) }
        gatherUsage()
        return usage.views(in: environment, flag: key)
    }

    public func stale(environment: String, unchangedFor period: Period) async throws(Problem) -> [StaleFlagView] {
        let state = try state(environment)
        let now = clock()
        gatherUsage()
        return state.flags.values.sorted { $0.value.key < $1.value.key }.compactMap { item in
            let use = usage.use(of: item.value.key, in: environment, else: now)
            let reasons = item.value.staleness(
                use: use, updatedAt: item.record.updatedAt, unchangedFor: period, now: now)
            guard !reasons.isEmpty else { return nil }
            return StaleFlagView(
                key: item.value.key, owner: item.value.owner, tags: item.value.tags, reasons: reasons,
                updatedAt: item.record.updatedAt, lastEvaluatedAt: use.lastEvaluatedAt)
        }
    }

    public func report(environment: String, _ report: SDKUsageReport) async throws(Problem) {
        let state = try state(environment)
        for count in report.counts where !(0...UsageBook.mostInReport).contains(count.count) {
            throw Problem(
                .invalid, "\(count.count) is no count of evaluations of '\(count.flag)'",
                hint: "report what was counted since the last report, from 0 to \(UsageBook.mostInReport)")
        }
        if let problem = report.measures?.problem {
            throw Problem(.invalid, problem, hint: "report the sums since the process began")
        }
        usage.add(report, in: environment, at: clock())
        if let measures = report.measures { rollouts?.take(state.known(measures), environment: environment) }
    }
}

extension ContextProblem {
    /// Where in a text it is, as people count.
    fileprivate func place(in text: [UInt8]) -> String {
        let before = text.prefix(offset)
        let lineStart = before.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
        let line = before.count { $0 == UInt8(ascii: "\n") } + 1
        return "line \(line), column \(String(decoding: before[lineStart...], as: UTF8.self).count + 1)"
    }
}
