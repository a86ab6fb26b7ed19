import Foundation
import Ports
import Testing
import Values
import Wire

@testable import ControlPlane

@Suite("Tokens and membership")
struct AccessTests {
    @Test("the first start makes an admin and a join token, once; the store holds digests only")
    func bootstrap() async throws {
        let world = try await World(hosts: 0)
        let failed = await World.refusal {
            try await world.plane.bootstrap { (_, _) throws(Problem) in throw Problem(.unavailable, "the disk is full")
            }
        }
        #expect(failed?.kind == .unavailable)
        #expect(try await world.plane.tokens().isEmpty)
        var kept: [String] = []
        let tokens = try #require(try await world.plane.bootstrap { kept = [$0, $1] })
        #expect(kept == [tokens.admin, tokens.join])
        #expect(world.plane.authenticate(token: tokens.admin)?.role == .admin)
        #expect(world.plane.authenticate(token: tokens.join)?.role == .join)
        #expect(world.plane.authenticate(token: tokens.admin + "0") == nil)
        #expect(try await world.plane.bootstrap { _, _ in Issue.record("there are tokens") } == nil)
        try await world.restart()
        #expect(try await world.plane.bootstrap { _, _ in Issue.record("there are tokens") } == nil)
        #expect(world.plane.authenticate(token: tokens.admin)?.name == "admin")
        for collection in ["tokens", "audit", "hosts"] {
            for document in try await world.store.listAll(collection) {
                let text = String(decoding: document.bytes, as: UTF8.self)
                #expect(!text.contains(tokens.admin) && !text.contains(tokens.join))
            }
        }
    }

    @Test("a token ends when its time is over, and its name can be used once it is revoked")
    func expiry() async throws {
        let world = try await World(hosts: 0)
        let request = TokenRequest(name: "ci", role: .operator, lifetime: .hours(1))
        let grant = try await world.plane.createToken(request, by: World.admin)
        #expect(world.plane.authenticate(token: grant.secret)?.role == .operator)
        world.clock.advance(.hours(1))
        #expect(world.plane.authenticate(token: grant.secret) == nil)
        #expect(await World.refusal { try await world.plane.createToken(request, by: World.admin) }?.kind == .conflict)
        try await world.plane.revokeToken("ci", by: World.admin)
        let again = try await world.plane.createToken(request, by: World.admin)
        #expect(again.secret != grant.secret)
        #expect(world.plane.authenticate(token: grant.secret) == nil)
    }

    @Test("names and roles that would mislead are refused")
    func badRequests() async throws {
        let world = try await World(hosts: 0)
        for request in [
            TokenRequest(name: "halcyon", role: .admin), TokenRequest(name: "a b", role: .viewer),
            TokenRequest(name: "h1", role: .agent), TokenRequest(name: "x", role: .viewer, lifetime: .seconds(-1)),
        ] {
            let problem = await World.refusal { try await world.plane.createToken(request, by: World.admin) }
            #expect(problem?.kind == .invalid, "\(request.name)")
        }
    }

    @Test("the last admin token that is valid stays")
    func lastAdmin() async throws {
        let world = try await World(hosts: 0)
        _ = try await world.plane.bootstrap { _, _ in }
        let short = TokenRequest(name: "second", role: .admin, lifetime: .hours(1))
        _ = try await world.plane.createToken(short, by: World.admin)
        world.clock.advance(.hours(2))
        let problem = await World.refusal { try await world.plane.revokeToken("admin", by: World.admin) }
        #expect(problem?.message == "admin is the last admin token")
        try await world.plane.revokeToken("second", by: World.admin)
        #expect(await World.refusal { try await world.plane.revokeToken("secnd", by: World.admin) }?.kind == .notFound)
    }

    @Test("an agent's credential speaks for its host only, and is worthless once revoked or replaced")
    func agentCredentials() async throws {
        let world = try await World(hosts: 0)
        let joiner = Principal(name: "join", role: .join)
        let request = JoinRequest(host: "web", agent: "a1", address: "127.0.2.9", labels: [:], release: "0.1.0")
        let first = try await world.plane.join(request, by: joiner).token
        #expect(world.plane.authenticate(token: first) == Principal(name: "agent/web", role: .agent, host: "web"))
        let second = try await world.plane.join(request, by: joiner).token
        #expect(world.plane.authenticate(token: first) == nil)
        #expect(world.plane.authenticate(token: second)?.host == "web")
        var other = request
        other.agent = "a2"
        let conflict = await World.refusal { [other] in try await world.plane.join(other, by: joiner) }
        #expect(conflict?.kind == .conflict)
        #expect(conflict?.hint?.contains("halcyon delete host web") == true)
        let sink = FakeSink()
        try world.plane.attach(host: "web", agent: "a1", sink: sink)
        try await world.plane.revoke(host: "web", by: World.admin)
        #expect(world.plane.authenticate(token: second) == nil)
        #expect(sink.isClosed)
        let shut = await World.refusal { [other] in try await world.plane.join(other, by: joiner) }
        #expect(shut?.kind == .forbidden && shut?.hint?.contains("halcyon host admit web") == true)
        #expect(await World.refusal { try await world.plane.join(request, by: joiner) }?.kind == .forbidden)
        #expect(try await world.plane.host("web").warnings.contains { $0.contains("halcyon host admit web") })
        try await world.plane.admit(host: "web", by: World.admin)
        let third = try await world.plane.join(other, by: joiner).token
        #expect(world.plane.authenticate(token: third)?.host == "web")
        // The new agent need not wait until the old one is out of mind.
        try world.plane.attach(host: "web", agent: "a2", sink: FakeSink())
        try await world.plane.delete(kind: "host", name: "web", by: World.admin)
        #expect(world.plane.authenticate(token: third) == nil)
        let bad = JoinRequest(host: "we b", agent: "a", address: "", labels: [:], release: "")
        #expect(await World.refusal { try await world.plane.join(bad, by: joiner) }?.kind == .invalid)
    }

    @Test("with --dev an agent that lost its identity takes its name again once nobody answers to it")
    func devJoin() async throws {
        let world = try await World(hosts: 1, dev: true)
        world.agents[0].identity = "another"
        #expect(await World.refusal { try await world.agents[0].join(world.plane) }?.kind == .conflict)
        world.plane.detach(host: "h1", sink: world.agents[0].sink)
        world.clock.advance(.minutes(2))
        try await world.agents[0].join(world.plane)
        try world.agents[0].connect(world.plane)
    }
}
