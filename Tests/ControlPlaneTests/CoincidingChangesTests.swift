import Ports
import Rollouts
import Scraping
import Testing
import Values
import Wire

@testable import ControlPlane

@Suite("Two changes on the same hosts")
struct CoincidingChangesTests {
    private static let shop = """
        kind: Service
        name: shop
        run:
          command: ["./shop"]
          listen: "${ADDRESS}:8000"
        checks: [{ name: alive, guardrail: 'sum(up) > 0' }]
        plan:
          waves:
            - { name: us, hosts: 100%, select: { region: us }, maxUnavailable: 100%, bake: 30m }
            - { name: rest, hosts: 100%, maxUnavailable: 100%, bake: 30m }
        """
    private static let cart = """
        kind: Service
        name: cart
        dependsOn: [shop]
        run:
          command: ["./cart"]
          listen: "${ADDRESS}:9000"
        checks:
          - { name: errors, ratio: { bad: 'cart_requests_total{code="500"}', total: 'cart_requests_total' } }
        plan:
          waves:
            - { name: us, hosts: 100%, select: { region: us }, maxUnavailable: 100%, bake: 30m }
            - { name: rest, hosts: 100%, maxUnavailable: 100%, bake: 30m }
        """

    /// What the instances of the cart have counted since they started.
    private final class Cart {
        private var counts: [String: (all: Double, bad: Double)] = [:]

        /// - Parameter isBroken: whether the cart fails on a host, by what runs there.
        func pass(_ world: World, _ seconds: Int, isBroken: (_ shop: String?, _ cart: String) -> Bool) async throws {
            for _ in 0..<seconds {
                try await world.settle(1)
                try world.scrape()
                for agent in world.agents {
                    guard let startedAt = agent.startedAt["cart"], let version = agent.running["cart"] else { continue }
                    let key = "\(agent.name) \(version) \(startedAt.milliseconds)"
                    var count = counts[key] ?? (0, 0)
                    count.all += 20
                    count.bad += isBroken(agent.running["shop"], version) ? 12 : 0.2
                    counts[key] = count
                    let head = ScrapeHead(
                        service: "cart", version: version, instance: "cart-1", startedAt: startedAt,
                        at: world.clock.now, up: true, duration: 0.01)
                    let text = """
                        cart_requests_total{code="200"} \(count.all - count.bad)
                        cart_requests_total{code="500"} \(count.bad)

                        """
                    let body = Array("#scrape ".utf8) + Codec.encode(head) + Array("\n\(text)".utf8)
                    try world.plane.samples(host: agent.name, agent: agent.identity, body: body) { _ in }
                }
            }
        }
    }

    private func deployCart(_ world: World, _ version: String) async throws -> String {
        world.artefacts.put(World.digest(version), size: 10)
        let artefact = ArtefactReference(digest: World.digest(version), size: 10)
        let answer = try await world.plane.deploy(
            DeployRequest(service: "cart", artefact: artefact, version: version), by: World.alice)
        return try #require(answer.rollout)
    }

    /// A shop and a cart, each with a new version on the same two of four hosts.
    private func bothChange(
        _ isBroken: (_ shop: String?, _ cart: String) -> Bool
    ) async throws -> (world: World, cart: Cart, older: String, newer: String) {
        let world = try await World(hosts: 4, service: Self.shop)
        _ = try await world.apply(Self.cart)
        _ = try await deployCart(world, "c1")
        try await world.establish("v1")
        let cart = Cart()
        try await cart.pass(world, 150) { _, _ in false }
        let older = try #require(try await world.deploy("v2").rollout)
        try await cart.pass(world, 1) { _, _ in false }
        let newer = try await deployCart(world, "c2")
        // Who carries both is broken from then on.
        try await cart.pass(world, 20, isBroken: isBroken)
        return (world, cart, older, newer)
    }

    @Test("the newest goes back from a crash; the older one, which is innocent, is judged anew and goes on")
    func newestIsGuilty() async throws {
        let isBroken = { (_: String?, cart: String) in cart == "c2" }
        let (world, cart, older, newer) = try await bothChange(isBroken)
        for _ in 0..<100 where try await world.phase(newer) != .rolledBack {
            try await cart.pass(world, 1, isBroken: isBroken)
        }
        #expect(try await world.phase(newer) == .rolledBack)
        let reason = try #require(try await world.plane.rollout(newer).rollback?.reason)
        #expect(reason.contains("service cart is the newest of them"), "\(reason)")
        try await cart.pass(world, 120, isBroken: isBroken)
        let shop = try await world.plane.rollout(older)
        #expect(shop.rollback == nil && shop.phase == .baking && shop.hold == nil, "\(shop.rollback?.reason ?? "")")
        #expect(world.plane.ledger.machine(older)?.state.anewSince != nil)
    }

    @Test("the newest goes back first although the older one is guilty; that one follows")
    func olderIsGuilty() async throws {
        let isBroken = { (shop: String?, _: String) in shop == "v2" }
        let (world, cart, older, newer) = try await bothChange(isBroken)
        for _ in 0..<300 where try await world.phase(older) != .rolledBack {
            try await cart.pass(world, 1, isBroken: isBroken)
        }
        #expect(try await world.phase(newer) == .rolledBack)
        #expect(try await world.phase(older) == .rolledBack)
        #expect(
            try await world.plane.rollout(older).rollback?.reason
                == "check errors of cart is worse than before, and service shop is the only change it can come from")
    }
}
