import Rollouts
import Testing
import Values
import Wire

@testable import ControlPlane

@Suite("What agents are told")
struct DesiredStateTests {
    @Test("the previous version is kept as fallback and on disk until the next rollout")
    func fallback() async throws {
        let world = try await World(hosts: 3)
        try await world.establish("v1")
        _ = try await world.deploy("v2")
        try await world.settle(3)
        let canary = try #require(world.agents.first { $0.running["shop"] == "v2" })
        let other = try #require(world.agents.first { $0.running["shop"] == "v1" })
        #expect(canary.target("shop")?.fallback?.version == "v1")
        #expect(canary.target("shop")?.keep.map(\.version).sorted() == ["v1", "v2"])
        // The next version is on every disk before its turn comes.
        #expect(other.target("shop")?.fallback == nil)
        #expect(other.target("shop")?.keep.map(\.version).sorted() == ["v1", "v2"])
        try await world.settle("shop-2", until: .done)
        #expect(world.agents.allSatisfy { $0.target("shop")?.fallback?.version == "v1" })
        let three = try #require(try await world.deploy("v3").rollout)
        try await world.settle(three, until: .done)
        #expect(world.agents.allSatisfy { $0.target("shop")?.keep.map(\.version).sorted() == ["v2", "v3"] })
    }

    @Test("a host that joins during a rollout runs the previous version, and the new one once everyone has it")
    func newcomers() async throws {
        let world = try await World(hosts: 3)
        try await world.establish("v1")
        let two = try #require(try await world.deploy("v2").rollout)
        try await world.settle(2)
        let late = FakeAgent("h9", region: "eu")
        world.agents.append(late)
        try await late.join(world.plane)
        try late.connect(world.plane)
        try await world.settle(2)
        #expect(late.running["shop"] == "v1")
        try await world.settle(two, until: .watching)
        try await world.settle(1)
        #expect(late.running["shop"] == "v2")
        try await world.tell(two, .rollback, "bad")
        try await world.settle(two, until: .rolledBack)
        try await world.settle(1)
        #expect(Set(world.running()) == ["v1"])
    }

    @Test("a host that joined just now is expected, and no rollout takes it for lost")
    func justJoined() async throws {
        let world = try await World(hosts: 2)
        try await world.establish("v1")
        world.clock.advance(.minutes(10))
        let late = FakeAgent("h9", region: "eu")
        world.agents.append(late)
        try await late.join(world.plane)
        try await world.settle(1)
        #expect(try await world.plane.host("h9").contact == .expected)
        try late.connect(world.plane)
        #expect(try await world.plane.host("h9").contact == .expected)
        try await world.settle(1)
        #expect(try await world.plane.host("h9").contact == .connected)
    }

    @Test("a stream alone says nothing: a host that returns is heard of with its first report")
    func streamIsNoReport() async throws {
        let world = try await World(hosts: 2)
        let agent = try world.agent("h1")
        agent.connected = false
        try await world.settle(60)
        #expect(try await world.plane.host("h1").contact == .unknown)
        try agent.connect(world.plane)
        #expect(try await world.plane.host("h1").contact == .expected)
    }

    @Test("when labels change, a host that is not selected any more stops, and one that is now starts")
    func labels() async throws {
        let world = try await World(
            hosts: 4, service: World.shop.replacing("plan:", with: "select: { region: eu }\nplan:"))
        try await world.establish("v1")
        #expect(world.running() == [nil, "v1", nil, "v1"])
        let (left, joined) = (try world.agent("h2"), try world.agent("h1"))
        left.labels = ["region": "us"]
        joined.labels = ["region": "eu"]
        try await left.join(world.plane)
        try await joined.join(world.plane)
        try await world.settle()
        #expect(world.running() == ["v1", nil, nil, "v1"])
    }

    @Test("a host of the plan in flight keeps its place whatever its labels become")
    func labelsInFlight() async throws {
        let world = try await World(
            hosts: 4, service: World.shop.replacing("plan:", with: "select: { region: eu }\nplan:"))
        try await world.establish("v1")
        let two = try #require(try await world.deploy("v2").rollout)
        try await world.settle(1)
        let agent = try world.agent("h2")
        agent.labels = ["region": "us"]
        try await agent.join(world.plane)
        try await world.settle(two, until: .watching)
        #expect(agent.running["shop"] == "v2")
        try await world.settle(two, until: .done)
        try await world.settle(1)
        #expect(agent.running["shop"] == nil)
    }

