import Foundation
import HalcyonTesting
import Logging
import MetricsStore
import Ports
import Rollouts
import Testing
import Values
import Wire

@testable import ControlPlane

/// A control plane over a store in memory, with a fleet that does what it is told, on a clock that only the test moves.
final class World {
    let clock = TestClock()
    let store: FlakyStore
    let artefacts = FakeArtefacts()
    let notifier = FakeNotifier()
    let prober = FakeProber()
    /// The metrics outlive a restart, as a folder does.
    let metrics: MetricsStore
    private let metricsFolder: String
    var plane: ControlPlane
    var agents: [FakeAgent] = []
    static let alice = Principal(name: "alice", role: .operator)
    static let admin = Principal(name: "root", role: .admin)

    static let shop = """
        kind: Service
        name: shop
        run:
          command: ["./shop"]
          listen: "${ADDRESS}:8000"
        plan:
          waves:
            - { name: one, hosts: 1, bake: 10s }
            - { name: rest, hosts: 100%, maxUnavailable: 100%, bake: 10s }
          watch: 1m
        """

    init(hosts: Int = 4, service: String? = World.shop, store: FlakyStore = FlakyStore(), dev: Bool = false)
        async throws
    {
        self.store = store
        metricsFolder = FileManager.default.temporaryDirectory.path + "/halcyon-metrics-\(UUID().uuidString)"
        metrics = try MetricsStore(path: metricsFolder)
        let clock = self.clock
        plane = try await World.plane(store, artefacts, metrics, notifier, prober, clock, dev: dev)
        for number in 1...max(1, hosts) where hosts > 0 {
            let agent = FakeAgent("h\(number)", region: number % 2 == 0 ? "eu" : "us")
            agents.append(agent)
            try await agent.join(plane)
            try agent.connect(plane)
        }
        if let service { _ = try await apply(service) }
        try await settle(1)
    }

    /// The store of metrics as a crash would leave it now.
    func copyOfMetrics() throws -> MetricsStore {
        try FileManager.default.copyItem(atPath: metricsFolder, toPath: metricsFolder + "-copy")
        return try MetricsStore(path: metricsFolder + "-copy")
    }

    deinit {
        metrics.close()
        try? FileManager.default.removeItem(atPath: metricsFolder + "-copy")
        try? FileManager.default.removeItem(atPath: metricsFolder)
    }

    private static func plane(
        _ store: FlakyStore, _ artefacts: FakeArtefacts, _ metrics: MetricsStore, _ notifier: FakeNotifier,
        _ prober: FakeProber,
        _ clock: TestClock, dev: Bool = false, restored: Bool = false
    ) async throws -> ControlPlane {
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        return try await ControlPlane(
            store: store, artefacts: artefacts, metrics: metrics, notifier: notifier, prober: prober,
            settings: ControlPlaneSettings(release: "0.1.0", instance: "i", dev: dev, acceptRestoredStore: restored),
            logger: logger, clock: { clock.now })
    }

    /// Ends the control plane as a kill would, and starts another over the same store. Agents connect again.
    func restart(over other: FlakyStore? = nil, restored: Bool = false) async throws {
        plane = try await World.plane(other ?? store, artefacts, metrics, notifier, prober, clock, restored: restored)
        for agent in agents where agent.connected { try agent.connect(plane) }
    }

    func agent(_ name: String) throws -> FakeAgent { try #require(agents.first { $0.name == name }) }

    func apply(
        _ text: String, dryRun: Bool = false, prune: Bool = false, allowNoHosts: Bool = false
    ) async throws -> ApplyAnswer {
        try await plane.apply(
            ApplyRequest(
                files: [.init(name: "a.yaml", text: text)], dryRun: dryRun, prune: prune, allowNoHosts: allowNoHosts),
            by: World.alice)
    }

    static func digest(_ version: String) -> String {
        let seed = version.utf8.reduce(UInt64(7)) { $0 &* 31 &+ UInt64($1) }
        let digits = String(seed, radix: 16)
        return "sha256:" + String(repeating: "0", count: 64 - digits.count) + digits
    }

    func request(_ version: String, supersede: Bool = false, force: Bool = false) -> DeployRequest {
        artefacts.put(World.digest(version), size: 10)
        return DeployRequest(
            service: "shop", artefact: ArtefactReference(digest: World.digest(version), size: 10), version: version,
            supersede: supersede, force: force)
    }

    @discardableResult
    func deploy(_ version: String, supersede: Bool = false, force: Bool = false) async throws -> DeployAnswer {
        try await plane.deploy(request(version, supersede: supersede, force: force), by: World.alice)
    }

    /// Seconds pass: agents do what they were told and report, the control plane looks.
    func settle(_ seconds: Int = 3) async throws {
        for _ in 0..<seconds {
            clock.advance(.seconds(1))
            for agent in agents where agent.connected {
                agent.obey(at: clock.now)
                try agent.report(plane)
            }
            try await plane.lookAtRollouts()
            plane.publishLive()
        }
    }

    /// Goes on until the rollout is in this phase.
    func settle(_ rollout: String, until phase: Phase, within seconds: Int = 200) async throws {
        for _ in 0..<seconds {
            if try await plane.rollout(rollout).phase == phase { return }
            try await settle(1)
        }
        let view = try await plane.rollout(rollout)
        Issue.record("\(rollout) is \(view.phase.rawValue) (\(view.summary)), not \(phase.rawValue)")
    }

    /// Deploys a version and waits until it is done.
    func establish(_ version: String) async throws {
        let rollout = try #require(try await deploy(version).rollout)
        try await settle(rollout, until: .done)
    }

    func phase(_ rollout: String) async throws -> Phase { try await plane.rollout(rollout).phase }

    @discardableResult
    func tell(_ rollout: String, _ command: RolloutCommand, _ reason: String = "") async throws -> RolloutView {
        try await plane.command(command, rollout: rollout, reason: reason, by: World.alice)
    }

    func running() -> [String?] { agents.map { $0.running["shop"] } }

    func events(_ rollout: String) async throws -> [RolloutEvent] {
        try await plane.history(rollout: rollout, after: 0, limit: 10_000).map(\.event)
    }

    /// Whether every rollout's stored events lead to its stored state, without gap or double.
    func expectReplay() async throws {
        for document in try await store.listAll("rollouts") {
            let record = try Codec.decode(RolloutRecord.self, document)
            let events = try await events(record.id)
            #expect(events.map(\.sequence) == Array(events.indices.map { $0 + 1 }), "\(record.id)")
            let plan = try await plane.whole(rollout: record.id).plan
            #expect(RolloutMachine.replay(events, plan: plan) == record.state, "\(record.id)")
        }
    }

    /// The problem that a call must end with.
    static func refusal<Value>(_ body: () async throws -> Value) async -> Problem? {
        do {
            _ = try await body()
            return nil
        } catch {
            return error as? Problem
        }
    }
}
