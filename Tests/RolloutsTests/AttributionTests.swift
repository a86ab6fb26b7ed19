import Rollouts
import Testing
import Values

@Suite struct AttributionTests {
    private static let hosts: Set<String> = ["a", "b", "c", "d"]

    private func service(_ name: String, canary: Set<String> = ["a"], at seconds: Int64 = 0) -> ChangeInFlight {
        ChangeInFlight(
            rollout: "r-\(name)", subject: "service \(name)", services: [name],
            since: Timestamp(milliseconds: seconds * 1000), reach: .hosts(canary, of: Self.hosts))
    }

    private func flag(_ key: String, of services: Set<String>, at seconds: Int64 = 0) -> ChangeInFlight {
        ChangeInFlight(
            rollout: "r-\(key)", subject: "flag \(key)", services: services,
            since: Timestamp(milliseconds: seconds * 1000), reach: .keys)
    }

    private func seen(
        _ service: String, at seconds: Int64 = 100, _ splits: [String: SeenRegression.Split] = [:],
        isClear: Bool = false
    ) -> SeenRegression {
        SeenRegression(
            service: service, check: "errors", since: Timestamp(milliseconds: seconds * 1000), splits: splits,
            isClear: isClear)
    }

    @Test("the change whose own canary is worse goes back, and what shares its service holds")
    func split() {
        let ledger = ChangeLedger([service("shop"), flag("new", of: ["shop"]), service("mail")])
        let found = Attribution(of: [seen("shop", ["r-new": .worse, "r-shop": .undecided])], in: ledger)
        #expect(found.rollbacks == ["r-new": "check errors of shop is worse with the change than without it"])
        #expect(
            found.holds == [
                "r-shop":
                    "flag new (rollout r-new) is rolled back: check errors of shop is worse with the change than without it"
            ])
    }

    @Test("a dependant that got worse blames the only change that it can feel, however far away")
    func dependant() {
        let ledger = ChangeLedger(
            [service("store"), service("mail")],
            dependsOn: ["shop": ["cart"], "cart": ["store"], "store": ["shop"]])
        let found = Attribution(of: [seen("shop")], in: ledger)
        #expect(
            found.rollbacks == [
                "r-store":
                    "check errors of shop is worse than before, and service store is the only change it can come from"
            ])
        #expect(found.holds == [:])
    }

    @Test("between two changes that a dependant can feel nothing decides: both hold")
    func ambiguous() {
        let ledger = ChangeLedger([service("store"), service("cart")], dependsOn: ["shop": ["cart", "store"]])
        let found = Attribution(of: [seen("shop")], in: ledger)
        #expect(found.rollbacks == [:])
        let reason = "check errors of shop is worse, and it may be service cart or service store"
        #expect(found.holds == ["r-store": reason, "r-cart": reason])
    }

    @Test("what its own cohorts clear, and what began later, is not to blame")
    func cleared() {
        let ledger = ChangeLedger(
            [service("shop"), service("store"), flag("new", of: ["shop"], at: 200)], dependsOn: ["shop": ["store"]])
        #expect(Attribution(of: [seen("shop", ["r-shop": .alike])], in: ledger).rollbacks.keys.sorted() == ["r-store"])
        let alone = ChangeLedger([service("shop"), flag("new", of: ["shop"], at: 200)])
        let found = Attribution(of: [seen("shop", ["r-shop": .alike])], in: alone)
        #expect(found.rollbacks == [:] && found.holds == [:])
        #expect(
            found.unexplained == [
                "check errors of shop is worse, and service shop behaves like what it replaces, and flag new began later"
            ])
        #expect(
            Attribution(of: [seen("mail")], in: alone).unexplained == [
                "check errors of mail is worse, and no change in flight reaches it"
            ])
    }

    @Test("an incident that hits both cohorts blames nobody: a change that its own cohorts can judge is left to them")
    func incident() {
        let found = Attribution(
            of: [seen("shop", ["r-shop": .undecided])], in: ChangeLedger([service("shop")]))
        #expect(found.rollbacks == [:])
        #expect(found.holds == ["r-shop": "check errors of shop is worse, and it may be service shop"])
    }

    @Test("two changes on the same canary hosts cannot be told apart by them")
    func coinciding() {
        let depends = ["shop": ["store"]]
        let same = ChangeLedger([service("shop"), service("store")], dependsOn: depends)
        let split = [seen("shop", ["r-shop": .worse])]
        #expect(Attribution(of: split, in: same).rollbacks == [:])
        #expect(Attribution(of: split, in: same).holds.keys.sorted() == ["r-shop", "r-store"])
        // On other hosts, or on all of them, the dependency meets both cohorts alike.
        for canary: Set<String> in [["b"], Self.hosts] {
            let apart = ChangeLedger([service("shop"), service("store", canary: canary)], dependsOn: depends)
            #expect(Attribution(of: split, in: apart).rollbacks.keys.sorted() == ["r-shop"])
        }
        // Its own check tells on the dependency, which explains the rest.
        let both = Attribution(of: split + [seen("store", ["r-store": .worse])], in: same)
        #expect(both.rollbacks.keys.sorted() == ["r-store"])
        #expect(both.holds.keys.sorted() == ["r-shop"])
    }

    @Test("of two changes on the same hosts the newest goes back when one of them breaks these beyond doubt")
    func newest() {
        let ledger = ChangeLedger(
            [service("shop"), service("store", at: 50)], dependsOn: ["shop": ["store"]])
        for order in [[0, 1], [1, 0]] {
            let both = [seen("shop", ["r-shop": .worse], isClear: true), seen("shop", ["r-shop": .worse])]
            let found = Attribution(of: order.map { both[$0] }, in: ledger)
            #expect(found.newest == ["r-store"] && found.rollbacks.keys.sorted() == ["r-store"])
            #expect(
                found.rollbacks["r-store"]
                    == "check errors of shop is worse beyond doubt where service shop or service store has changed, and "
                    + "service store is the newest of them")
            #expect(found.holds.keys.sorted() == ["r-shop"])
        }
        // A dependant that is worse than before may be worse by an incident: nothing is beyond doubt there.
        let unsplit = ChangeLedger([service("store"), service("cart")], dependsOn: ["shop": ["cart", "store"]])
        #expect(Attribution(of: [seen("shop", isClear: true)], in: unsplit).rollbacks == [:])
    }

    @Test("every small world: nobody innocent goes back, and who is guilty goes back or is held")
    func everyWorld() {
        for world in SmallWorld.all {
            let (ledger, regressions) = (world.ledger, world.regressions)
            let found = Attribution(of: regressions, in: ledger)
            let inFlight = Set(ledger.changes.map(\.rollout))
            #expect(found == Attribution(of: regressions.reversed(), in: ledger), "\(world)")
            #expect(Set(found.rollbacks.keys).isDisjoint(with: found.holds.keys), "\(world)")
            #expect(Set(found.rollbacks.keys).union(found.holds.keys).isSubset(of: inFlight), "\(world)")
            for rollout in found.rollbacks.keys { #expect(rollout == world.guilty?.rawValue, "\(world)") }
            guard let guilty = world.guilty?.rawValue, !regressions.isEmpty else { continue }
            #expect(found.rollbacks[guilty] != nil || found.holds[guilty] != nil, "\(world)")
            if found.rollbacks[guilty] == nil {
                // All that may be it hold, with the same reason.
                #expect(found.holds.count >= 2 || world.isUnjudged, "\(world)")
            }
        }
    }
}

