import Ports
import Rollouts
import Specs
import Synchronization
import Values
import Verdicts
import Wire

/// A control plane that decides nothing: it answers with made-up views and notes what it was asked.
final class FakeSurface: ControlSurface {
    struct State {
        var calls: [String] = []
        var problem: Problem?
        var unreadiness: String?
        var logs: AsyncStream<[UInt8]>.Continuation?
        var delivered: [UInt8] = []
        var logsEnded = false
        var listens = true
        var events: [AsyncStream<LiveEvent>.Continuation] = []
        var subscriptions = 0
    }

    let state = Mutex(State())

    var calls: [String] { state.withLock { $0.calls } }

    func note(_ call: String) throws(Problem) {
        let problem = state.withLock { state in
            state.calls.append(call)
            return state.problem
        }
        if let problem { throw problem }
    }

    // MARK: ControlSurface

    func apply(_ request: ApplyRequest, by: Principal) async throws(Problem) -> ApplyAnswer {
        try note("apply \(request.files.map(\.name)) dryRun=\(request.dryRun) prune=\(request.prune) by \(by.name)")
        return ApplyAnswer(dryRun: request.dryRun, items: [])
    }

    func services() async throws(Problem) -> [ServiceView] {
        try note("services")
        return []
    }

    func service(_ name: String) async throws(Problem) -> ServiceView {
        try note("service \(name)")
        return ServiceView(
            spec: ServiceSpec(name: name, run: RunSpec(command: ["./\(name)"])), revision: 1, updatedAt: .epoch,
            updatedBy: "admin", version: nil, rollout: nil, queue: [], refused: [:], hosts: 0, readyHosts: 0)
    }

    func plans() async throws(Problem) -> [NamedPlanSpec] { [] }
    func freezes() async throws(Problem) -> [FreezeSpec] { [] }

    func receivers() async throws(Problem) -> [ReceiverSpec] {
        [ReceiverSpec(name: "ops", target: .slack(url: "https://hooks.example/services/T0/secret"))]
    }

    func delete(kind: String, name: String, by: Principal) async throws(Problem) {
        try note("delete \(kind) \(name) by \(by.name)")
    }

    func hosts() async throws(Problem) -> [HostView] { [] }

    func host(_ name: String) async throws(Problem) -> HostView {
        try note("host \(name)")
        return FakeSurface.host(name)
    }

    static func host(_ name: String) -> HostView {
        HostView(
            name: name, address: "127.0.1.1", labels: [:], contact: .connected, lastSeen: nil, joinedAt: .epoch,
            release: "1", services: [], load: nil, warnings: [])
    }

    func join(_ request: JoinRequest, by: Principal) async throws(Problem) -> JoinAnswer {
        try note("join \(request.host) by \(by.name)")
        return JoinAnswer(token: "fresh")
    }

    func admit(host: String, by: Principal) async throws(Problem) { try note("admit \(host)") }
    func backup(by: Principal) async throws(Problem) -> StoreCopy { throw Problem(.refused, "not here") }
    func revoke(host: String, by: Principal) async throws(Problem) { try note("revoke \(host)") }
    func versions(service: String) async throws(Problem) -> [VersionView] { [] }

    func rollOut(
        flag key: String, environment: String, _ request: FlagRolloutRequest, by: Principal
    ) async throws(Problem) -> DeployAnswer {
        try note("roll out \(environment)/\(key) to \(request.to) by \(by.name)")
        return DeployAnswer(
            outcome: .started, version: request.to, rollout: "\(key)@\(environment)-1", message: "started")
    }

    func deploy(_ request: DeployRequest, by: Principal) async throws(Problem) -> DeployAnswer {
        try note("deploy \(request.service) supersede=\(request.supersede) by \(by.name)")
        return DeployAnswer(outcome: .started, version: "v2", rollout: "r-1", message: "started")
    }

    func rollouts(service: String?, active: Bool?, limit: Int) async throws(Problem) -> [RolloutView] {
        try note("rollouts \(service ?? "-") \(active.map { "\($0)" } ?? "-") \(limit)")
        return []
    }

