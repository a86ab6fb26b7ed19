import Rollouts
import Specs
import Testing
import Values
import Wire

@testable import ControlPlane

@Suite("Deploying")
struct DeployTests {
    @Test("a first version goes out, a second one follows in waves, watched")
    func waves() async throws {
        let world = try await World()
        try await world.establish("v1")
        #expect(world.running() == ["v1", "v1", "v1", "v1"])
        let two = try #require(try await world.deploy("v2").rollout)
        try await world.settle(3)
        #expect(world.running().filter { $0 == "v2" }.count == 1)
        try await world.settle(two, until: .watching)
        #expect(world.running() == ["v2", "v2", "v2", "v2"])
        try await world.settle(two, until: .done)
        #expect(try await world.plane.service("shop").version == "v2")
        try await world.expectReplay()
    }

    @Test("the same version again is a no-op that says so, in every phase")
    func same() async throws {
        let world = try await World(hosts: 2)
        let one = try await world.deploy("v1")
        #expect(one.outcome == .started)
        let again = try await world.deploy("v1")
        #expect(again.outcome == .unchanged)
        #expect(again.rollout == one.rollout)
        try await world.settle(try #require(one.rollout), until: .done)
        #expect(try await world.deploy("v1").outcome == .unchanged)
        #expect(try await world.plane.rollouts(service: "shop", active: nil, limit: 10).count == 1)
    }

    @Test("a version never changes: another artefact or another way to run under its name is refused")
    func immutable() async throws {
        let world = try await World(hosts: 1)
        try await world.establish("v1")
        world.artefacts.put(World.digest("other"), size: 10)
        var request = world.request("v1")
        request.artefact = ArtefactReference(digest: World.digest("other"), size: 10)
        let artefact = await World.refusal { [request] in try await world.plane.deploy(request, by: World.alice) }
        #expect(artefact?.kind == .conflict)
        _ = try await world.apply(World.shop.replacing("\"./shop\"", with: "\"./shop\", \"--fast\""))
        let run = await World.refusal { try await world.deploy("v1") }
        #expect(run?.message.contains("another run specification") == true)
        // Without an artefact it is the version as it was.
        let old = try await world.plane.deploy(DeployRequest(service: "shop", version: "v1"), by: World.alice)
        #expect(old.outcome == .unchanged)
    }

    @Test("a version goes by the plan that is named; without one by the service's own; a plan that is waited for stays")
    func namedPlan() async throws {
        let world = try await World()
        try await world.establish("v1")
        _ = try await world.apply(
            "{kind: Plan, name: at-once, waves: [{name: all, maxUnavailable: 100%, bake: 0s}], watch: 1h}")
        var request = world.request("v2")
        request.plan = "at-one"
        let unknown = await World.refusal { [request] in try await world.plane.deploy(request, by: World.alice) }
        #expect(unknown?.kind == .notFound && unknown?.hint?.contains("at-once") == true)
        request.plan = "at-once"
        let two = try await world.plane.deploy(request, by: World.alice)
        #expect(two.message.hasSuffix("by plan at-once"))
        try await world.settle(try #require(two.rollout), until: .watching)
        #expect(try await world.plane.rollout("shop-2").waves.map(\.name) == ["all"])

        let three = try #require(try await world.deploy("v3").rollout)
        #expect(try await world.plane.rollout(three).waves.map(\.name) == ["one", "rest"])
        request.version = "v4"
        request.artefact = world.request("v4").artefact
        #expect(try await world.plane.deploy(request, by: World.alice).outcome == .queued)
        let kept = await World.refusal { try await world.plane.delete(kind: "plan", name: "at-once", by: World.alice) }
        #expect(kept?.kind == .conflict && kept?.message.contains("shop-4") == true)
        try await world.settle(three, until: .watching)
        try await world.settle("shop-4", until: .watching)
        #expect(try await world.plane.rollout("shop-4").waves.map(\.name) == ["all"])
        try await world.plane.delete(kind: "plan", name: "at-once", by: World.alice)
        #expect(try await world.plane.plans().isEmpty)
        try await world.expectReplay()
    }

    @Test("that a version is forward-only is never dropped silently")
    func forwardOnly() async throws {
        let world = try await World(hosts: 1)
        try await world.establish("v1")
        _ = try await world.deploy("v2")
        var request = world.request("v2")
        request.forwardOnly = true
        let problem = await World.refusal { [request] in try await world.plane.deploy(request, by: World.alice) }
        #expect(problem?.message == "version v2 of shop is there already, and is not forward-only")
    }

    @Test("a forward-only version waits for an approval, and is not taken back by itself")
    func forwardOnlyRollout() async throws {
        let world = try await World(hosts: 2)
        try await world.establish("v1")
        var request = world.request("v2")
        request.forwardOnly = true
        let two = try #require(try await world.plane.deploy(request, by: World.alice).rollout)
        try await world.settle(2)
        let waiting = try await world.plane.rollout(two)
        #expect(waiting.phase == .waiting)
        #expect(waiting.needsPerson)
        for agent in world.agents { agent.rejects = ["v2"] }
        try await world.tell(two, .approve)
        try await world.settle(3)
        let held = try await world.plane.rollout(two)
        #expect(held.hold?.kind == .forwardOnly)
        #expect(held.phase == .moving)
    }

    @Test("what is wrong with an artefact is said before anything is stored")
    func artefacts() async throws {
        let world = try await World(hosts: 1)
        let commits = world.store.commits
        for (digest, size) in [("sha256:1234", 10), (World.digest("never"), 10), ("SHA256:" + "A", 1)] {
            let request = DeployRequest(
                service: "shop", artefact: ArtefactReference(digest: digest, size: Int64(size)), version: "v1")
            #expect(await World.refusal { try await world.plane.deploy(request, by: World.alice) } != nil)
        }
        world.artefacts.put(World.digest("v1"), size: 10)
        let short = DeployRequest(
            service: "shop", artefact: ArtefactReference(digest: World.digest("v1"), size: 11), version: "v1")
        #expect(await World.refusal { try await world.plane.deploy(short, by: World.alice) }?.kind == .invalid)
        #expect(world.store.commits == commits)
        #expect(try await world.plane.versions(service: "shop").isEmpty)
    }

    @Test("a service without hosts is refused with the reason, and its version is not kept")
    func noHosts() async throws {
        let world = try await World(hosts: 0)
        let problem = await World.refusal { try await world.deploy("v1") }
        #expect(problem?.kind == .refused)
        #expect(problem?.message.contains("no host has joined") == true)
        #expect(try await world.plane.versions(service: "shop").isEmpty)
    }

    @Test("a newer deployment queues, and begins when its turn comes")
    func queue() async throws {
        let world = try await World(hosts: 2)
        try await world.establish("v1")
        let two = try #require(try await world.deploy("v2").rollout)
        try await world.settle(2)
        let three = try await world.deploy("v3")
        #expect(three.outcome == .queued)
        #expect(try await world.deploy("v3").outcome == .unchanged)
        let view = try await world.plane.service("shop")
        #expect(view.queue == ["shop-3"])
        try await world.settle(two, until: .done)
        try await world.settle(2)
        #expect(try await world.plane.service("shop").rollout == "shop-3")
        #expect(try await world.plane.rollout("shop-3").previous == "v2")
        try await world.settle("shop-3", until: .done)
    }

    @Test("two deployments at once: one begins, the other queues; twice the same is one")
    func atOnce() async throws {
        let world = try await World(hosts: 2)
        try await world.establish("v1")
        let plane = world.plane
        let (two, three) = (world.request("v2"), world.request("v3"))
        async let left = plane.deploy(two, by: World.alice)
        async let right = plane.deploy(three, by: World.alice)
        async let repeated = plane.deploy(two, by: World.alice)
        let answers = try await [left, right, repeated]
        #expect(Set(answers.compactMap(\.rollout)).count == 2)
        #expect(answers.filter { $0.outcome == .started }.count == 1)
        #expect(try await world.plane.service("shop").queue.count == 1)
    }

    @Test("a queued rollout that is aborted leaves the queue; it cannot be promoted")
    func abortQueued() async throws {
        let world = try await World(hosts: 2)
        try await world.establish("v1")
        _ = try await world.deploy("v2")
        try await world.settle(1)
        let three = try #require(try await world.deploy("v3").rollout)
        let promoted = await World.refusal { try await world.tell(three, .promote(full: false)) }
        #expect(promoted?.message.contains("--supersede") == true)
        try await world.tell(three, .abort, "never mind")
        #expect(try await world.phase(three) == .cancelled)
        #expect(try await world.plane.service("shop").queue.isEmpty)
        // It was not refused: it may be tried again.
        #expect(try await world.plane.retry(rollout: three, reason: "", by: World.alice).outcome == .queued)
    }

    @Test("superseding sends the present one back first, and moves a waiting one to the front")
    func supersede() async throws {
        let world = try await World(hosts: 4)
        try await world.establish("v1")
        let two = try #require(try await world.deploy("v2").rollout)
        try await world.settle(3)
        #expect(world.running().contains("v2"))
        let three = try #require(try await world.deploy("v3").rollout)
        _ = try await world.deploy("v4")
        let again = try await world.deploy("v4", supersede: true)
        #expect(again.rollout == "shop-4")
        #expect(again.outcome == .queued)
        #expect(try await world.phase(two) == .rollingBack)
        #expect(try await world.plane.service("shop").queue == ["shop-4", three])
        try await world.settle("shop-4", until: .done)
        #expect(try await world.phase(two) == .rolledBack)
        #expect(try await world.plane.service("shop").refused.isEmpty)
        try await world.settle(three, until: .done)
        try await world.expectReplay()
    }

    @Test("a deployment while the present one goes back waits; superseding that is no error")
    func whileRollingBack() async throws {
        let world = try await World(hosts: 2)
        try await world.establish("v1")
        let two = try #require(try await world.deploy("v2").rollout)
        try await world.settle(3)
        world.agents.forEach { $0.connected = false }
        try await world.tell(two, .rollback, "bad")
        let three = try await world.deploy("v3", supersede: true)
        #expect(three.outcome == .queued)
        #expect(three.message == "shop-3 begins once shop-2 has gone back")
        #expect(try await world.deploy("v1").message == "shop-2 is going back to v1 already")
        for agent in world.agents { try agent.connect(world.plane) }
        try await world.settle(try #require(three.rollout), until: .done)
    }

    @Test("a rollout that is stuck on its way back can be superseded: the stuck hosts are left behind")
    func supersedeStuck() async throws {
        let world = try await World(hosts: 2)
        try await world.establish("v1")
        let two = try #require(try await world.deploy("v2").rollout)
        try await world.settle(two, until: .watching)
        let stuck = try world.agent("h2")
        stuck.rejects = ["v1"]
        try await world.tell(two, .rollback, "bad")
        try await world.settle(5)
        let view = try await world.plane.rollout(two)
        #expect(view.hold?.kind == .stuckRollback)
        #expect(view.leftBehind == ["h2"])
        #expect(try await world.deploy("v3").outcome == .queued)
        #expect(try await world.deploy("v3", supersede: true).outcome == .started)
        let ended = try await world.plane.rollout(two)
        #expect(ended.phase == .rolledBack)
        #expect(ended.leftBehind == ["h2"])
        try await world.settle("shop-3", until: .done)
        #expect(world.running() == ["v3", "v3"])
        try await world.expectReplay()
    }

    @Test("a deployment during the watch ends the watch")
    func endWatch() async throws {
        let world = try await World(hosts: 2)
        try await world.establish("v1")
        let two = try #require(try await world.deploy("v2").rollout)
        try await world.settle(two, until: .watching)
        let three = try await world.deploy("v3")
        #expect(three.outcome == .started)
        #expect(try await world.phase(two) == .done)
        #expect(try await world.plane.rollout("shop-3").previous == "v2")
    }

    @Test("a version that was rolled back is refused until somebody says force")
    func refused() async throws {
        let world = try await World(hosts: 2)
        try await world.establish("v1")
        for agent in world.agents { agent.rejects = ["v2"] }
        let two = try #require(try await world.deploy("v2").rollout)
        try await world.settle(two, until: .rolledBack)
        #expect(try await world.plane.rollout(two).rollback?.trigger == .failedHosts)
        let problem = await World.refusal { try await world.deploy("v2") }
        #expect(problem?.kind == .refused)
        #expect(problem?.message.contains("--force") == true)
        for agent in world.agents { agent.rejects = [] }
        let forced = try #require(try await world.deploy("v2", force: true).rollout)
        try await world.settle(forced, until: .done)
        #expect(try await world.plane.service("shop").refused.isEmpty)
    }

    @Test("forcing what runs already makes no rollout; hosts on which it failed try again")
    func forceStable() async throws {
        let world = try await World(
            hosts: 3,
            service: World.shop.replacing("maxUnavailable: 100%", with: "maxUnavailable: 100%, failureBudget: 1"))
        try await world.establish("v1")
        let two = try #require(try await world.deploy("v2").rollout)
        try await world.settle(2)
        let last = try #require(world.agents.last { $0.running["shop"] == "v1" })
        last.rejects = ["v2"]
        try await world.settle(two, until: .done)
        #expect(last.running["shop"] == "v1")
        last.rejects = []
        let before = try #require(last.target("shop")?.run?.attempt)
        let again = try await world.deploy("v2", force: true)
        #expect(again.outcome == .unchanged)
        try await world.settle(2)
        #expect(last.target("shop")?.run?.attempt == before + 1)
        #expect(try await world.plane.rollouts(service: "shop", active: nil, limit: 10).count == 2)
    }

    @Test("a queued version that has come to run by then is cancelled at its turn")
    func becameStable() async throws {
        let world = try await World(hosts: 2)
        try await world.establish("v1")
        let two = try #require(try await world.deploy("v2").rollout)
        try await world.settle(2)
        let back = try await world.deploy("v1")
        #expect(back.outcome == .queued)
        try await world.tell(two, .abort)
        try await world.settle(5)
        #expect(try await world.phase(two) == .rolledBack)
        let id = try #require(back.rollout)
        #expect(try await world.phase(id) == .cancelled)
        #expect(try await world.plane.service("shop").rollout == nil)
    }

    @Test("an attempt that waits does not disturb the rollout that goes back")
    func attempts() async throws {
        let world = try await World(hosts: 2)
        try await world.establish("v1")
        let two = try #require(try await world.deploy("v2").rollout)
        try await world.settle(3)
        let canary = try #require(world.agents.first { $0.running["shop"] == "v2" })
        #expect(canary.target("shop")?.run?.attempt == 1)
        world.agents.forEach { $0.connected = false }
        try await world.tell(two, .rollback)
        _ = try await world.deploy("v2", force: true)
        #expect(canary.target("shop")?.run?.attempt == 1)
        #expect(try await world.plane.service("shop").queue == ["shop-3"])
    }

    @Test("a version in use, or one that waits, is not deleted; an unused one goes with its artefact")
    func deleteVersion() async throws {
        let world = try await World(hosts: 2)
        try await world.establish("v0")
        try await world.establish("v1")
        _ = try await world.deploy("v2")
        _ = try await world.deploy("v3")
        for name in ["v1", "v2", "v3"] {
            let problem = await World.refusal {
                try await world.plane.delete(kind: "version", name: "shop/\(name)", by: World.alice)
            }
            #expect(problem?.kind == .conflict, "\(name)")
        }
        try await world.settle("shop-3", until: .done)
        try await world.plane.delete(kind: "version", name: "shop/v0", by: World.alice)
        #expect(!world.artefacts.digests.contains(World.digest("v0")))
        #expect(world.artefacts.digests.count == 3)
    }
}
