public import Values
public import Wire

/// Everything that the API, the page and the command line can ask about flags. Documents are applied by `ControlSurface.apply`.
///
/// Callers have checked the role; `by` is who asks. Every call throws a `Problem` that can be shown. An unknown environment or
/// key is `notFound`, with the nearest known one.
public protocol FlagControl: Sendable {
    func environments() async throws(Problem) -> [EnvironmentView]
    func environment(_ name: String) async throws(Problem) -> EnvironmentView
    /// An environment without flags; `production` stays.
    func deleteEnvironment(_ name: String, by: Principal) async throws(Problem)

    /// In the order of their keys.
    func flags(environment: String, query: FlagQuery) async throws(Problem) -> [FlagView]
    func flag(_ key: String, environment: String) async throws(Problem) -> FlagView

    /// Makes, edits or deletes a flag. Refused as a whole when the set would not compile; a `conflict` says what changed since
    /// the named revision. With `dryRun`, nothing is stored: that is also how an editor validates while somebody types.
    func change(flag key: String, environment: String, _ request: FlagChangeRequest, by: Principal)
        async throws(Problem) -> FlagChangeAnswer
    func revert(flag key: String, environment: String, _ request: FlagRevertRequest, by: Principal)
        async throws(Problem) -> FlagChangeAnswer

    /// Newest first; with a key, of that flag only. `before` is a sequence number.
    func history(environment: String, flag key: String?, before: Int64?, limit: Int)
        async throws(Problem) -> [FlagEventView]

    func evaluate(flag key: String, environment: String, _ request: FlagEvaluationRequest)
        async throws(Problem) -> FlagEvaluationView

    func segments(environment: String) async throws(Problem) -> [SegmentView]
    func deleteSegment(_ name: String, environment: String, by: Principal) async throws(Problem)
    func holdouts(environment: String) async throws(Problem) -> [HoldoutView]
    func deleteHoldout(_ name: String, environment: String, by: Principal) async throws(Problem)

    func copy(to environment: String, _ request: FlagCopyRequest, by: Principal)
        async throws(Problem) -> FlagTransferAnswer
    func importFlags(environment: String, _ request: FlagImportRequest, by: Principal)
        async throws(Problem) -> FlagTransferAnswer
    /// The whole environment as one flag file; `plain` has only what flagd knows: what is served.
    func export(environment: String, plain: Bool) async throws(Problem) -> FlagExport

    /// Newest first.
    func proposals(environment: String?, open: Bool) async throws(Problem) -> [ProposalView]
    func proposal(_ id: String) async throws(Problem) -> ProposalView
    /// Refused to the author, and when the flag has changed since.
    func approve(proposal id: String, reason: String, by: Principal) async throws(Problem) -> ProposalView
    func reject(proposal id: String, reason: String, by: Principal) async throws(Problem) -> ProposalView

    /// Of one flag, or of all that were evaluated.
    func usage(environment: String, flag key: String?) async throws(Problem) -> [FlagUsageView]
    /// Flags that are expired, always gave one variant for `unchangedFor`, or were not evaluated for as long.
    func stale(environment: String, unchangedFor: Period) async throws(Problem) -> [StaleFlagView]
    /// What an SDK evaluated by itself. Unknown flags and variants are dropped.
    func report(environment: String, _ report: SDKUsageReport) async throws(Problem)
}
