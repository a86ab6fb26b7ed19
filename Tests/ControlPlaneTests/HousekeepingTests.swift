import Ports
import Rollouts
import Testing
import Values
import Wire

@testable import ControlPlane

@Suite("Housekeeping")
struct HousekeepingTests {
    @Test("old audit entries and deliveries go, what still has to be sent and the history stay")
    func retention() async throws {
        let world = try await World(hosts: 1)
        _ = try await world.apply(OutboxTests.receivers)
        try await world.establish("v1")
        for _ in 0..<5 { await world.plane.deliverDue() }
        let history = try await world.plane.history(rollout: "shop-1", after: 0, limit: 1000)
        world.clock.advance(.hours(24 * 91))
        world.notifier.answer(OutboxTests.chat, .retry(answer: "503", after: nil))
        try await world.settle(1)
        try await world.establish("v2")
        let pending = world.plane.ledger.pendingDeliveries.count
        #expect(pending > 0)
        try await world.plane.clearAway()
        let audit = try await world.plane.audit(before: nil, limit: 100)
        #expect(audit.map(\.action) == ["deploy"])
        #expect(world.plane.ledger.pendingDeliveries.count == pending)
        #expect(try await world.plane.deliveries(receiver: nil, limit: 100).allSatisfy { $0.state == .pending })
        #expect(world.plane.ledger.deliveries == pending)
        #expect(try await world.plane.history(rollout: "shop-1", after: 0, limit: 1000) == history)
        try await world.restart()
        #expect(world.plane.ledger.deliveries == pending)
        // Numbers go on where they were.
        _ = try await world.apply(World.shop.replacing("watch: 1m", with: "watch: 3m"))
        #expect(try await world.plane.audit(before: nil, limit: 1).first?.sequence == (audit.first?.sequence ?? 0) + 1)
    }

    @Test("the newest versions and those in use stay, the others go with their artefacts")
    func versions() async throws {
        let world = try await World(hosts: 1)
        try await world.establish("v0")
        for number in 1...30 {
            world.clock.advance(.seconds(1))
            let id = try #require(try await world.deploy("x\(number)").rollout)
            try await world.tell(id, .abort)
        }
        try await world.plane.clearAway()
        let names = try await world.plane.versions(service: "shop").map(\.version)
        #expect(names.count == 21)
        #expect(names.contains("v0"))
        #expect(!names.contains("x10"))
        #expect(world.artefacts.digests.count == 21)
        #expect(try await world.plane.audit(before: nil, limit: 50).filter { $0.action == "forget" }.count == 10)
    }

    @Test("what is kept in memory does not grow with what has ended")
    func memory() async throws {
        let world = try await World(hosts: 1)
        _ = try await world.apply(OutboxTests.receivers)
        for number in 1...10 { try await world.establish("v\(number)") }
        for _ in 0..<30 { await world.plane.deliverDue() }
        let ledger = world.plane.ledger
        #expect(ledger.plans.count == 1)
        #expect(ledger.rollouts.count == 1)
        for collection in ["plans", "rollouts", "rollout-index"] {
            #expect(ledger.revisions.keys.filter { $0.collection == collection }.count == 1)
        }
        #expect(ledger.revisions.keys.filter { ["deliveries", "audit", "events"].contains($0.collection) }.isEmpty)
    }

    @Test("a lane that is never idle does not remember who went through")
    func lane() async {
        let lane = WriteLane()
        let order = await withTaskGroup(of: Int.self) { group in
            for number in 0..<500 { group.addTask { await lane.run { number } } }
            var seen: [Int] = []
            for await number in group { seen.append(number) }
            return seen
        }
        #expect(order.sorted() == Array(0..<500))
    }
}
