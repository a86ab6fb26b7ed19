import Ports
import Rollouts
import Testing
import Values
import Wire

@testable import ControlPlane

@Suite("What a control plane counts and lists of itself")
struct FiguresTests {
    @Test("counts hosts, rollouts and scrapes, and lists what is scraped")
    func figures() async throws {
        let text = World.shop.replacing(
            "  listen: \"${ADDRESS}:8000\"\n",
            with: "  listen: \"${ADDRESS}:8000\"\n  metrics: { path: /m, every: 2s, sampleLimit: 1 }\n")
        let world = try await World(hosts: 3, service: text)
        try await world.establish("v1")
        try world.agent("h3").connected = false
        try await world.settle(30)
        try world.scrape()
        let figures = await world.plane.figures()
        #expect(figures.hosts == 3 && figures.connectedHosts == 2 && figures.services == 1)
        #expect(figures.rollouts == [.done: 1] || figures.rollouts.isEmpty)
        #expect(figures.scrapedInstances == 2 && figures.failingScrapes == 2)
        let targets = PlaneWork(plane: world.plane, book: nil).targets()
        #expect(targets.map { $0.labels["host"] } == ["h1", "h2"])
        let first = try #require(targets.first)
        #expect(first.pool == "shop" && first.path == "/m" && first.interval == .seconds(2))
        #expect(first.failure == "it shows 2 samples, more than the sampleLimit of 1")
        #expect(first.labels["cohort"] == "baseline" && first.labels["region"] == "us")
    }
}
