import Foundation
import Ports
import Rollouts
import Specs
import Testing
import Values
import Verdicts
import Wire

@testable import ControlPlane

/// The evidence of a rollout outlives the control plane, and what it leads to reaches the hosts.
@Suite("Evidence")
struct EvidenceTests {
    private static let checks = """
        checks:
          - name: errors
            ratio: { bad: 'requests_total{code=~"5.."}', total: 'requests_total' }
        plan:
        """

    private func world(hosts: Int = 4, plan: String = "", bake: String = "5m") async throws -> World {
        let waves = """
            waves:
                - { name: one, hosts: 1, bake: \(bake) }
                - { name: rest, hosts: 100%, maxUnavailable: 100%, bake: 10s }
              watch: 1m
              \(plan)
            """
        let text = World.shop.prefix(upTo: try #require(World.shop.range(of: "waves:")).lowerBound) + waves
        let world = try await World(hosts: hosts, service: String(text).replacing("plan:", with: Self.checks))
        try await world.establish("v1")
        try await pass(world, 20)
        return world
    }

    private func pass(_ world: World, _ seconds: Int, badShare: Double = 0) async throws {
        for _ in 0..<seconds {
            try await world.settle(1)
            let now = world.clock.now
            func count(_ agent: FakeAgent) -> Double {
                agent.startedAt["shop"].map { (now - $0).seconds * 10 } ?? 0
            }
            try world.scrape(
                total: { count($0) }, bad: { (count($0) * ($0.running["shop"] == "v2" ? badShare : 0.01)).rounded() })
        }
    }

    private func stored(_ world: World, _ rollout: String) async throws -> EvidenceRecord? {
        let document = try await world.store.read(DocumentKey(Collection.evidence, rollout))
        return try document.map { try Codec.decode(EvidenceRecord.self, $0) }
    }

    @Test("is the same to the last bit however often the control plane was killed", arguments: [1, 2, 3])
    func kills(seed: Int) async throws {
        let (calm, killed) = (try await world(), try await world())
        let rollouts = [
            try #require(try await calm.deploy("v2").rollout), try #require(try await killed.deploy("v2").rollout),
        ]
        for second in 0..<70 {
            try await pass(calm, 1, badShare: 0.012)
            try await pass(killed, 1, badShare: 0.012)
            if (second * 7 + seed * 3) % 19 == 0 { try await killed.restart() }
        }
        let (one, two) = (try await stored(calm, rollouts[0]), try await stored(killed, rollouts[1]))
        #expect(one != nil && one?.state == two?.state)
        #expect(one?.progress.through == two?.progress.through)
        try await killed.expectReplay()
    }

    @Test("is stored with the decision that it led to, and forgotten when the rollout has ended")
    func stored() async throws {
        let world = try await world()
        let two = try #require(try await world.deploy("v2").rollout)
        try await pass(world, 15)
        let early = try #require(try await stored(world, two))
        #expect(early.progress.problem == nil)
        let writes = world.store.commits
        try await world.settle(1)
        #expect(world.store.commits == writes, "nothing is written but once a tick")
        for _ in 0..<120 where try await world.phase(two) != .rollingBack { try await pass(world, 1, badShare: 0.4) }
        let late = try #require(try await stored(world, two))
        let reading = try #require(try await world.plane.rollout(two).rollback?.reading)
        #expect(reading.evidence != nil && reading.verdict == .fail)
        #expect(late.progress.through ?? .epoch > early.progress.through ?? .epoch)
        try await world.settle(two, until: .rolledBack)
        #expect(try await stored(world, two) == nil)
        // What was spent of the chance of a false rollback is still shown, also by the next control plane.
        let budget = try #require(try await world.plane.rollout(two).budget)
        #expect(budget == late.budget && budget.log >= budget.threshold)
        try await world.restart()
        #expect(try await world.plane.rollout(two).budget == budget)
    }

    @Test("a control is started anew on its own version beside the canary, once, and left alone afterwards")
    func controls() async throws {
        let world = try await world(hosts: 6, plan: "control: restart", bake: "30s")
        let two = try #require(try await world.deploy("v2").rollout)
        try await pass(world, 4)
        let restarted = world.agents.filter { $0.restarted["shop"] != nil }
        #expect(restarted.count == 1)
        #expect(restarted.allSatisfy { $0.running["shop"] == "v1" && $0.starts["shop"] == 2 })
        let state = try #require(world.plane.ledger.rollouts[two]?.state)
        #expect(state.controls.map { world.plane.ledger.plan(of: two)?.hosts[$0] } == restarted.map(\.name))
        try await pass(world, 15)
        #expect(world.agents.filter { $0.restarted["shop"] != nil }.count == 1)
        for _ in 0..<100 where try await world.plane.rollout(two).wave == 0 { try await pass(world, 1, badShare: 0.01) }
        #expect(world.plane.ledger.rollouts[two]?.state.controls.isEmpty == true)
        #expect(world.agents.allSatisfy { $0.starts["shop"] ?? 1 <= 2 })
        try await world.expectReplay()
    }

    @Test("the last hosts keep the version before until the last bake is over")
    func holdout() async throws {
        let world = try await world(hosts: 10, bake: "10s")
        let two = try #require(try await world.deploy("v2").rollout)
        let plan = try #require(world.plane.ledger.plan(of: two))
        #expect(plan.waves.map(\.spec.name) == ["one", "rest", "hold-out"])
        #expect(plan.waves.map(\.members.count) == [1, 8, 1])
        var sawHoldout = false
        for _ in 0..<200 where try await world.phase(two) != .watching {
            try await pass(world, 1, badShare: 0.01)
            let view = try await world.plane.rollout(two)
            if view.wave == 1, view.phase == .baking {
                #expect(world.running().filter { $0 == "v1" }.count == 1)
                sawHoldout = true
            }
        }
        #expect(sawHoldout)
        #expect(Set(world.running()) == ["v2"])
    }

    @Test("a decision says of a check that had passed before, and proves less now, that it had")
    func passedBefore() throws {
        let start = Timestamp(milliseconds: 1_764_579_600_000)
        let bake = Bake(atLeast: .seconds(3), atMost: .minutes(2))
        let service = ServiceSpec(
            name: "shop", run: RunSpec(command: ["./shop"]),
            plan: PlanSpec(waves: [WaveSpec(name: "one", hosts: .count(1), bake: bake), WaveSpec(name: "rest")]))
        let order = try WaveOrder(service: service, fleet: ["h1", "h2"].map { PlanHost(name: $0, labels: [:]) })
        let plan = RolloutPlan(
            id: "r", service: "shop", version: "v2", previous: "v1", hosts: order.hosts, waves: order.waves,
            watch: .minutes(1), rollback: RollbackSpec(), checks: [], falseRollbacks: Percentage(1), createdAt: start,
            createdBy: "alice")
        func reasons(baked: Period) -> [String]? {
            let now = Reading(check: "errors", verdict: .undecided, reason: "16 to 1")
            let facts: [RolloutEvent.Fact] = [
                .waveStarted(wave: 0), .bakeClock(running: false, baked: baked, reason: ""),
                .waveDone(wave: 0, readings: [now]),
            ]
            let events = facts.enumerated().map {
                RolloutEvent(sequence: $0.offset + 1, at: start, by: RolloutMachine.automatic, fact: $0.element)
            }
            return explainDecisions(events, plan: plan).last?.why
        }
        let early = try #require(reasons(baked: .seconds(5)))
        #expect(early.first?.contains("every check had passed after 5s") == true)
        #expect(early.contains("errors had passed earlier in the wave"), "\(early)")
        #expect(reasons(baked: .minutes(2))?.contains("errors had passed earlier in the wave") == false)
    }
}
