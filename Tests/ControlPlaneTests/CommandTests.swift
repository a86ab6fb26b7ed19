import Rollouts
import Testing
import Values
import Wire

@testable import ControlPlane

@Suite("Steering rollouts")
struct CommandTests {
    @Test("pause, resume, promote and their refusals")
    func pauseAndPromote() async throws {
        let world = try await World(hosts: 3)
        try await world.establish("v1")
        let two = try #require(try await world.deploy("v2").rollout)
        try await world.settle(2)
        try await world.tell(two, .pause, "lunch")
        #expect(await World.refusal { try await world.tell(two, .pause) }?.message.contains("paused already") == true)
        try await world.settle(30)
        #expect(try await world.plane.rollout(two).wave == 0)
        #expect(try await world.plane.rollout(two).summary == "paused by alice")
        try await world.tell(two, .resume)
        #expect(await World.refusal { try await world.tell(two, .resume) }?.kind == .refused)
        #expect(await World.refusal { try await world.tell(two, .approve) }?.kind == .refused)
        try await world.tell(two, .promote(full: true))
        try await world.settle(4)
        #expect(try await world.phase(two) == .watching)
        try await world.tell("shop", .promote(full: false), "seen enough")
        #expect(try await world.phase(two) == .done)
        for command in [RolloutCommand.pause, .resume, .promote(full: false), .approve] {
            #expect(await World.refusal { try await world.tell(two, command) }?.kind == .refused)
        }
        #expect(await World.refusal { try await world.tell("shop-7", .pause) }?.kind == .notFound)
        try await world.expectReplay()
    }

    @Test("a finished rollout goes back while it is the newest")
    func rollbackOfDone() async throws {
        let world = try await World(hosts: 3)
        try await world.establish("v1")
        try await world.establish("v2")
        try await world.tell("shop-2", .rollback, "late regression")
        #expect(try await world.phase("shop-2") == .rollingBack)
        try await world.settle("shop-2", until: .rolledBack)
        #expect(Set(world.running()) == ["v1"])
        #expect(try await world.plane.service("shop").version == "v1")
        #expect(try await world.plane.service("shop").refused.keys.sorted() == ["v2"])
        // The one before it is not the newest, and its own previous version is not pinned any more.
        let older = await World.refusal { try await world.tell("shop-1", .rollback) }
        #expect(older?.message == "shop-1 is not the newest rollout of shop (shop-2 is)")
        try await world.expectReplay()
    }

    @Test("a finished rollout does not go back once a newer one is in flight")
    func rollbackOfOlder() async throws {
        let world = try await World(hosts: 2)
        try await world.establish("v1")
        try await world.establish("v2")
        _ = try await world.deploy("v3")
        let problem = await World.refusal { try await world.tell("shop-2", .rollback) }
        #expect(problem?.message.contains("shop-3 is") == true)
    }

