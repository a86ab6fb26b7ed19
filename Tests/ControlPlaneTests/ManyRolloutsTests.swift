import Ports
import Rollouts
import Testing
import Values
import Wire

@testable import ControlPlane

@Suite("Thousands of ended rollouts")
struct ManyRolloutsTests {
    private static let ended: Int32 = 3000

    /// A store with a done rollout, and a rolled back one so many times that they end with number `ended`.
    private func world(indexed: Bool) async throws -> World {
        let world = try await World(hosts: 2)
        try await world.establish("v1")
        let two = try #require(try await world.deploy("v2").rollout)
        try await world.settle(two, until: .moving)
        try await world.tell(two, .rollback, "it was slow")
        try await world.settle(two, until: .rolledBack)
        try await copy(two, in: world.store, indexed: indexed)
        try await world.restart()
        try await world.settle(1)
        return world
    }

    private func copy(_ id: String, in store: FlakyStore, indexed: Bool) async throws {
        let found = try await store.read(DocumentKey(Collection.rollouts, id))
        var record = try Codec.decode(RolloutRecord.self, try #require(found))
        let foundPlan = try await store.read(DocumentKey(Collection.plans, id))
        var plan = try Codec.decode(RolloutPlan.self, try #require(foundPlan))
        let events = try await store.listAll(Collection.events, prefix: "\(id)/")
        for number in 3...ManyRolloutsTests.ended {
            (record.id, plan.id) = ("shop-\(number)", "shop-\(number)")
            record.createdAt = record.createdAt + .milliseconds(1)
            var writes: [Write] = [
                .put(DocumentKey(Collection.rollouts, record.id), Codec.encode(record)),
                .put(DocumentKey(Collection.plans, record.id), Codec.encode(plan)),
            ]
            if indexed {
                let entry = Codec.encode(IndexRecord(record))
                writes.append(.put(DocumentKey(Collection.rolloutIndex, record.id), entry))
            }
            for event in events {
                let name = record.id + event.key.name.dropFirst(id.count)
                writes.append(.put(DocumentKey(Collection.events, name), event.bytes))
            }
            _ = try await store.commit(Transaction(writes: writes))
        }
        guard !indexed else { return }
        let entries = try await store.listAll(Collection.rolloutIndex)
        _ = try await store.commit(Transaction(writes: entries.map { .delete($0.key) }))
    }

    @Test("memory holds nothing of them but the index, and a start reads none of their bodies")
    func memory() async throws {
        let world = try await world(indexed: true)
        for _ in 0..<2 {
            let ledger = world.plane.ledger
            #expect(ledger.index.count == Int(ManyRolloutsTests.ended))
            #expect(ledger.rollouts.isEmpty)
            #expect(ledger.plans.isEmpty)
            #expect(ledger.revisions.keys.allSatisfy { !$0.collection.hasPrefix("rollout") })
            #expect(world.store.listed[Collection.rollouts] == nil)
            try await world.restart()
        }
        #expect(MemoryLayout<RolloutIndex.Entry>.stride <= 48)
    }

    @Test("a store from before there was an index gets one, once")
    func withoutIndex() async throws {
        let world = try await world(indexed: false)
        #expect(world.plane.ledger.index.count == Int(ManyRolloutsTests.ended))
        #expect(world.plane.ledger.index["shop-1"]?.phase == .done)
        #expect(world.plane.ledger.index["shop-2999"]?.phase == .rolledBack)
        #expect(world.store.listed[Collection.rollouts] == Int(ManyRolloutsTests.ended))
        try await world.restart()
        #expect(world.store.listed[Collection.rollouts] == Int(ManyRolloutsTests.ended))
    }

    @Test("old ones are listed, described, explained, and tried again")
    func use() async throws {
        let world = try await world(indexed: true)
        let newest = try await world.plane.rollouts(service: "shop", active: nil, limit: 3)
        #expect(newest.map(\.id) == ["shop-3000", "shop-2999", "shop-2998"])
        #expect(try await world.plane.rollouts(service: nil, active: true, limit: 3).isEmpty)
        #expect(try await world.plane.rollout("shop").id == "shop-3000")
        let old = try await world.plane.rollout("shop-1500")
        #expect(old.phase == .rolledBack)
        #expect(old.rollback?.reason.contains("it was slow") == true)
        #expect(old.waves.flatMap(\.hosts).count == 2)
        let history = try await world.plane.history(rollout: "shop-1500", after: 0, limit: 1000)
        #expect(history.last?.event.sequence == old.sequence)
        let decisions = try await world.plane.explain(rollout: "shop-1500").decisions
        #expect(decisions.contains { $0.why.contains { $0.contains("it was slow") } })
        let unknown = await World.refusal { try await world.plane.rollout("shop-3001") }
        #expect(unknown?.kind == .notFound)
        let pause = await World.refusal { try await world.tell("shop-1500", .pause) }
        #expect(pause?.message == "shop-1500 cannot be told to pause: it has ended (rolled back)")

        let again = try await world.plane.retry(rollout: "shop-1500", reason: "", by: World.alice)
        #expect(again.rollout == "shop-3001")
        #expect(world.plane.ledger.rollouts.keys.sorted() == ["shop-3001"])
        try await world.settle("shop-3001", until: .done)
        #expect(try await world.plane.rollouts(service: "shop", active: nil, limit: 1).map(\.id) == ["shop-3001"])
    }

    @Test("an identifier is a service and a number, whatever the service's name")
    func identifiers() throws {
        let parts = try #require(RolloutIndex.parts(of: "app-2-17"))
        #expect(parts.service == "app-2")
        #expect(parts.number == 17)
        for wrong in ["app", "app-", "app-0", "app-01", "app-+1", "app-99999999999", "-"] {
            #expect(RolloutIndex.parts(of: wrong) == nil, "\(wrong)")
        }
        var index = RolloutIndex()
        for number in [Int32(2), 9, 4, 1] {
            let entry = RolloutIndex.Entry(number: number, phase: .done, createdAt: .epoch, endedAt: nil)
            let (first, second) = (index.note(entry, service: "a"), index.note(entry, service: "a"))
            #expect(first && !second)
        }
        #expect(index.newest(service: nil, active: nil, limit: 9) == ["a-9", "a-4", "a-2", "a-1"])
        #expect(index["a-3"] == nil)
        #expect(index["a-4"]?.number == 4)
        #expect(index.nextNumber(of: "a") == 10)
    }
}
