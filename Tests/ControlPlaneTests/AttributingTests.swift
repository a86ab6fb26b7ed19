import Ports
import Rollouts
import Scraping
import Testing
import Values
import Verdicts
import Wire

@testable import ControlPlane

@Suite("A service that depends on the one that changes")
struct AttributingTests {
    private static let usual = """
        - { name: queue, guardrail: 'max(cart_queue{service="cart"}) < 5' }
        - { name: errors, ratio: { bad: 'cart_requests_total{code="500"}', total: 'cart_requests_total' } }
        """

    private static func cart(_ checks: String) -> String {
        """
        kind: Service
        name: cart
        dependsOn: [shop]
        run:
          command: ["./cart"]
          listen: "${ADDRESS}:9000"
        checks:
        \(checks)
        plan:
          waves: [{ name: all, hosts: 100%, maxUnavailable: 100% }]
          watch: 0s
        """
    }

    private func world(_ checks: String = AttributingTests.usual) async throws -> (World, Cart) {
        let own = "checks:\n  - { name: alive, guardrail: 'sum(up) > 0' }\nplan:"
        let shop = World.shop.replacing("plan:", with: own).replacing("bake: 10s", with: "bake: 30m")
        let world = try await World(hosts: 3, service: shop)
        _ = try await world.apply(Self.cart(checks))
        world.artefacts.put(World.digest("c1"), size: 10)
        _ = try await world.plane.deploy(
            DeployRequest(
                service: "cart", artefact: ArtefactReference(digest: World.digest("c1"), size: 10), version: "c1"),
            by: World.alice)
        try await world.establish("v1")
        let cart = Cart()
        try await cart.pass(world, 20)
        return (world, cart)
    }

    /// What the instances of the cart have counted.
    private final class Cart {
        private struct Counts {
            var all = 0.0
            var bad = 0.0
            var jobs = 0.0
            /// Up to 50, 100, 200, 400 ms.
            var buckets = [0.0, 0, 0, 0]
        }

        private var counts: [String: Counts] = [:]

        /// Seconds of twenty requests on each host.
        func pass(
            _ world: World, _ seconds: Int, queue: Double = 1, badShare: Double = 0.01, slow: Bool = false,
            jobs: Double = 5
        ) async throws {
            for _ in 0..<seconds {
                try await world.settle(1)
                try world.scrape()
                for agent in world.agents {
                    guard let startedAt = agent.startedAt["cart"] else { continue }
                    var count = counts[agent.name] ?? Counts()
                    count.all += 20
                    count.bad += 20 * badShare
                    count.jobs += jobs
                    for bucket in slow ? [2, 3] : [0, 1] { count.buckets[bucket] += 10 }
                    counts[agent.name] = count
                    let head = ScrapeHead(
                        service: "cart", version: "c1", instance: "cart-1", startedAt: startedAt, at: world.clock.now,
                        up: true, duration: 0.01)
                    let body = Array("#scrape ".utf8) + Codec.encode(head) + Array("\n\(text(count, queue))".utf8)
                    try world.plane.samples(host: agent.name, agent: agent.identity, body: body) { _ in }
                }
            }
        }

        private func text(_ count: Counts, _ queue: Double) -> String {
            var text = """
                cart_queue \(queue)
                cart_requests_total{code="200"} \(count.all)
                cart_requests_total{code="500"} \(count.bad)
                cart_jobs_total \(count.jobs)

                """
            var sum = 0.0
            for (edge, number) in zip(["0.05", "0.1", "0.2", "0.4"], count.buckets) {
                sum += number
                text += "cart_seconds_bucket{le=\"\(edge)\"} \(sum)\n"
            }
            return text + "cart_seconds_bucket{le=\"+Inf\"} \(sum)\ncart_seconds_sum 1\ncart_seconds_count \(sum)\n"
        }
    }

