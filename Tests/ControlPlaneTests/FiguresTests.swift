import MetricsStore
import Ports
import Rollouts
import Series
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
        let targets = PlaneWork(plane: world.plane, book: nil).targets().active
        #expect(targets.map { $0.labels["host"] } == ["h1", "h2"])
        let first = try #require(targets.first)
        #expect(first.pool == "shop" && first.url == "http://h1/m" && first.interval == .seconds(2))
        #expect(first.failure == "it shows 2 samples, more than the sampleLimit of 1")
        #expect(first.labels["cohort"] == "baseline" && first.labels["region"] == "us")
    }

    @Test("lists the targets that agents found, and says of a host that is silent since when it is")
    func targets() async throws {
        let world = try await World(hosts: 2, service: nil)
        var target = ScrapedTarget(labels: ["job": "node", "instance": "a:1"])
        target.external = ["region": "eu"]
        let head = ScrapeHead(
            service: "", version: "", instance: "node@1", startedAt: .epoch, at: world.clock.now, up: true,
            duration: 0.5, target: target)
        var listing = TargetListing(at: world.clock.now)
        listing.targets = ["1", "2"].map { number in
            TargetListing.Target(
                id: "node@\(number)", pool: "node", discovered: ["__address__": "a:\(number)"],
                labels: ["job": "node", "instance": "a:\(number)"], url: "http://a:\(number)/metrics",
                interval: .seconds(5), timeout: .seconds(5))
        }
        listing.dropped = [TargetListing.Dropped(pool: "node", discovered: ["__address__": "b:1"])]
        (listing.droppedCounts, listing.pools) = (["node": 3], ["empty", "node"])
        let agent = world.agents[0]
        let told =
            Array("#scrape ".utf8) + Codec.encode(head) + Array("\na 1\n#targets ".utf8) + Codec.encode(listing) + [10]
        try world.plane.samples(host: "h1", agent: agent.identity, body: told) { _ in }
        let work = PlaneWork(plane: world.plane, book: nil)
        var status = work.targets()
        #expect(status.pools == ["empty", "node"] && status.droppedCounts == ["node": 3] && status.dropped.count == 1)
        #expect(status.active.map(\.health) == [.up, .unknown])
        #expect(
            status.active.first?.labels == ["job": "node", "instance": "a:1", "host": "h1", "region": "eu"])
        #expect(status.active.first?.discovered == ["__address__": "a:1"])
        #expect(status.active.last?.scrapedAt == nil && status.active.last?.failure == nil)
        let seen = world.clock.now
        agent.connected = false
        try await world.settle(50)
        status = work.targets()
        #expect(status.active.map(\.health) == [.unknown, .unknown])
        let failure = try #require(status.active.first?.failure)
        #expect(failure.hasPrefix("host h1 was not heard of since \("\(seen)".prefix(14))"), "\(failure)")
    }

    @Test("agents that tell absurd numbers of dropped targets are added up all the same")
    func absurd() async throws {
        let world = try await World(hosts: 3, service: nil)
        for (agent, count) in zip(world.agents, [Int.max, Int.max, Int.min]) {
            var listing = TargetListing(at: world.clock.now)
            listing.droppedCounts = ["node": count]
            let told = Array("#targets ".utf8) + Codec.encode(listing) + [10]
            try world.plane.samples(host: agent.name, agent: agent.identity, body: told) { _ in }
        }
        #expect(PlaneWork(plane: world.plane, book: nil).targets().droppedCounts == ["node": 2_000_000])
    }

    @Test("what an agent scraped is on the disk when the agent is told that it is")
    func kept() async throws {
        let world = try await World(hosts: 1, service: nil)
        let head = ScrapeHead(
            service: "", version: "", instance: "node@1", startedAt: .epoch, at: world.clock.now, up: true,
            duration: 0.5, target: ScrapedTarget(labels: ["job": "node"]))
        let told = Array("#scrape ".utf8) + Codec.encode(head) + Array("\nkept 7\n".utf8)
        let problem = await withCheckedContinuation { continuation in
            do throws(Problem) {
                try world.plane.samples(host: "h1", agent: world.agents[0].identity, body: told) {
                    continuation.resume(returning: $0)
                }
            } catch {
                continuation.resume(returning: error)
            }
        }
        #expect(problem == nil)
        // Another store reads what the disk has now, as after a crash.
        let copy = try world.copyOfMetrics()
        defer { copy.close() }
        let request = SelectRequest(
            matchers: [LabelMatcher("__name__", .equal, "kept")], after: 0, through: .max)
        #expect(try copy.series(request).count == 1)
    }
}