    @Test("an old rollout is still shown and explained, and says that it has ended")
    func oldRollouts() async throws {
        let world = try await World(hosts: 2)
        for version in ["v1", "v2", "v3"] { try await world.establish(version) }
        #expect(world.plane.ledger.plans.keys.sorted() == ["shop-3"])
        let old = try await world.plane.rollout("shop-1")
        #expect(old.phase == .done)
        #expect(old.waves.flatMap(\.hosts).count == 2)
        #expect(try await world.plane.explain(rollout: "shop-1").decisions.isEmpty == false)
        #expect(
            try await world.plane.rollouts(service: "shop", active: nil, limit: 2).map(\.id) == ["shop-3", "shop-2"])
        #expect(try await world.plane.rollouts(service: nil, active: true, limit: 9).isEmpty)
        let problem = await World.refusal { try await world.tell("shop-2", .pause) }
        #expect(problem?.message == "shop-2 cannot be told to pause: it has ended (done)")
        try await world.restart()
        #expect(world.plane.ledger.plans.keys.sorted() == ["shop-3"])
        #expect(try await world.plane.rollout("shop-2").version == "v2")
    }

    @Test("the newest rollout of a service answers to the service's name")
    func byService() async throws {
        let world = try await World(hosts: 1)
        let none = await World.refusal { try await world.plane.rollout("shop") }
        #expect(none?.message == "service shop has had no rollout")
        for number in 1...11 { try await world.establish("v\(number)") }
        #expect(try await world.plane.rollout("shop").id == "shop-11")
        _ = try await world.deploy("v12")
        #expect(try await world.plane.rollout("shop").id == "shop-12")
        let unknown = await World.refusal { try await world.plane.rollout("shop-99") }
        #expect(unknown?.kind == .notFound)
    }

    @Test("retry makes a new attempt at an aborted version; a living one is refused")
    func retry() async throws {
        let world = try await World(hosts: 2)
        try await world.establish("v1")
        let two = try #require(try await world.deploy("v2").rollout)
        try await world.settle(2)
        let living = await World.refusal { try await world.plane.retry(rollout: two, reason: "", by: World.alice) }
        #expect(living?.kind == .refused)
        try await world.tell(two, .abort, "not now")
        try await world.settle(two, until: .rolledBack)
        let again = try await world.plane.retry(rollout: two, reason: "now", by: World.alice)
        #expect(again.outcome == .started)
        try await world.settle(try #require(again.rollout), until: .done)
        #expect(world.agents[0].target("shop")?.run?.attempt == 2)
    }

    @Test("history comes in pages, without gaps")
    func historyPages() async throws {
        let world = try await World(hosts: 2)
        try await world.establish("v1")
        let all = try await world.plane.history(rollout: "shop-1", after: 0, limit: 1000)
        var pages: [HistoryEntry] = []
        while true {
            let page = try await world.plane.history(
                rollout: "shop-1", after: pages.last?.event.sequence ?? 0, limit: 3)
            pages += page
            if page.count < 3 { break }
        }
        #expect(pages == all)
        #expect(all.map(\.event.sequence) == Array(1...all.count))
        #expect(all.allSatisfy { !$0.sentence.isEmpty })
    }

    @Test("a freeze holds waves back, never a rollback")
    func freeze() async throws {
        let world = try await World(hosts: 3)
        try await world.establish("v1")
        let two = try #require(try await world.deploy("v2").rollout)
        try await world.settle(2)
        let from = world.clock.now - .hours(1)
        _ = try await world.apply(
            "kind: Freeze\nname: f\nreason: busy\nfrom: \(from.description)\nuntil: \((from + .hours(2)).description)\n"
        )
        try await world.settle(20)
        let view = try await world.plane.rollout(two)
        #expect(view.phase == .waiting)
        #expect(view.summary.contains("frozen: f: busy"))
        #expect(view.needsPerson == false)
        try await world.tell(two, .rollback)
        try await world.settle(two, until: .rolledBack)
        let three = try #require(try await world.deploy("v3").rollout)
        try await world.settle(3)
        #expect(try await world.phase(three) == .waiting)
        try await world.plane.delete(kind: "freeze", name: "f", by: World.alice)
        try await world.settle(1)
        #expect(try await world.phase(three) == .moving)
    }

    @Test("a rollout is shown in every phase with its summary")
    func views() async throws {
        let world = try await World(
            hosts: 3,
            service: World.shop.replacing("bake: 10s }\n  watch", with: "bake: 10s, gate: approval }\n  watch"))
        try await world.establishApproved("v1")
        let two = try #require(try await world.deploy("v2").rollout)
        let three = try #require(try await world.deploy("v3").rollout)
        #expect(try await world.plane.rollout(three).summary == "waits for the rollout before it")
        var seen: [Phase: RolloutView] = [:]
        for _ in 0..<200 {
            let view = try await world.plane.rollout(two)
            seen[view.phase] = view
            #expect(view.summary.isEmpty == false)
            if view.phase == .waiting, view.wave == 1 {
                #expect(view.needsPerson)
                #expect(view.waves.map(\.state) == [.done, .waiting])
                try await world.tell(two, .approve)
            }
            if view.phase == .watching, seen[.rollingBack] == nil { try await world.tell(two, .rollback, "bad") }
            if view.phase.isFinal { break }
            try await world.settle(1)
        }
        #expect(seen[.moving]?.waves.map(\.state) == [.done, .moving])
        #expect(seen[.baking]?.bakeTarget == .seconds(10))
        #expect(seen[.watching]?.waves.map(\.state) == [.done, .done])
        #expect(seen[.rollingBack]?.summary == "going back: bad")
        #expect(seen[.rolledBack]?.waves.map(\.state) == [.rolledBack, .rolledBack])
        #expect(seen[.rolledBack]?.endedAt != nil)
    }

    @Test("explain names every decision with its author and its reason")
    func explain() async throws {
        let world = try await World(hosts: 3)
        try await world.establish("v1")
        for agent in world.agents { agent.rejects = ["v2"] }
        let two = try #require(try await world.deploy("v2").rollout)
        try await world.settle(two, until: .rolledBack)
        let decisions = try await world.plane.explain(rollout: two).decisions
        let back = try #require(decisions.first { $0.what.hasPrefix("going back") })
        #expect(back.by == RolloutMachine.automatic)
        #expect(back.why.contains { $0.contains("not ready within 30s") })
    }

    @Test("explain says of a wave only what was so: who approved or promoted it, and what was not waited for")
    func explainWaves() async throws {
        let world = try await World(hosts: 3)
        try await world.establish("v1")
        let first = try await world.plane.explain(rollout: "shop-1").decisions
        let done = try #require(first.first { $0.what.contains("is done") })
        #expect(done.why.first?.contains("a first version is not baked") == true)
        let two = try #require(try await world.deploy("v2").rollout)
        try await world.settle(two, until: .baking)
        _ = try await world.tell(two, .promote(full: true))
        try await world.settle(two, until: .watching)
        let decisions = try await world.plane.explain(rollout: two).decisions
        #expect(decisions.first { $0.what.contains("is done") }?.why.first?.contains("promoted it") == true)
        let started = decisions.filter { $0.what.contains("started (") }
        #expect(started.first?.why.last == "no freeze was in force")
        #expect(started.last?.why.last?.contains("promoted it: it waited for nothing") == true)
    }
}

extension World {
    /// Like `establish`, for plans with an approval.
    func establishApproved(_ version: String) async throws {
        let rollout = try #require(try await deploy(version).rollout)
        for _ in 0..<100 where try await !phase(rollout).isFinal {
            try await settle(1)
            _ = try? await tell(rollout, .approve)
        }
    }
}
