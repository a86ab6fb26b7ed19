import Ports
import Rollouts
import Testing
import Values
import Wire

@testable import ControlPlane

@Suite("Restarts and a failing store")
struct RestartTests {
    @Test("killed in any phase it goes on, and no event is lost or doubled", arguments: 0..<40)
    func everyPhase(kill: Int) async throws {
        let world = try await World(hosts: 3)
        try await world.establish("v1")
        let two = try #require(try await world.deploy("v2").rollout)
        for second in 0..<60 {
            if second == kill {
                world.clock.advance(.seconds(30))
                try await world.restart()
            }
            if second == 50 { try await world.tell(two, .rollback) }
            try await world.settle(1)
        }
        try await world.settle(two, until: .rolledBack)
        #expect(Set(world.running()) == ["v1"])
        try await world.expectReplay()
    }

    @Test("a bake does not count the time in which the control plane was down")
    func bakeClock() async throws {
        let world = try await World(hosts: 3)
        try await world.establish("v1")
        let two = try #require(try await world.deploy("v2").rollout)
        try await world.settle(two, until: .baking)
        try await world.settle(4)
        try await world.plane.noteAlive()
        let baked = try await world.plane.rollout(two).baked
        world.clock.advance(.hours(1))
        try await world.restart()
        let after = try await world.plane.rollout(two)
        #expect(after.phase == .baking)
        #expect(after.baked == baked)
        try await world.settle(1)
        #expect(try await world.plane.rollout(two).wave == 0)
    }

    @Test("after a restart checks without readings stop the bake, however little of it is left")
    func noReadingsYet() async throws {
        let check = "checks:\n  - { name: alive, guardrail: 'sum(up) > 0' }\nplan:"
        let world = try await World(hosts: 3, service: World.shop.replacing("plan:", with: check))
        try await world.establish("v1")
        let two = try #require(try await world.deploy("v2").rollout)
        for _ in 0..<9 {
            try await world.settle(1)
            try world.scrape()
        }
        #expect(try await world.phase(two) == .baking)
        world.agents.forEach { $0.connected = false }
        try await world.plane.noteAlive()
        try await world.restart()
        // Nobody has reported to this process yet: there is nothing to judge by, and nothing is promoted.
        try await world.settle(20)
        let view = try await world.plane.rollout(two)
        #expect(view.phase == .baking)
        #expect(view.wave == 0)
        #expect(view.baked < .seconds(10))
        for agent in world.agents { try agent.connect(world.plane) }
        for _ in 0..<30 where try await world.plane.rollout(two).wave == 0 {
            try await world.settle(1)
            try world.scrape()
        }
        #expect(try await world.plane.rollout(two).wave == 1)
    }

    @Test("a store that cannot be written changes nothing, tells nobody, and the next look repeats it")
    func cannotWrite() async throws {
        let world = try await World(hosts: 3)
        try await world.establish("v1")
        world.store.trouble = .cannotWrite
        let problem = await World.refusal { try await world.deploy("v2") }
        #expect(problem?.kind == .unavailable)
        #expect(problem?.hint == "nothing was changed; make room and repeat")
        #expect(try await world.plane.rollouts(service: nil, active: nil, limit: 9).count == 1)
        #expect(try await world.plane.versions(service: "shop").count == 1)
        #expect(await world.plane.unreadiness() != nil)
        world.store.trouble = .none
        #expect(await world.plane.unreadiness() == nil)
        let two = try #require(try await world.deploy("v2").rollout)
        world.store.trouble = .cannotWrite
        let told = world.agents.map(\.sink.told.count)
        for _ in 0..<3 {
            world.clock.advance(.seconds(1))
            #expect(await World.refusal { try await world.plane.lookAtRollouts() } != nil)
        }
        #expect(world.agents.map(\.sink.told.count) == told)
        #expect(try await world.phase(two) == .queued)
        world.store.trouble = .none
        try await world.settle(two, until: .done)
        try await world.expectReplay()
    }

