import NIOHTTP1
import Rollouts
import Specs
import Wire

/// The routes, one method each.
extension APIClient {
    func status() async throws -> StatusView { try await get(Path("status")) }

    func apply(_ request: ApplyRequest) async throws -> ApplyAnswer { try await post(Path("apply"), request) }

    func services() async throws -> [ServiceView] { try await list(Path("services")) }
    func service(_ name: String) async throws -> ServiceView { try await get(Path("services", name)) }
    func plans() async throws -> [NamedPlanSpec] { try await list(Path("plans")) }
    func freezes() async throws -> [FreezeSpec] { try await list(Path("freezes")) }
    func receivers() async throws -> [ReceiverSpec] { try await list(Path("receivers")) }
    func hosts() async throws -> [HostView] { try await list(Path("hosts")) }
    func host(_ name: String) async throws -> HostView { try await get(Path("hosts", name)) }
    func revoke(host: String) async throws { try await perform(.POST, Path("hosts", host, "revoke")) }
    func admit(host: String) async throws { try await perform(.POST, Path("hosts", host, "admit")) }

    func versions(service: String) async throws -> [VersionView] {
        try await list(Path("versions", query: ["service": service]))
    }

    func deploy(_ request: DeployRequest) async throws -> DeployAnswer { try await post(Path("deploy"), request) }

    func rollouts(service: String? = nil, active: Bool = false, limit: Int = 50) async throws -> [RolloutView] {
        let query = ["service": service, "active": active ? "true" : nil, "limit": "\(limit)"]
        return try await list(Path("rollouts", query: query))
    }

    /// By identifier, or by service name: that service's newest.
    func rollout(_ name: String) async throws -> RolloutView { try await get(Path("rollouts", name)) }
    func explain(_ rollout: String) async throws -> Explanation { try await get(Path("rollouts", rollout, "explain")) }

    /// All events after the one numbered `after`, fetched in pages.
    func history(_ rollout: String, after: Int = 0) async throws -> [HistoryEntry] {
        let limit = 1000
        var entries: [HistoryEntry] = []
        while true {
            let start = entries.last?.event.sequence ?? after
            let query = ["after": "\(start)", "limit": "\(limit)"]
            let page: [HistoryEntry] = try await list(Path("rollouts", rollout, "history", query: query))
            let fresh = page.filter { $0.event.sequence > start }
            entries += fresh
            // A page without anything new would be asked for for ever.
            if page.count < limit || fresh.isEmpty { return entries }
        }
    }

    func command(_ verb: String, rollout: String, _ request: CommandRequest) async throws -> RolloutView {
        try await post(Path("rollouts", rollout, verb), request)
    }

    func retry(rollout: String, _ request: CommandRequest) async throws -> DeployAnswer {
        try await post(Path("rollouts", rollout, "retry"), request)
    }

    func tokens() async throws -> [TokenView] { try await list(Path("tokens")) }
    func createToken(_ request: TokenRequest) async throws -> TokenGrant { try await post(Path("tokens"), request) }

    func audit(before: Int64?, limit: Int) async throws -> [AuditEntry] {
        try await list(Path("audit", query: ["before": before.map { "\($0)" }, "limit": "\(limit)"]))
    }

    func testReceiver(_ name: String) async throws -> DeliveryView {
        try await post(Path("receivers", name, "test"), CommandRequest())
    }

    func deliveries(receiver: String?, limit: Int) async throws -> [DeliveryView] {
        try await list(Path("deliveries", query: ["receiver": receiver, "limit": "\(limit)"]))
    }

    /// Deletes what is at a path, for example `services/NAME`.
    func delete(_ path: Path) async throws { try await perform(.DELETE, path) }

    private func list<Item: Hashable & Codable & Sendable>(_ path: Path) async throws -> [Item] {
        let listing: Listing<Item> = try await get(path)
        return listing.items
    }
}
