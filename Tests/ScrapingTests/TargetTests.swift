import FoundationEssentials
import MetricsStore
import Scraping
import Series
import Specs
import Testing
import Values
import Wire

/// A scrape of a target that is no instance of a service.
private func scrape(
    _ seconds: Int64, _ text: String, id: String = "node@1", up: Bool = true, openMetrics: Bool? = nil,
    _ change: (inout ScrapedTarget) -> Void = { _ in }
) throws -> [UInt8] {
    var target = ScrapedTarget(labels: ["job": "node", "instance": "a:1"])
    change(&target)
    let head = ScrapeHead(
        service: "", version: "", instance: id, startedAt: .epoch, at: at(seconds), up: up, duration: 0.5,
        failure: up ? nil : "refused", openMetrics: openMetrics, target: target)
    return Array("#scrape ".utf8) + Array(try JSONEncoder().encode(head)) + Array("\n\(text)".utf8)
}

private func list(_ seconds: Int64, _ ids: [String]) throws -> [UInt8] {
    var listing = TargetListing(at: at(seconds))
    listing.targets = ids.map {
        TargetListing.Target(
            id: $0, pool: "node", discovered: [:], labels: [:], url: "", interval: .seconds(5), timeout: .seconds(5))
    }
    return Array("#targets ".utf8) + Array(try JSONEncoder().encode(listing)) + [10]
}

@Suite("Taking in the scrapes of other targets")
struct TargetTests {
    @Test("labels are the target's and the host's; what is called host otherwise is kept as exported_host")
    func labels() throws {
        let scene = try Scene()
        let body = try scrape(100, "a{host=\"x\",job=\"y\",region=\"us\"} 7\nb 8\n") {
            $0.labels["host"] = "z"
            $0.external = ["region": "eu", "host": "w"]
        }
        #expect(try scene.take(body, receivedAt: at(100)) == ScrapeOutcome())
        let own: Labels = [
            "instance": "a:1", "job": "node", "exported_host": "z", "host": "h", "region": "eu",
        ]
        #expect(try scene.found("up").first?.labels.dropping(["__name__"]) == own)
        #expect(try scene.found("b").first?.labels.dropping(["__name__"]) == own)
        let series = try #require(try scene.found("a").first)
        #expect(series.labels["host"] == "h" && series.labels["exported_exported_host"] == "x")
        #expect(series.labels["region"] == "us" && series.labels["exported_job"] == "y")
        #expect(series.samples.starts.isEmpty)
    }

