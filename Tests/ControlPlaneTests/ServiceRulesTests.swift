import Rollouts
import Specs
import Testing
import Values
import Wire

@testable import ControlPlane

@Suite("What apply says of a service, given the others, the hosts and the traffic")
struct ServiceRulesTests {
    private func service(_ name: String, dependsOn: String = "[]", plan: String = "{}") -> String {
        """
        kind: Service
        name: \(name)
        run: { command: [./\(name)] }
        dependsOn: \(dependsOn)
        checks: [{ name: errors, ratio: { bad: b, total: t } }]
        plan: \(plan)
        """
    }

    @Test("a service that nobody knows is named, with the nearest one; in one call they may name each other's")
    func unknown() async throws {
        let world = try await World(hosts: 4, service: nil)
        let alone = await World.refusal { try await world.apply(self.service("shop", dependsOn: "[cart]")) }
        #expect(alone?.places.map(\.message) == ["there is no service named 'cart'"])
        _ = try await world.apply(service("shop", dependsOn: "[cart]") + "\n---\n" + service("cart"))
        let near = await World.refusal { try await world.apply(self.service("page", dependsOn: "[shop, crt]")) }
        #expect(near?.places.map(\.path) == ["dependsOn[1]"])
        #expect(near?.places.map(\.hint) == ["did you mean 'cart'?"])
    }

    @Test("a circle is refused, with the way round it")
    func circles() async throws {
        let world = try await World(hosts: 4, service: nil)
        _ = try await world.apply(
            service("shop", dependsOn: "[cart]") + "\n---\n" + service("cart", dependsOn: "[store]") + "\n---\n"
                + service("store"))
        let problem = await World.refusal { try await world.apply(self.service("store", dependsOn: "[shop]")) }
        #expect(
            problem?.places.map(\.message) == [
                "store would depend on itself: store → shop → cart → store"
            ])
        // A document that breaks the circle in the same call is fine.
        _ = try await world.apply(service("store", dependsOn: "[shop]") + "\n---\n" + service("cart"))
    }

    @Test("waves that leave no baseline, or too few to restart, are warned of with the hosts of now")
    func baselines() async throws {
        let world = try await World(hosts: 4, service: nil)
        let none = try await world.apply(service("shop", plan: "{ waves: [{ name: all }] }"))
        #expect(none.items[0].warnings.contains { $0.contains("there is no baseline to compare with") })
        let few = try await world.apply(
            service("shop", plan: "{ control: restart, waves: [{ name: most, hosts: 3 }, { name: all }] }"))
        #expect(
            few.items[0].warnings.contains {
                $0.contains("wave most changes 3 of 4 hosts and leaves 1") && $0.contains("begin with at most 2")
            })
        let fine = try await world.apply(
            service("shop", plan: "{ control: restart, waves: [{ name: two, hosts: 2 }, { name: all }] }"))
        #expect(fine.items[0].warnings == [])
    }
}
