import Foundation
import Rollouts
import Specs
import Testing
import Wire

@testable import ControlPlane

@Suite("Applying and deleting documents")
struct ApplyTests {
    static let freeze = """
        kind: Freeze
        name: holidays
        reason: everybody is away
        from: 2025-12-01T08:00:00Z
        until: 2025-12-02T08:00:00Z
        """

    @Test("a document is created, then unchanged, then changed with what changed")
    func outcomes() async throws {
        let world = try await World(hosts: 2, service: nil)
        #expect(try await world.apply(World.shop).items.map(\.outcome) == [.created])
        let commits = world.store.commits
        #expect(try await world.apply(World.shop).items.map(\.outcome) == [.unchanged])
        #expect(world.store.commits == commits)
        let answer = try await world.apply(World.shop.replacing("watch: 1m", with: "watch: 2m"))
        #expect(answer.items.map(\.outcome) == [.changed])
        #expect(answer.items[0].changes.contains { $0.contains("watch") })
        let view = try await world.plane.service("shop")
        #expect(view.revision == 2)
        #expect(view.updatedBy == "alice")
    }

    @Test("a dry run says what would happen, and nothing happens")
    func dryRun() async throws {
        let world = try await World(hosts: 1, service: nil)
        let commits = world.store.commits
        let answer = try await world.apply(World.shop + "\n---\n" + ApplyTests.freeze, dryRun: true)
        #expect(answer.items.map(\.outcome) == [.created, .created])
        #expect(try await world.plane.services().isEmpty)
        #expect(world.store.commits == commits)
    }

    @Test("one wrong document keeps the right ones out")
    func errorsChangeNothing() async throws {
        let world = try await World(hosts: 1, service: nil)
        let wrong = World.shop + "\n---\nkind: Freeze\nname: f\nreason: x\nfrom: tomorrow\n"
        let problem = await World.refusal { try await world.apply(wrong) }
        #expect(problem?.kind == .invalid)
        #expect(problem?.places.isEmpty == false)
        #expect(try await world.plane.services().isEmpty)
    }

    @Test("pruning deletes what the files no longer hold, of their kinds only")
    func prune() async throws {
        let world = try await World(hosts: 1)
        _ = try await world.apply(ApplyTests.freeze)
        let other = World.shop.replacing("name: shop", with: "name: till")
        let answer = try await world.apply(other, prune: true)
        #expect(answer.items.map(\.outcome) == [.created, .deleted])
        #expect(try await world.plane.services().map(\.spec.name) == ["till"])
        #expect(try await world.plane.freezes().count == 1)
    }

    @Test(
        "a selector that matches no host is refused with its place and what was probably meant, a wave's too",
        arguments: [
            ("select: { regoin: eu }\nplan:", "select.regoin", "6:19", "no host has a label named regoin", "region?"),
            ("select: { region: ue }\nplan:", "select.region", "6:19", "no host has region=ue", "eu, us"),
            ("select: { name: [h1], region: eu }\nplan:", "select.name", "6:17", "label named name", "region"),
        ])
    func noHosts(new: String, path: String, place: String, message: String, hint: String) async throws {
        let world = try await World(hosts: 2, service: nil)
        let text = World.shop.replacing("plan:", with: new)
        let problem = await World.refusal { try await world.apply(text) }
        let found = try #require(problem?.places.first)
        #expect(problem?.kind == .invalid && problem?.places.count == 1)
        #expect("\(found.line):\(found.column)" == place)
        #expect(found.path == path && found.message.contains(message), "\(found)")
        #expect(found.hint?.contains(hint) == true && found.hint?.contains("--allow-no-hosts") == true, "\(found)")
        #expect(try await world.plane.services().isEmpty)
        let answer = try await world.apply(text, allowNoHosts: true)
        #expect(answer.items[0].outcome == .created && answer.items[0].warnings.count == 1)
        #expect(answer.items[0].warnings[0].contains(message))
        // It is there now: the same again changes nothing, and is no error.
        #expect(try await world.apply(text).items[0].outcome == .unchanged)
    }

