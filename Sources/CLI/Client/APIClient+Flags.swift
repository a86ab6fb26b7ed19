import NIOHTTP1
import Values
import Wire

/// The flags' routes, one method each.
extension APIClient {
    func environments() async throws -> [EnvironmentView] { try await listed(Path("environments")) }

    /// All that there are, or as many as the query allows; they come in pages, so that no answer is too long.
    func flags(environment: String, _ query: FlagQuery) async throws -> [FlagView] {
        var flags: [FlagView] = []
        var after = query.after
        while true {
            let size = min((query.limit ?? .max) - flags.count, APIClient.pageSize)
            let fields = [
                "search": query.search, "tag": query.tag, "owner": query.owner,
                "archived": query.archived ? "true" : nil, "brief": query.brief ? "true" : nil, "after": after,
                "limit": "\(size)",
            ]
            let page: [FlagView] = try await listed(Path("environments", environment, "flags", query: fields))
            flags += page
            if page.count < size || flags.count == query.limit { return flags }
            after = page.last?.key
        }
    }

    private static let pageSize = 1000

    func flag(_ key: String, environment: String) async throws -> FlagView {
        try await get(Path("environments", environment, "flags", key))
    }

    /// The revision that a flag has; 0 when there is none.
    func revision(ofFlag key: String, environment: String) async throws -> Int64 {
        do {
            return try await flag(key, environment: environment).revision
        } catch let problem as Problem where problem.kind == .notFound {
            return 0
        }
    }

    func change(flag key: String, environment: String, _ request: FlagChangeRequest) async throws -> FlagChangeAnswer {
        try await post(Path("environments", environment, "flags", key), request)
    }

    func rollOut(flag key: String, environment: String, _ request: FlagRolloutRequest) async throws -> DeployAnswer {
        try await post(Path("environments", environment, "flags", key, "rollout"), request)
    }

    func revert(flag key: String, environment: String, _ request: FlagRevertRequest) async throws -> FlagChangeAnswer {
        try await post(Path("environments", environment, "flags", key, "revert"), request)
    }

    func evaluate(
        flag key: String, environment: String, _ request: FlagEvaluationRequest
    ) async throws -> FlagEvaluationView {
        try await post(Path("environments", environment, "flags", key, "evaluate"), request)
    }

    /// Newest first; of one flag, or of everything.
    func flagHistory(
        environment: String, flag key: String?, before: Int64?, limit: Int
    ) async throws -> [FlagEventView] {
        let query = ["before": before.map { "\($0)" }, "limit": "\(limit)"]
        guard let key else { return try await listed(Path("environments", environment, "history", query: query)) }
        return try await listed(Path("environments", environment, "flags", key, "history", query: query))
    }

    func copyFlags(to environment: String, _ request: FlagCopyRequest) async throws -> FlagTransferAnswer {
        try await post(Path("environments", environment, "copy"), request)
    }

    func importFlags(environment: String, _ request: FlagImportRequest) async throws -> FlagTransferAnswer {
        try await post(Path("environments", environment, "import"), request)
    }

    /// The file as the server wrote it.
    func exportFlags(environment: String, plain: Bool) async throws -> String {
        try await text(Path("environments", environment, "export", query: ["plain": plain ? "true" : nil]))
    }

    func staleFlags(environment: String, unchanged: Period) async throws -> [StaleFlagView] {
        try await listed(Path("environments", environment, "stale", query: ["unchanged": "\(unchanged)"]))
    }

    func flagUsage(environment: String, flag key: String?) async throws -> [FlagUsageView] {
        try await listed(Path("environments", environment, "usage", query: ["flag": key]))
    }

    func holdouts(environment: String) async throws -> [HoldoutView] {
        try await listed(Path("environments", environment, "holdouts"))
    }

    func segments(environment: String) async throws -> [SegmentView] {
        try await listed(Path("environments", environment, "segments"))
    }

    func proposals(open: Bool) async throws -> [ProposalView] {
        try await listed(Path("proposals", query: ["open": open ? "true" : nil]))
    }

    func decide(_ verb: String, _ proposal: String, _ reason: String) async throws -> ProposalView {
        try await post(Path("proposals", proposal, verb), DecisionRequest(reason: reason))
    }

    private func listed<Item: Hashable & Codable & Sendable>(_ path: Path) async throws -> [Item] {
        let listing: Listing<Item> = try await get(path)
        return listing.items
    }
}