    @Test("a commit whose answer was lost is found before anything else is done")
    func answerLost() async throws {
        let world = try await World(hosts: 3)
        try await world.establish("v1")
        world.store.trouble = .answerLost
        #expect(await World.refusal { try await world.deploy("v2") } != nil)
        world.store.trouble = .none
        #expect(try await world.deploy("v2").outcome == .unchanged)
        try await world.settle("shop-2", until: .watching)
        world.store.trouble = .answerLost
        #expect(await World.refusal { try await world.tell("shop-2", .rollback) } != nil)
        world.store.trouble = .none
        try await world.settle(1)
        #expect(try await world.phase("shop-2") == .rollingBack)
        try await world.settle("shop-2", until: .rolledBack)
        try await world.expectReplay()
    }

    @Test("somebody else's write is a conflict; nothing is half done")
    func conflict() async throws {
        let world = try await World(hosts: 2)
        world.store.trouble = .conflict
        let problem = await World.refusal { try await world.deploy("v1") }
        #expect(problem?.kind == .conflict)
        world.store.trouble = .none
        #expect(try await world.plane.rollouts(service: nil, active: nil, limit: 9).isEmpty)
        try await world.establish("v1")
    }

    @Test("a clock that jumps back breaks nothing")
    func clockBack() async throws {
        let world = try await World(hosts: 2)
        try await world.establish("v1")
        let two = try #require(try await world.deploy("v2").rollout)
        try await world.settle(5)
        world.clock.advance(.hours(-2))
        try await world.restart()
        try await world.settle(5)
        #expect(try await world.phase(two).isFinal == false)
        try await world.tell(two, .abort)
        try await world.settle(two, until: .rolledBack)
        try await world.expectReplay()
    }

    @Test("many runs with every kind of trouble: stored events replay to the stored state", arguments: 0..<30)
    func eventSourcing(seed: Int) async throws {
        var random = SeededGenerator(seed: UInt64(seed))
        let world = try await World(hosts: Int.random(in: 1...5, using: &random))
        try await world.establish("v1")
        for step in 0..<120 {
            try await world.trouble(step, &random)
            world.store.trouble = .none
        }
        for agent in world.agents {
            agent.rejects = []
            if !agent.connected { try agent.connect(world.plane) }
        }
        _ = try? await world.tell("shop", .abort)
        // A conflict left by a lost answer is over after one look.
        _ = try? await world.settle(1)
        try await world.settle(60)
        try await world.expectReplay()
        let view = try await world.plane.service("shop")
        if view.rollout == nil { #expect(Set(world.running()) == [view.version]) }
    }
}

extension World {
    /// Something happens, perhaps something bad.
    func trouble(_ step: Int, _ random: inout SeededGenerator) async throws {
        switch Int.random(in: 0..<40, using: &random) {
        case 0: try await restart()
        case 1: store.trouble = .cannotWrite
        case 2: store.trouble = .answerLost
        case 3: _ = try? await deploy("v\(Int.random(in: 1...6, using: &random))", supersede: true, force: true)
        case 4, 5: _ = try? await deploy("v\(Int.random(in: 1...6, using: &random))")
        case 6: _ = try? await tell("shop", .pause)
        case 7: _ = try? await tell("shop", .rollback)
        case 8: _ = try? await tell("shop", .promote(full: true))
        case 9, 10: _ = try? await tell("shop", .resume)
        case 11:
            let agent = agents[Int.random(in: 0..<agents.count, using: &random)]
            if agent.connected { agent.connected = false } else { try agent.connect(plane) }
        case 12: agents[0].rejects = ["v\(Int.random(in: 2...6, using: &random))"]
        case 13: _ = try? await tell("shop", .abort)
        default: break
        }
        _ = try? await settle(Int.random(in: 1...4, using: &random))
    }

    /// Every host that runs the service is scraped.
    func scrape(total: (FakeAgent) -> Double = { _ in 0 }, bad: (FakeAgent) -> Double = { _ in 0 }) throws {
        for agent in agents where agent.connected {
            guard let version = agent.running["shop"], let startedAt = agent.startedAt["shop"] else { continue }
            let head = ScrapeHead(
                service: "shop", version: version, instance: "shop-1", startedAt: startedAt, at: clock.now, up: true,
                duration: 0.01)
            let text = """
                requests_total{code="200"} \(total(agent) - bad(agent))
                requests_total{code="500"} \(bad(agent))

                """
            let body = Array("#scrape ".utf8) + Codec.encode(head) + Array("\n\(text)".utf8)
            try plane.samples(host: agent.name, agent: agent.identity, body: body) { _ in }
        }
    }
}
