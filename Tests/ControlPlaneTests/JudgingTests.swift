import Foundation
import Rollouts
import Scraping
import Series
import Synchronization
import Testing
import Values
import Verdicts
import Wire

@testable import ControlPlane

@Suite("Judging")
struct JudgingTests {
    static let checks = """
        checks:
          - name: errors
            ratio: { bad: 'requests_total{code=~"5.."}', total: 'requests_total' }
            minimumEvents: 20
        plan:
        """

    /// Ten requests a second to each instance; from `since` on, a share of those to v2 fails.
    private func pass(_ world: World, _ seconds: Int, badShare: Double = 0, since: Timestamp? = nil) async throws {
        for _ in 0..<seconds {
            try await world.settle(1)
            let now = world.clock.now
            func count(_ agent: FakeAgent, since: Timestamp? = nil) -> Double {
                guard let startedAt = agent.startedAt["shop"] else { return 0 }
                return max(0, (now - max(startedAt, since ?? startedAt)).seconds * 10)
            }
            try world.scrape(
                total: { count($0) },
                bad: { $0.running["shop"] == "v2" ? count($0, since: since) * badShare : 0 })
        }
    }

    private func world(hosts: Int = 4, bake: String = "40s", maxUnavailable: String = "100%") async throws -> World {
        let waves = """
            waves:
                - { name: one, hosts: 1, bake: \(bake) }
                - { name: rest, hosts: 100%, maxUnavailable: \(maxUnavailable), bake: 10s }
              watch: 1m
            """
        let text = World.shop.prefix(upTo: try #require(World.shop.range(of: "waves:")).lowerBound) + waves
        let world = try await World(hosts: hosts, service: String(text).replacing("plan:", with: JudgingTests.checks))
        try await world.establish("v1")
        try await pass(world, 30)
        return world
    }

    @Test("a good version passes; a bad one is caught in its first wave and comes back")
    func caught() async throws {
        let world = try await world()
        let two = try #require(try await world.deploy("v2").rollout)
        try await pass(world, 45, badShare: 0.2)
        let view = try await world.plane.rollout(two)
        #expect(view.rollback?.trigger == .check)
        #expect(view.readings.first?.verdict == .fail)
        #expect(view.wave == 0)
        try await world.settle(two, until: .rolledBack)
        #expect(Set(world.running()) == ["v1"])
        let three = try #require(try await world.deploy("v3").rollout)
        try await pass(world, 60)
        #expect(try await world.plane.rollout(three).wave == 1)
    }

    @Test("a canary that fails while its wave still moves is caught before the wave is complete")
    func whileMoving() async throws {
        let world = try await world(hosts: 6, maxUnavailable: "1")
        let two = try #require(try await world.deploy("v2").rollout)
        for _ in 0..<80 where try await world.plane.rollout(two).wave == 0 { try await pass(world, 1) }
        // From here on every host but one takes its time, and the new version is bad.
        for agent in world.agents where agent.running["shop"] == "v1" { agent.isSlow = true }
        world.agents.last { $0.running["shop"] == "v1" }?.isSlow = false
        let since = world.clock.now
        for _ in 0..<60 where try await world.phase(two) == .moving {
            try await pass(world, 1, badShare: 0.5, since: since)
        }
        let view = try await world.plane.rollout(two)
        #expect(view.phase == .rollingBack || view.phase == .rolledBack)
        #expect(view.wave == 1)
        #expect(world.agents.contains { $0.running["shop"] == "v1" })
    }

    @Test("when the only canary falls silent its old readings count for nothing: the bake clock stops")
    func silentCanary() async throws {
        let world = try await world(bake: "2m")
        let two = try #require(try await world.deploy("v2").rollout)
        try await pass(world, 60)
        #expect(try await world.plane.rollout(two).readings.first?.lacksData == false)
        let canary = try #require(world.agents.first { $0.running["shop"] == "v2" })
        canary.connected = false
        try await pass(world, 80)
        let view = try await world.plane.rollout(two)
        #expect(view.wave == 0)
        #expect(view.readings.isEmpty)
        #expect(view.baked < view.bakeTarget)
    }

    @Test("a dead baseline host blocks until its grace time is over, not for ever")
    func deadBaseline() async throws {
        let world = try await world()
        let two = try #require(try await world.deploy("v2").rollout)
        try await pass(world, 20)
        let dead = try #require(world.agents.first { $0.running["shop"] == "v1" })
        dead.connected = false
        var stopped = false
        for _ in 0..<90 where try await world.plane.rollout(two).wave == 0 {
            try await pass(world, 1)
            if try await world.plane.rollout(two).readings.first?.lacksData == true { stopped = true }
        }
        #expect(stopped)
        #expect(try await world.plane.rollout(two).wave == 1)
    }

    @Test("hosts that have just changed are not missed, and a wrong host clock changes nothing")
    func firstScrapes() async throws {
        let world = try await world()
        for agent in world.agents { agent.clockOffset = .hours(1) }
        let two = try #require(try await world.deploy("v2").rollout)
        try await pass(world, 55)
        #expect(try await world.plane.rollout(two).wave == 1)
        let stops = try await world.events(two).filter { event in
            if case .bakeClock(false, _, let reason) = event.fact { return reason.contains("no data yet") }
            return false
        }
        #expect(stops.isEmpty)
    }

    @Test("evidence goes on from wave to wave, and a wave is decided by no reading from before it")
    func waveStarts() async throws {
        let world = try await world()
        let two = try #require(try await world.deploy("v2").rollout)
        var first: Double = 0
        var wasEmpty = false
        for _ in 0..<120 {
            try await pass(world, 1)
            let view = try await world.plane.rollout(two)
            if view.wave == 0 { first = max(first, view.readings.first?.canary?.total ?? 0) }
            guard view.wave == 1, view.phase == .moving || view.phase == .baking else { continue }
            if view.readings.isEmpty { wasEmpty = true }
            guard let total = view.readings.first?.canary?.total else { continue }
            #expect(wasEmpty && total > first)
            return
        }
        Issue.record("the second wave never started")
    }

    @Test("after a restart of the server the checks go on with the samples that are stored")
    func restart() async throws {
        let world = try await world(bake: "2m")
        let two = try #require(try await world.deploy("v2").rollout)
        try await pass(world, 40)
        let canary = try #require(world.agents.first { $0.running["shop"] == "v2" })
        let began = try #require(canary.startedAt["shop"])
        #expect(try await world.plane.rollout(two).readings.first?.canary?.total ?? 0 > 200)
        try await world.restart()
        // Nothing is scraped for a while.
        try await world.settle(12)
        try await pass(world, 10)
        let reading = try #require(try await world.plane.rollout(two).readings.first)
        #expect(!reading.lacksData, "\(reading.reason)")
        let counted = try #require(world.plane.memory.withLock { $0.judges[two]?.progress.through })
        #expect(
            reading.canary?.total == (counted - began).seconds * 10, "nothing is lost, and nothing counts twice")
    }

    @Test("samples say which cohort and wave they are of, until the rollout is done")
    func cohorts() async throws {
        let world = try await world(bake: "20s")
        func cohorts() throws -> [String] {
            let now = world.clock.now
            let rises = try world.metrics.increases(
                [LabelMatcher("__name__", .equal, "requests_total")], by: ["version", "cohort", "wave"],
                after: now - .seconds(2), through: now, reachingBack: .seconds(1))
            return rises.map { group in
                ["version", "cohort", "wave"].map { group.labels[$0] ?? "-" }.joined(separator: " ")
            }
        }
        #expect(try cohorts() == ["v1 baseline -"])
        let two = try #require(try await world.deploy("v2").rollout)
        try await pass(world, 6)
        #expect(try cohorts().sorted() == ["v1 baseline -", "v2 canary one"])
        for _ in 0..<150 where try await world.phase(two) != .done { try await pass(world, 1) }
        try await pass(world, 4)
        #expect(try cohorts() == ["v2 baseline -"])
        #expect(world.plane.scrapes().count { $0.scrape.version == "v2" && $0.scrape.failure == nil } == 4)
    }
}
