import FlagSpecs
import HalcyonTesting
import Ports
import Synchronization
import Testing
import Values
import Wire

@testable import FlagRegistry

/// Rollouts as a test says.
final class GivenRollouts: FlagRollouts {
    private let given = Mutex<[FlagOverlay]>([])
    private let taken = Mutex<[SDKMeasures]>([])

    var overlays: [FlagOverlay] { given.withLock { $0 } }
    var measured: [SDKMeasures] { taken.withLock { $0 } }

    func give(_ key: String, _ share: Double?, to: String = "on", from: String = "off") {
        given.withLock { given in
            given =
                share.map { share in
                    [
                        FlagOverlay(
                            key: key, environment: "production", rollout: "\(key)@production-1", from: from, to: to,
                            share: Percentage(share))
                    ]
                } ?? []
        }
    }

    func take(_ measured: SDKMeasures, environment: String) { taken.withLock { $0.append(measured) } }
}

@Suite("Flags that are rolled out")
struct RollingOutTests {
    private let rollouts = GivenRollouts()

    private func world() async throws -> World {
        let world = try await World(rollouts: rollouts)
        try await world.make("cart")
        return world
    }

    private func share(_ world: World) throws -> Int {
        try (0..<1000).count { try world.answer("cart", "user-\($0)") == "on" }
    }

    @Test("what a rollout says is published without anything being stored, and gone without it")
    func published() async throws {
        let world = try await world()
        let revision = try await world.store.revision()
        rollouts.give("cart", 25)
        try await world.flags.followRollouts()
        #expect((200...300).contains(try share(world)))
        #expect(try world.flags.standing(of: "cart", environment: "production")?.overlay?.share == Percentage(25))
        let view = try await world.flags.flag("cart", environment: "production")
        #expect(view.summary.contains("on for 25%, rolled out by cart@production-1"), "\(view.summary)")
        try await world.restart()
        #expect((200...300).contains(try share(world)), "a start serves what rollouts say from the first moment")
        rollouts.give("cart", nil)
        try await world.flags.followRollouts()
        #expect(try share(world) == 0)
        #expect(try await world.store.revision() == revision)
    }

    @Test("it is edited by nobody meanwhile, and may be described, switched off and archived")
    func edits() async throws {
        let world = try await world()
        rollouts.give("cart", 25)
        try await world.flags.followRollouts()
        for edit in [
            FlagEdit(.defaultVariant, variant: "on"), FlagEdit(.rollout, variant: "on", share: "50%"),
            FlagEdit(.target, variant: "on", when: #"{"==": [{"var": "country"}, "de"]}"#),
            FlagEdit(.describe, bucketBy: "company"),
        ] {
            let problem = await #expect(throws: Problem.self) { try await world.change("cart", edit) }
            #expect(problem?.message.contains("cart@production-1") ?? false, "\(String(describing: problem))")
        }
        await #expect(throws: Problem.self) {
            try await world.apply(
                #"{"flags": {"cart": {"state": "ENABLED", "variants": {"on": true}, "defaultVariant": "on"}}}"#)
        }
        _ = try await world.change("cart", FlagEdit(.describe, description: "the cart"))
        _ = try await world.change("cart", FlagEdit(.off))
        #expect(try world.flags.standing(of: "cart", environment: "production")?.isAnswering == false)
        _ = try await world.change("cart", FlagEdit(.archive))
    }

    @Test("what it ends with is stored, once, and what somebody else has made of the flag stays")
    func settled() async throws {
        let world = try await world()
        rollouts.give("cart", 100)
        try await world.flags.followRollouts()
        let journal = StoreJournal(store: world.store, trail: world.trail)
        func settle(_ from: String, _ to: String) async throws {
            try await world.flags.settle(
                "cart", environment: "production", replacing: from, by: to, reason: "it is done"
            ) { (entry) throws(Problem) in try await journal.commit(entry, by: World.ann) }
        }
        try await settle("off", "on")
        try await settle("off", "on")
        let view = try await world.flags.flag("cart", environment: "production")
        #expect(view.defaultVariant == "on")
        let events = try await world.flags.history(environment: "production", flag: "cart", before: nil, limit: 10)
        #expect(events.count == 2 && events.first?.action == "rollout" && events.first?.reason == "it is done")
    }

    @Test("how a flag wants to be rolled out is checked when it is written")
    func members() async throws {
        let world = try await world()
        let problem = await #expect(throws: Problem.self) {
            try await world.make("banner", #""rollout": {"plan": "careful", "checks": [{"name": "e", "ratioo": {}}]}"#)
        }
        #expect(problem?.places.first?.path.contains("rollout.checks") ?? false, "\(String(describing: problem))")
        try await world.make(
            "banner",
            #""rollout": {"plan": "careful", "variantLabel": "banner", "checks": [{"name": "e", "ratio": {"bad": "a", "total": "b"}}]}"#
        )
        let found = try world.flags.flagToRollOut("banner", environment: "production", to: "on")
        #expect(found.from == "off" && found.plan == "careful" && found.variantLabel == "banner")
        #expect(found.checks?.count == 1)
        // What says how it is rolled out is not served.
        #expect(try await world.flags.flag("banner", environment: "production").served.contains("careful") == false)
    }

    @Test("what SDKs measure is handed on for flags and variants that there are; what cannot be is refused")
    func measures() async throws {
        let world = try await world()
        func measured(_ flag: String, _ variant: String, errors: Int64 = 0) -> SDKMeasures {
            SDKMeasures(
                client: "c", age: 5, bounds: [1000],
                flags: [
                    .init(
                        flag: flag, variant: variant, requests: 1, errors: errors, micros: 5, buckets: [1, 0],
                        events: [])
                ], exposures: [])
        }
        for (flag, variant) in [("cart", "on"), ("cart", "no"), ("other", "on")] {
            try await world.flags.report(
                environment: "production", SDKUsageReport(counts: [], measures: measured(flag, variant)))
        }
        #expect(rollouts.measured.map(\.flags.count) == [1, 0, 0])
        let problem = await #expect(throws: Problem.self) {
            try await world.flags.report(
                environment: "production", SDKUsageReport(counts: [], measures: measured("cart", "on", errors: 2)))
        }
        #expect(problem?.message.contains("measures.flags[0]: more errors") ?? false)
    }
}