    @Test("a list of targets is taken up to the bounds of agents, and what is left out is said")
    func bounds() throws {
        var listing = TargetListing(at: at(100))
        func target(_ id: String, _ labels: [String: String] = [:]) -> TargetListing.Target {
            TargetListing.Target(
                id: id, pool: "node", discovered: [:], labels: labels, url: "", interval: .seconds(5),
                timeout: .seconds(5))
        }
        let long = String(repeating: "x", count: 20_000)
        let many = (0..<300).map { ("l\($0)", "") }
        listing.targets =
            [target(long), target("a", ["job": long]), target("b", Dictionary(uniqueKeysWithValues: many))]
            + (0..<500).map { target("node@\($0)") }
        listing.dropped = (0..<200).map { TargetListing.Dropped(pool: "\($0)", discovered: [:]) }
        listing.pools = (0..<2000).map { "p\($0)" } + [long]
        listing.droppedCounts = ["a": .max, "b": -1, "c": 5, long: 1]
        let scene = try Scene()
        let body = Array("#targets ".utf8) + Array(try JSONEncoder().encode(listing)) + [10]
        let outcome = try scene.take(body, receivedAt: at(100))
        #expect(
            outcome.problems == [
                "only 400 of 503 targets are listed: the others are too many or too long",
                "only 100 of 200 dropped targets are listed: the others are too many or too long",
                "only 1000 of 2001 pools are listed: the others are too many or too long",
                "only 3 of 4 numbers of dropped targets are listed: the others are too many or too long",
            ])
        let taken = try #require(scene.listing())
        #expect(taken.targets.count == 400 && taken.targets.first?.id == "node@0")
        #expect(taken.dropped.count == 100 && taken.pools.count == 1000)
        #expect(taken.droppedCounts == ["a": 1_000_000, "b": 0, "c": 5])
    }

    @Test("with honor_labels those of the text win, but for the host")
    func honored() throws {
        let scene = try Scene()
        let body = try scrape(100, "a{host=\"x\",job=\"y\"} 7\n") { $0.honorLabels = true }
        try scene.take(body, receivedAt: at(100))
        let labels = try #require(try scene.found("a").first).labels
        #expect(labels == ["__name__": "a", "host": "h", "exported_host": "x", "job": "y", "instance": "a:1"])
    }

    @Test("what the agent has relabelled stays as it is, and both numbers of samples are written")
    func relabelled() throws {
        let scene = try Scene()
        for (time, text) in [(100, "{\"a\",\"x\"=\"1\"} 7\n{\"b\"} 1\n"), (105, "{\"a\",\"x\"=\"1\"} 8\n")] {
            let body = try scrape(Int64(time), text) { ($0.isRelabelled, $0.samples) = (true, 10) }
            try scene.take(body, receivedAt: at(Int64(time)))
        }
        #expect(try scene.found("a").first?.labels == ["__name__": "a", "x": "1", "host": "h"])
        #expect(try scene.values("scrape_samples_scraped") == [100: 10, 105: 10])
        #expect(try scene.values("scrape_samples_post_metric_relabeling") == [100: 2, 105: 1])
        #expect(try scene.values("b") == [100: 1, 105: nil])
        // The next one is not relabelled: the series before end under their own labels.
        try scene.take(try scrape(110, "c 1\n"), receivedAt: at(110))
        #expect(try scene.values("a") == [100: 7, 105: 8, 110: nil])
    }

    @Test("a failed scrape ends the series, and limits refuse the whole of one")
    func failed() throws {
        let scene = try Scene()
        try scene.take(try scrape(100, "a 1\n"), receivedAt: at(100))
        try scene.take(try scrape(105, "", up: false), receivedAt: at(105))
        let outcome = try scene.take(try scrape(110, "a 1\nb 1\n") { $0.sampleLimit = 1 }, receivedAt: at(110))
        #expect(outcome.failures.count == 1)
        #expect(try scene.values("a") == [100: 1, 105: nil])
        #expect(try scene.values("up") == [100: 1, 105: 0, 110: 0])
    }

    @Test("what the agent does not list any more is gone at once; what is listed stays")
    func gone() throws {
        let scene = try Scene()
        let bodies = [
            try scrape(100, "a 1\n"), try scrape(100, "b 1\n", id: "node@2") { $0.labels["instance"] = "b:1" },
        ]
        try scene.take(bodies[0] + bodies[1], receivedAt: at(100))
        let told = Array("#sent 103000\n".utf8) + (try list(103, ["node@1"])) + (try scrape(105, "a 2\n"))
        try scene.take(told, receivedAt: at(103))
        #expect(try scene.values("a") == [100: 1, 105: 2])
        #expect(try scene.values("b") == [100: 1, 103: nil])
        #expect(scene.status().map(\.instance) == ["node@1"])
        let ups = try scene.found("up").map { ($0.labels["instance"], $0.samples.values.count) }
        #expect(ups.contains { $0 == "b:1" && $1 == 2 })
    }

    @Test("a counter counts from its _created, and one of a target that says nothing from its second sample")
    func starts() throws {
        let scene = try Scene()
        let text = "a_total 7\na_created 90\n# EOF\n"
        try scene.take(try scrape(100, text, openMetrics: true), receivedAt: at(100))
        #expect(try scene.found("a_total").first?.samples.starts == [90_000])
        let first = try scrape(100, "b_total 7\n", id: "node@2")
        try scene.take(first, receivedAt: at(100))
        try scene.take(try scrape(105, "b_total 9\nc_total 3\n", id: "node@2"), receivedAt: at(105))
        #expect(try scene.rise("b_total", after: 90, through: 105) == 2)
        #expect(try scene.rise("c_total", after: 90, through: 105) == 3)
    }

    @Test("series with times of their own are not stale when they are not shown, only when the target has gone")
    func timed() throws {
        let scene = try Scene()
        let honors: (inout ScrapedTarget) -> Void = { $0.honorTimestamps = true }
        let base: Int64 = 200_000_000
        try scene.take(try scrape(base, "a 1 199999990000\nb 1\n", honors), receivedAt: at(base))
        try scene.take(try scrape(base + 5, "c 1\n", honors), receivedAt: at(base + 5))
        #expect(try scene.values("a") == [base - 10: 1])
        #expect(try scene.values("b") == [base: 1, base + 5: nil])
    }

    @Test("a head is read the same by the fast reader and by the general one")
    func heads() throws {
        var target = ScrapedTarget(labels: ["job": "a\"b\\", "instance": "x"])
        target.external = ["e": "f"]
        (target.isRelabelled, target.samples, target.honorLabels, target.honorTimestamps) = (true, 5, true, false)
        (target.sampleLimit, target.labelLimit, target.labelNameLengthLimit) = (1, 2, 3)
        target.labelValueLengthLimit = 4
        let head = ScrapeHead(
            service: "", version: "", instance: "i", startedAt: .epoch, at: at(7), up: true, duration: 1, target: target
        )
        let bytes = Array(try JSONEncoder().encode(head))
        #expect(ScrapeHead(plainJSON: bytes) == head)
        #expect(try JSONDecoder().decode(ScrapeHead.self, from: Data(bytes)) == head)
    }
}