    @Test("a removed host is told nothing more, is waited for by nobody, and stops nothing")
    func removed() async throws {
        let world = try await World(hosts: 4)
        try await world.establish("v1")
        let dead = try world.agent("h3")
        dead.connected = false
        let two = try #require(try await world.deploy("v2").rollout)
        try await world.settle(60)
        #expect(try await world.plane.rollout(two).hold?.kind == .lostHosts)
        try await world.plane.delete(kind: "host", name: "h3", by: World.alice)
        try await world.settle(two, until: .done)
        #expect(dead.running["shop"] == "v1")
        #expect(dead.sink.isClosed)
        let hosts = try await world.plane.rollout(two).waves.flatMap(\.hosts)
        #expect(hosts.first { $0.host == "h3" }?.detail == "removed from the fleet")
        #expect(await World.refusal { try dead.connect(world.plane) }?.kind == .notFound)
    }

    @Test("removing the host that is stuck ends the rollback")
    func removedWhileStuck() async throws {
        let world = try await World(hosts: 3)
        try await world.establish("v1")
        let two = try #require(try await world.deploy("v2").rollout)
        try await world.settle(two, until: .watching)
        try world.agent("h2").rejects = ["v1"]
        try await world.tell(two, .rollback)
        try await world.settle(5)
        #expect(try await world.plane.rollout(two).hold?.kind == .stuckRollback)
        try world.agent("h2").connected = false
        try await world.plane.delete(kind: "host", name: "h2", by: World.alice)
        try await world.settle(2)
        let view = try await world.plane.rollout(two)
        #expect(view.phase == .rolledBack)
        #expect(view.leftBehind.isEmpty)
        try await world.expectReplay()
    }

    @Test("a rollout whose hosts were all removed waits for a person, who can end it")
    func allRemoved() async throws {
        let check = "checks:\n  - { name: alive, guardrail: 'up > 0' }\nplan:"
        let world = try await World(hosts: 2, service: World.shop.replacing("plan:", with: check))
        try await world.establish("v1")
        let two = try #require(try await world.deploy("v2").rollout)
        try await world.settle(2)
        for agent in world.agents {
            agent.connected = false
            try await world.plane.delete(kind: "host", name: agent.name, by: World.alice)
        }
        try await world.settle(90)
        let view = try await world.plane.rollout(two)
        #expect(view.phase == .baking)
        #expect(view.hold?.kind == .undecided)
        try await world.tell(two, .abort)
        try await world.settle(1)
        #expect(try await world.phase(two) == .rolledBack)
    }

    @Test("a host that has not got the newest target is not taken for one that went back")
    func knowsTarget() async throws {
        let world = try await World(hosts: 1)
        try await world.establish("v1")
        let two = try #require(try await world.deploy("v2").rollout)
        try await world.plane.lookAtRollouts()
        let agent = world.agents[0]
        // It was told v2, has not begun, and its stream breaks; its reports still arrive.
        agent.hear()
        world.plane.detach(host: agent.name, sink: agent.sink)
        try await world.tell(two, .rollback)
        try agent.report(world.plane)
        try await world.plane.lookAtRollouts()
        #expect(try await world.phase(two) == .rollingBack)
        try agent.connect(world.plane)
        try await world.settle(2)
        #expect(try await world.phase(two) == .rolledBack)
    }

    @Test("epochs rise across restarts, and an older store is noticed until somebody accepts it")
    func epochs() async throws {
        let world = try await World(hosts: 1)
        try await world.establish("v1")
        let agent = world.agents[0]
        let before = agent.epoch
        try await world.restart()
        try await world.settle(1)
        #expect(agent.epoch >= before)
        // The store is an old backup: a store with fewer commits.
        let old = FlakyStore()
        agent.connected = false
        try await world.restart(over: old)
        // The host joins again with the same name, because the old store knew it.
        try await agent.join(world.plane)
        try agent.connect(world.plane)
        _ = try await world.apply(World.shop)
        try await world.settle(1)
        #expect(agent.epoch >= before)
        #expect(agent.running["shop"] == "v1")
        let warned = try await world.plane.host("h1").warnings
        #expect(warned.contains { $0.contains("--accept-restored-store") })
        try await world.restart(over: old, restored: true)
        try await world.settle(2)
        #expect(agent.epoch > 1_000_000_000)
        #expect(try await world.plane.host("h1").warnings.isEmpty)
        try await world.restart(over: old)
        try await world.settle(1)
        #expect(agent.epoch > 1_000_000_000)
    }

    @Test("another agent with the same name is refused while the first one lives, a restarted one is not")
    func twoAgents() async throws {
        let world = try await World(hosts: 1)
        let problem = await World.refusal {
            try world.plane.attach(host: "h1", agent: "another", sink: FakeSink())
        }
        #expect(problem?.kind == .conflict)
        let old = world.agents[0].sink
        try world.agents[0].connect(world.plane)
        #expect(old.isClosed)
        // The end of the old stream does not disturb the new one.
        world.plane.detach(host: "h1", sink: old)
        try await world.establish("v1")
        #expect(world.agents[0].running["shop"] == "v1")
    }
}
