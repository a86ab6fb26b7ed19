import Rollouts
import Testing
import Values
import Wire

@testable import ControlPlane

@Suite("What listeners are shown")
struct LiveMarksTests {
    /// What has been published so far, after which the feed is finished.
    private func published(_ world: World, _ stream: AsyncStream<LiveEvent>) async -> [LiveEvent] {
        world.plane.feed.finish()
        var events: [LiveEvent] = []
        for await event in stream { events.append(event) }
        return events
    }

    private func hosts(_ events: [LiveEvent]) -> [HostView] {
        events.compactMap { if case .host(let view) = $0 { view } else { nil } }
    }

    @Test("heartbeats in which nothing has changed show nothing")
    func heartbeats() async throws {
        let world = try await World(hosts: 3)
        try await world.establish("v1")
        let stream = world.plane.events()
        try await world.settle(20)
        #expect(await published(world, stream).isEmpty)
    }

    @Test("what a host uses is shown every few seconds; that its service stops is shown with the next beat")
    func usage() async throws {
        let world = try await World(hosts: 1)
        try await world.establish("v1")
        let stream = world.plane.events()
        for second in 1...20 {
            world.agents[0].cpu = Double(second) / 100
            try await world.settle(1)
        }
        world.agents[0].running = [:]
        try world.agents[0].report(world.plane)
        world.plane.publishLive()
        let shown = hosts(await published(world, stream))
        #expect((4...5).contains(shown.count - 1))
        #expect(shown.last?.services.isEmpty == true)
    }

    @Test("changes between two beats are shown once, as they are then")
    func coalesced() async throws {
        let world = try await World(hosts: 2)
        try await world.establish("v1")
        let stream = world.plane.events()
        for _ in 0..<5 {
            world.agents[0].running = [:]
            try world.agents[0].report(world.plane)
            world.agents[0].running = ["shop": "v1"]
            try world.agents[0].report(world.plane)
        }
        world.plane.publishLive()
        let shown = hosts(await published(world, stream))
        #expect(shown.map(\.name) == ["h1"])
        #expect(shown.first?.services.first?.version == "v1")
    }

    @Test("the end of a rollout is shown at once, without waiting for a beat")
    func end() async throws {
        let world = try await World(hosts: 2)
        try await world.establish("v1")
        let two = try #require(try await world.deploy("v2").rollout)
        try await world.settle(two, until: .baking)
        try await world.tell(two, .rollback)
        let stream = world.plane.events()
        for _ in 0..<20 where try await world.phase(two) != .rolledBack {
            world.clock.advance(.seconds(1))
            for agent in world.agents {
                agent.obey(at: world.clock.now)
                try agent.report(world.plane)
            }
            try await world.plane.lookAtRollouts()
        }
        let events = await published(world, stream)
        guard case .rollout(let view) = try #require(events.last) else {
            Issue.record("the last event is \(events.last?.name ?? "none")")
            return
        }
        #expect(view.phase == .rolledBack)
    }

    @Test("a rollout that does not change is not shown again")
    func unchanged() async throws {
        let gated = World.shop.replacing("bake: 10s }\n", with: "bake: 10s, gate: approval }\n")
        let world = try await World(hosts: 2, service: gated)
        let one = try #require(try await world.deploy("v1").rollout)
        try await world.settle(one, until: .waiting)
        try await world.settle(2)
        let stream = world.plane.events()
        try await world.settle(10)
        // The first one is what a listener has not seen yet.
        #expect(await published(world, stream).count <= 1)
    }

    @Test("a large fleet is shown in portions, and nothing is lost")
    func portions() {
        var marks = LiveMarks()
        let names = (0..<1200).map { "h\($0)" }
        for name in names { marks.mark(host: name) }
        var shown: [Int] = []
        var seen: Set<String> = []
        while true {
            let hosts = marks.takeHosts(at: .epoch)
            if hosts.isEmpty { break }
            shown.append(hosts.count)
            seen.formUnion(hosts)
        }
        #expect(shown == [500, 500, 200])
        #expect(seen == Set(names))
    }
}