    @Test("a wave is looked at among the service's own hosts")
    func emptyWave() async throws {
        let world = try await World(hosts: 2, service: nil)
        let text = World.shop.replacing("plan:", with: "select: { region: eu }\nplan:")
            .replacing("{ name: one, hosts: 1", with: "{ name: one, select: { region: us }, hosts: 1")
        let problem = await World.refusal { try await world.apply(text) }
        #expect(problem?.places.map(\.path) == ["plan.waves[0].select.region"])
        #expect(problem?.places.first?.message == "no host has region=us")
        #expect(problem?.places.first?.hint?.contains("the values are eu") == true)
        let third = text.replacing("region: eu", with: "region: [eu, us]")
        #expect(try await world.apply(third).items[0].warnings == [])
    }

    @Test("before any agent is known a service is applied with a warning")
    func noAgents() async throws {
        let world = try await World(hosts: 0, service: nil)
        let answer = try await world.apply(World.shop.replacing("plan:", with: "select: { region: ap }\nplan:"))
        #expect(answer.items[0].outcome == .created)
        #expect(answer.items[0].warnings == ["no agent has joined yet: it cannot be deployed before one has"])
    }

    @Test("a service with a rollout in flight is not deleted; afterwards it is stopped everywhere")
    func deleteService() async throws {
        let world = try await World(hosts: 2)
        let first = try await world.deploy("v1").rollout
        let problem = await World.refusal {
            try await world.plane.delete(kind: "service", name: "shop", by: World.alice)
        }
        #expect(problem?.kind == .conflict)
        try await world.settle(try #require(first), until: .done)
        try await world.plane.delete(kind: "service", name: "shop", by: World.alice)
        try await world.settle()
        #expect(world.running() == [nil, nil])
        // Agents that have stopped it hear no more of it.
        #expect(world.agents[0].target("shop") == nil)
        let view = try await world.plane.rollout("shop-1")
        #expect(view.phase == .done)
    }

    @Test("a recreated service counts its rollouts on: no identifier comes twice")
    func identifiers() async throws {
        let world = try await World(hosts: 1)
        try await world.establish("v1")
        try await world.plane.delete(kind: "service", name: "shop", by: World.alice)
        _ = try await world.apply(World.shop)
        #expect(try await world.deploy("v2").rollout == "shop-2")
    }

    @Test("what does not exist is refused with the nearest name")
    func unknown() async throws {
        let world = try await World(hosts: 1)
        let problem = await World.refusal {
            try await world.plane.delete(kind: "service", name: "shopp", by: World.alice)
        }
        #expect(problem?.hint == "did you mean shop?")
        let kind = await World.refusal { try await world.plane.delete(kind: "pod", name: "x", by: World.alice) }
        #expect(kind?.kind == .invalid)
    }

    @Test("every mutation is in the audit trail with its author")
    func audit() async throws {
        let world = try await World(hosts: 1)
        try await world.establish("v1")
        let two = try #require(try await world.deploy("v2").rollout)
        try await world.settle(1)
        try await world.tell(two, .pause, "lunch")
        try await world.tell(two, .resume)
        try await world.tell(two, .abort, "not today")
        _ = try await world.plane.createToken(TokenRequest(name: "ci", role: .operator), by: World.admin)
        try await world.plane.revokeToken("ci", by: World.admin)
        try await world.plane.revoke(host: "h1", by: World.admin)
        let entries = try await world.plane.audit(before: nil, limit: 100).reversed()
        let said = entries.map { "\($0.by) \($0.action) \($0.subject)" }
        #expect(
            said == [
                "join host.join host/h1", "alice apply services/shop", "alice deploy service/shop",
                "alice deploy service/shop", "alice rollout rollout/shop-2", "alice rollout rollout/shop-2",
                "alice rollout rollout/shop-2", "root token.create token/ci", "root token.revoke token/ci",
                "root host.revoke host/h1",
            ])
        #expect(entries.map(\.sequence) == Array(1...Int64(entries.count)))
        #expect(entries.contains { $0.detail.contains("lunch") })
        let page = try await world.plane.audit(before: 3, limit: 10)
        #expect(page.map(\.sequence) == [2, 1])
    }
}

extension String {
    func replacing(_ part: String, with other: String) -> String {
        guard let range = self.range(of: part) else { return self }
        return replacingCharacters(in: range, with: other)
    }
}
