import Ports
import Rollouts
import Specs
import Synchronization
import Wire

/// A control plane that shows what a test put into it, and remembers what it was told.
final class FakeSurface: ControlSurface {
    struct Told: Hashable, Sendable {
        var command: RolloutCommand?
        var rollout: String
        var reason: String
        var by: String
    }

    let world: World
    /// Answers every command, when set.
    let refusal: Problem?
    private let toldSoFar = Mutex<[Told]>([])

    init(_ world: World, refusal: Problem? = nil) {
        self.world = world
        self.refusal = refusal
    }

    var told: [Told] { toldSoFar.withLock { $0 } }

    func services() async throws(Problem) -> [ServiceView] { world.services }
    func service(_ name: String) async throws(Problem) -> ServiceView {
        guard let found = world.services.first(where: { $0.spec.name == name }) else {
            throw Problem(.notFound, "There is no service \(name).", hint: "Did you mean storefront?")
        }
        return found
    }
    func plans() async throws(Problem) -> [NamedPlanSpec] { [] }
    func freezes() async throws(Problem) -> [FreezeSpec] { world.freezes }
    func hosts() async throws(Problem) -> [HostView] { world.hosts }
    func versions(service: String) async throws(Problem) -> [VersionView] {
        world.versions.filter { $0.service == service }
    }
    func rollouts(service: String?, active: Bool?, limit: Int) async throws(Problem) -> [RolloutView] {
        Array(
            world.rollouts.filter { rollout in
                (service == nil || rollout.service == service) && (active == nil || active == !rollout.phase.isFinal)
            }.prefix(limit))
    }
    func rollout(_ id: String) async throws(Problem) -> RolloutView {
        guard let found = world.rollouts.first(where: { $0.id == id || $0.service == id }) else {
            throw Problem(.notFound, "There is no rollout \(id).", hint: "See the list of rollouts.")
        }
        return found
    }
    func command(
        _ command: RolloutCommand, rollout id: String, reason: String, by: Principal
    ) async throws(Problem) -> RolloutView {
        if let refusal { throw refusal }
        toldSoFar.withLock { $0.append(Told(command: command, rollout: id, reason: reason, by: by.name)) }
        return try await rollout(id)
    }
    func retry(rollout id: String, reason: String, by: Principal) async throws(Problem) -> DeployAnswer {
        if let refusal { throw refusal }
        toldSoFar.withLock { $0.append(Told(command: nil, rollout: id, reason: reason, by: by.name)) }
        return DeployAnswer(outcome: .started, version: "2.6.0", rollout: "r-new01", message: "started")
    }
    func history(rollout id: String, after: Int, limit: Int) async throws(Problem) -> [HistoryEntry] {
        Array((world.history[id] ?? []).filter { $0.event.sequence > after }.prefix(limit))
    }
    func explain(rollout id: String) async throws(Problem) -> Explanation {
        Explanation(rollout: try await rollout(id), decisions: world.decisions[id] ?? [])
    }
    func audit(before: Int64?, limit: Int) async throws(Problem) -> [AuditEntry] {
        Array(world.audit.filter { before == nil || $0.sequence < before ?? 0 }.prefix(limit))
    }
    func status() async throws(Problem) -> StatusView { world.status }
    func unreadiness() async -> String? { nil }
    func events() -> AsyncStream<LiveEvent> { AsyncStream { $0.finish() } }

    // What the page never asks for.
    private static let unasked = Problem(.internal, "the page does not ask for this")
    func apply(_ request: ApplyRequest, by: Principal) async throws(Problem) -> ApplyAnswer { throw Self.unasked }
    func receivers() async throws(Problem) -> [ReceiverSpec] { throw Self.unasked }
    func delete(kind: String, name: String, by: Principal) async throws(Problem) { throw Self.unasked }
    func host(_ name: String) async throws(Problem) -> HostView { throw Self.unasked }
    func join(_ request: JoinRequest, by: Principal) async throws(Problem) -> JoinAnswer { throw Self.unasked }
    func admit(host: String, by: Principal) async throws(Problem) {}
    func backup(by: Principal) async throws(Problem) -> StoreCopy { throw Problem(.refused, "not here") }
    func revoke(host: String, by: Principal) async throws(Problem) { throw Self.unasked }
    func deploy(_ request: DeployRequest, by: Principal) async throws(Problem) -> DeployAnswer { throw Self.unasked }
    func rollOut(
        flag key: String, environment: String, _ request: FlagRolloutRequest, by: Principal
    ) async throws(Problem) -> DeployAnswer { throw Self.unasked }
    func tokens() async throws(Problem) -> [TokenView] { throw Self.unasked }
    func createToken(_ request: TokenRequest, by: Principal) async throws(Problem) -> TokenGrant { throw Self.unasked }
    func revokeToken(_ name: String, by: Principal) async throws(Problem) { throw Self.unasked }
    func testReceiver(_ name: String, by: Principal) async throws(Problem) -> DeliveryView { throw Self.unasked }
    func deliveries(receiver: String?, limit: Int) async throws(Problem) -> [DeliveryView] { throw Self.unasked }
    func logs(host: String, request: LogRequest) async throws(Problem) -> AsyncStream<[UInt8]> { throw Self.unasked }
    func deliverLogs(host: String, id: String, chunk: [UInt8]) async -> Bool { false }
    func endLogs(host: String, id: String) async {}
}