/// A shop that calls a store, a flag of the shop, and what may be in flight, bad and visible of them.
private struct SmallWorld: CustomStringConvertible {
    enum Change: String, CaseIterable {
        case shop = "r-shop"
        case store = "r-store"
        case flag = "r-flag"
    }

    var inFlight: Set<Change>
    var guilty: Change?
    /// Which of the changes the shop's and the store's checks can be split by, with enough data to decide.
    var decides: Set<Change>
    /// Whether shop and store have their canaries on the same hosts.
    var coincides: Bool
    /// Changes that began only after the regression did.
    var late: Set<Change>

    static var all: [SmallWorld] {
        var worlds: [SmallWorld] = []
        for inFlight in subsets where !inFlight.isEmpty {
            for guilty in [nil] + inFlight.map(Optional.some) {
                for decides in subsets where decides.isSubset(of: inFlight) {
                    for late in subsets where late.isSubset(of: inFlight) && !late.contains(where: { $0 == guilty }) {
                        for coincides in [false, true] {
                            worlds.append(
                                SmallWorld(
                                    inFlight: inFlight, guilty: guilty, decides: decides, coincides: coincides,
                                    late: late))
                        }
                    }
                }
            }
        }
        return worlds
    }

    private static let subsets: [Set<Change>] = (0..<8).map { bits in
        Set(Change.allCases.enumerated().filter { bits & (1 << $0.offset) != 0 }.map(\.element))
    }

    var ledger: ChangeLedger {
        let all: Set<String> = ["a", "b", "c", "d"]
        let changes = inFlight.map { change in
            let since = Timestamp(milliseconds: late.contains(change) ? 200 : 0)
            switch change {
            case .shop:
                return ChangeInFlight(
                    rollout: "r-shop", subject: "service shop", services: ["shop"], since: since,
                    reach: .hosts(["a"], of: all))
            case .store:
                return ChangeInFlight(
                    rollout: "r-store", subject: "service store", services: ["store"], since: since,
                    reach: .hosts(coincides ? ["a"] : ["b"], of: all))
            case .flag:
                return ChangeInFlight(
                    rollout: "r-flag", subject: "flag", services: ["shop"], since: since, reach: .keys)
            }
        }
        return ChangeLedger(changes, dependsOn: ["shop": ["store"]])
    }

    /// What the checks see, given who is guilty.
    var regressions: [SeenRegression] {
        // An incident is seen by nobody's cohorts; without any change that is to blame there is nothing to attribute here.
        guard let guilty else { return splitByAll(guilty: nil) }
        return splitByAll(guilty: guilty)
    }

    private func splitByAll(guilty: Change?) -> [SeenRegression] {
        guard let guilty else { return [] }
        var shop: [String: SeenRegression.Split] = [:]
        for change in [Change.shop, .flag] where inFlight.contains(change) {
            // The store's canary on the shop's canary hosts looks like the shop's own.
            let looksGuilty = change == guilty || change == .shop && guilty == .store && coincides
            shop[change.rawValue] = decides.contains(change) ? (looksGuilty ? .worse : .alike) : .undecided
        }
        var seen = [
            SeenRegression(service: "shop", check: "errors", since: Timestamp(milliseconds: 100), splits: shop)
        ]
        if guilty == .store, decides.contains(.store) {
            seen.append(
                SeenRegression(
                    service: "store", check: "errors", since: Timestamp(milliseconds: 100),
                    splits: ["r-store": .worse]))
        }
        return seen
    }

    /// Whether the guilty one is alone, and its own cohorts have not decided.
    var isUnjudged: Bool {
        guard let guilty else { return false }
        return !decides.contains(guilty) && guilty != .store
    }

    var description: String {
        "in flight \(inFlight), guilty \(String(describing: guilty)), decides \(decides), coincides \(coincides), late \(late)"
    }
}
