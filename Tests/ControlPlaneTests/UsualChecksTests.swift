import Ports
import Rollouts
import Scraping
import Specs
import Synchronization
import Testing
import Values
import Wire

@testable import ControlPlane

@Suite("Usual checks")
struct UsualChecksTests {
    @Test("judge a service that shows the usual metrics and has written none; a check of its own takes their place")
    func usual() async throws {
        let listen = "listen: \"${ADDRESS}:8000\""
        let shop = World.shop.replacing(listen, with: "\(listen)\n  metrics: { path: /metrics }")
        let world = try await World(hosts: 3, service: shop)
        try await world.establish("v1")
        #expect(world.plane.ledger.plan(of: "shop-1")?.checks.isEmpty == true)
        for agent in world.agents {
            let head = ScrapeHead(
                service: "shop", version: "v1", instance: "shop-1", startedAt: world.clock.now, at: world.clock.now,
                up: true, duration: 0.01)
            let text = "http_requests_total{code=\"200\"} 5\nhttp_request_duration_seconds_bucket{le=\"+Inf\"} 5\n"
            let body = Array("#scrape ".utf8) + Codec.encode(head) + Array("\n\(text)".utf8)
            try world.plane.samples(host: agent.name, agent: agent.identity, body: body) { _ in }
        }
        try await world.settle(20)
        let two = try #require(try await world.deploy("v2").rollout)
        let checks = try #require(world.plane.ledger.plan(of: two)?.checks)
        #expect(checks.map(\.name) == ["errors", "latency"])
        _ = try await world.tell(two, .abort)
        #expect(try await world.phase(two).isFinal)
        let own = "checks:\n  - { name: alive, guardrail: 'sum(up) > 0' }\nplan:"
        _ = try await world.apply(shop.replacing("plan:", with: own))
        try await world.settle(20)
        let three = try #require(try await world.deploy("v3").rollout)
        #expect(world.plane.ledger.plan(of: three)?.checks.map(\.name) == ["alive"])
    }

    @Test("are waited for: a rollout does not begin with none because the metrics cannot be read yet")
    func waits() async throws {
        let listen = "listen: \"${ADDRESS}:8000\""
        let shop = World.shop.replacing(listen, with: "\(listen)\n  metrics: { path: /metrics }")
        let world = try await World(hosts: 3, service: shop)
        try await world.establish("v1")
        // As after a restart with a slow backend: looked for, and not found out.
        let now = world.clock.now
        world.plane.memory.withLock { memory in
            (memory.usualChecks, memory.usualChecksTried, memory.usualChecksAt) = ([:], ["shop"], now)
        }
        let two = try #require(try await world.deploy("v2").rollout)
        try await world.settle(5)
        #expect(try await world.phase(two) == .queued)
        try await world.settle(20)
        #expect(try await world.phase(two) != .queued)
    }
}