    @Test("takes the change back when its own check fails from then on, also when it did so while nobody watched")
    func guardrail() async throws {
        for isKilled in [false, true] {
            let (world, cart) = try await world()
            let two = try #require(try await world.deploy("v2").rollout)
            try await cart.pass(world, 20)
            #expect(try await world.phase(two) == .baking)
            if isKilled { try await world.restart() }
            for _ in 0..<20 where try await world.phase(two) == .baking { try await cart.pass(world, 1, queue: 9) }
            let cause = try #require(try await world.plane.rollout(two).rollback)
            #expect(
                cause.reason
                    == "check queue of cart is worse than before, and service shop is the only change it can come from")
            #expect(cause.reading?.check == "queue")
            try await world.settle(two, until: .rolledBack)
        }
    }

    @Test("takes nothing back for what was wrong before the change, whoever was killed since")
    func before() async throws {
        let (world, cart) = try await world()
        try await cart.pass(world, 10, queue: 9)
        let two = try #require(try await world.deploy("v2").rollout)
        try await cart.pass(world, 20, queue: 9)
        try await world.restart()
        try await cart.pass(world, 20, queue: 9)
        #expect(try await world.phase(two) == .baking)
        #expect(try await world.plane.rollout(two).rollback == nil)
    }

    private enum Trouble: CaseIterable { case errors, slow, many, promise }

    @Test("is compared with itself before the change, whatever its check counts", arguments: Trouble.allCases)
    private func kinds(_ trouble: Trouble) async throws {
        let errors = "{ bad: 'cart_requests_total{code=\"500\"}', total: 'cart_requests_total' }"
        let check =
            switch trouble {
            case .errors: "{ name: it, ratio: \(errors) }"
            case .slow: "{ name: it, latency: { histogram: cart_seconds } }"
            case .many: "{ name: it, rate: { events: cart_jobs_total } }"
            case .promise:
                "{ name: it, slo: { bad: 'cart_requests_total{code=\"500\"}', total: 'cart_requests_total', objective: 95% } }"
            }
        let (world, cart) = try await world("- \(check)")
        try await cart.pass(world, 120)
        let two = try #require(try await world.deploy("v2").rollout)
        try await cart.pass(world, 150)
        #expect(try await world.phase(two) == .baking, "what is usual is nobody's fault")
        for _ in 0..<120 where try await world.phase(two) == .baking {
            switch trouble {
            case .errors, .promise: try await cart.pass(world, 1, badShare: 0.3)
            case .slow: try await cart.pass(world, 1, slow: true)
            case .many: try await cart.pass(world, 1, jobs: 50)
            }
        }
        let cause = try #require(try await world.plane.rollout(two).rollback, "\(trouble)")
        #expect(cause.reason.hasPrefix("check it of cart is worse than before"), "\(cause)")
        #expect(cause.reading?.evidence != nil)
    }

    @Test("has evidence that is the same to the last bit however often the control plane was killed")
    func kills() async throws {
        let checks = Self.usual + "\n- { name: latency, latency: { histogram: cart_seconds } }"
        let worlds = [try await world(checks), try await world(checks)]
        for (world, cart) in worlds {
            try await cart.pass(world, 60)
            _ = try await world.deploy("v2")
        }
        for second in 0..<60 {
            for (world, cart) in worlds { try await cart.pass(world, 1, badShare: 0.015) }
            if second % 13 == 7 { try await worlds[1].0.restart() }
        }
        let records = worlds.map { $0.0.plane.ledger.evidence["shop-2"]?.dependants?["cart"] }
        #expect(records[0] != nil && records[0]?.state == records[1]?.state)
        #expect(records[0]?.progress == records[1]?.progress && records[0]?.chance == records[1]?.chance)
        #expect(records[0]?.progress.durations?["latency"] != nil)
    }

    @Test("is told at once which of its checks cannot say so")
    func told() async throws {
        let world = try await World(hosts: 3)
        let answer = try await world.apply(
            Self.cart(
                """
                - { name: cpu, gauge: 'max by (host) (cart_cpu)' }
                - { name: odd, peers: { bad: a_total, total: b_total } }
                - { name: page, web: { url: / } }
                - { name: wait, dryRun: true, web: { url: /wait } }
                \(Self.usual)
                """))
        let warnings = try #require(answer.items.first { $0.name == "cart" }).warnings.filter { $0.contains("checks[") }
        #expect(warnings.count == 3, "\(warnings)")
        #expect(
            warnings.first
                == "checks[0]: a check of the kind gauge judges rollouts of cart only: it is not compared with before when shop "
                + "changes; for that write a ratio, rate, latency, slo or guardrail")
    }
}