    func rollout(_ id: String) async throws(Problem) -> RolloutView {
        try note("rollout \(id)")
        return FakeSurface.rollout(id)
    }

    static func rollout(_ id: String) -> RolloutView {
        RolloutView(
            id: id, service: "storefront", version: "v2", previous: "v1", phase: .baking, summary: "bakes",
            needsPerson: false, wave: 0, waves: [], pause: nil, hold: nil, rollback: nil, readings: [], baked: .zero,
            bakeTarget: .minutes(2), createdAt: .epoch, createdBy: "ci", endedAt: nil, leftBehind: [], sequence: 3)
    }

    func command(_ command: RolloutCommand, rollout id: String, reason: String, by: Principal) async throws(Problem)
        -> RolloutView
    {
        try note("command \(command) \(id) '\(reason)' by \(by.name)")
        return FakeSurface.rollout(id)
    }

    func retry(rollout id: String, reason: String, by: Principal) async throws(Problem) -> DeployAnswer {
        try note("retry \(id)")
        return DeployAnswer(outcome: .started, version: "v2", rollout: "r-2", message: "started")
    }

    func history(rollout id: String, after: Int, limit: Int) async throws(Problem) -> [HistoryEntry] {
        try note("history \(id) \(after) \(limit)")
        return []
    }

    func explain(rollout id: String) async throws(Problem) -> Explanation {
        Explanation(rollout: FakeSurface.rollout(id), decisions: [])
    }

    func tokens() async throws(Problem) -> [TokenView] { [] }

    func createToken(_ request: TokenRequest, by: Principal) async throws(Problem) -> TokenGrant {
        try note("token \(request.name) \(request.role) \(request.lifetime?.description ?? "-")")
        let view = TokenView(name: request.name, role: request.role, createdAt: .epoch, createdBy: by.name)
        return TokenGrant(token: view, secret: "s")
    }

    func revokeToken(_ name: String, by: Principal) async throws(Problem) { try note("revoke token \(name)") }
    func audit(before: Int64?, limit: Int) async throws(Problem) -> [AuditEntry] { [] }

    func testReceiver(_ name: String, by: Principal) async throws(Problem) -> DeliveryView {
        DeliveryView(
            id: "d-1", receiver: name, event: .started, rollout: nil, text: "test", state: .delivered, attempts: 1,
            answer: "200 OK", createdAt: .epoch, nextAttemptAt: nil)
    }

    func deliveries(receiver: String?, limit: Int) async throws(Problem) -> [DeliveryView] { [] }

    func logs(host: String, request: LogRequest) async throws(Problem) -> AsyncStream<[UInt8]> {
        try note("logs \(host) \(request.service) \(request.lines) \(request.follow)")
        let (stream, continuation) = AsyncStream.makeStream(of: [UInt8].self)
        continuation.onTermination = { _ in self.state.withLock { $0.logsEnded = true } }
        state.withLock { $0.logs = continuation }
        return stream
    }

    func deliverLogs(host: String, id: String, chunk: [UInt8]) async -> Bool {
        state.withLock { state in
            state.delivered += chunk
            return state.listens
        }
    }

    func endLogs(host: String, id: String) async { try? note("endLogs \(host) \(id)") }

    func events() -> AsyncStream<LiveEvent> {
        let (stream, continuation) = AsyncStream.makeStream(of: LiveEvent.self)
        state.withLock { state in
            state.events.append(continuation)
            state.subscriptions += 1
        }
        return stream
    }

    func send(_ event: LiveEvent) {
        for continuation in state.withLock({ $0.events }) { continuation.yield(event) }
    }

    func status() async throws(Problem) -> StatusView {
        StatusView(
            release: "1", startedAt: .epoch, hosts: 0, connectedHosts: 0, services: 0, rolloutsInFlight: 0,
            store: "memory", storeRevision: 1, dev: false)
    }

    func unreadiness() async -> String? { state.withLock { $0.unreadiness } }
}
