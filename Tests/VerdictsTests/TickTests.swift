import HalcyonTesting
import PromQL
import Series
import Specs
import Testing
import Values

@testable import Verdicts

/// What one tick is made of, and what makes it hold.
@Suite("A tick")
struct TickTests {
    static let ratio = CheckSpec(
        name: "errors", kind: .ratio(bad: "requests_total{code=~\"5..\"}", total: "requests_total"))

    /// One canary and two hosts with the version before.
    static func scene(_ fleet: Fleet, after: Int64 = 0, through: Int64 = 100) throws -> TickScene {
        let hosts = [("c1", "2", Cohort.canary), ("b1", "1", .baseline), ("b2", "1", .baseline)].enumerated().map {
            TickHost(name: $1.0, version: $1.1, place: HostPlace(host: $0, cohort: $1.2))
        }
        return TickScene(
            service: "storefront", hosts: hosts, after: at(after), through: at(through), now: at(through),
            interval: .seconds(5),
            scrapes: try Scrapes(service: "storefront", after: at(-600), through: at(through), data: fleet))
    }

    private func fleet(canary: (Double, Double), baseline: (Double, Double)) -> Fleet {
        var fleet = Fleet()
        fleet.add("c1", "2", from: 0, through: 100, requests: canary.0, bad: canary.1, startedAt: 1)
        fleet.add("b1", "1", from: 0, through: 100, requests: baseline.0 / 2, bad: baseline.1 / 2)
        fleet.add("b2", "1", from: 0, through: 100, requests: baseline.0 / 2, bad: baseline.1 / 2)
        return fleet
    }

    private func sample(_ check: CheckSpec, _ scene: TickScene, _ fleet: Fleet) throws -> CheckSample {
        try #require(scene.read([check], data: fleet).tick.samples.first)
    }

    @Test("has a row a host, with exact counts, and only of the version that counts")
    func rows() throws {
        var fleet = fleet(canary: (1000, 20), baseline: (2000, 8))
        // The canary's own past is nobody's.
        fleet.add("c1", "1", from: -300, through: 50, requests: 7000, bad: 70)
        guard case .events(let rows) = try sample(Self.ratio, Self.scene(fleet), fleet) else {
            return #expect(Bool(false))
        }
        #expect(rows.map(\.total) == [1000, 1000, 1000])
        #expect(rows.map(\.bad) == [20, 4, 4])
        #expect(rows.map(\.place.cohort) == [.canary, .baseline, .baseline])
        // Half of the time, half of the events.
        guard case .events(let half) = try sample(Self.ratio, Self.scene(fleet, after: 50), fleet) else {
            return #expect(Bool(false))
        }
        #expect(half.map(\.total) == [500, 500, 500])
    }

    private struct Broken {
        var name: String
        var reason: String
        var check = TickTests.ratio
        var change: (inout Fleet) -> Void = { _ in }
    }

    @Test("without usable counters holds, and says why")
    func lackOfData() throws {
        let cases = [
            Broken(name: "NaN", reason: "the 'total' counter of c1 is not a number") {
                $0.series[0].samples[7].value = .nan
            },
            Broken(name: "negative", reason: "the 'total' counter of b1 is negative") {
                $0.series[4].samples[7].value = -1
            },
            Broken(name: "a fall", reason: "the 'total' counter of c1 fell although its process did not start again") {
                $0.series[0].startedAt = at(-10)
                $0.series[0].samples[10].value = 3
            },
            Broken(name: "no counters", reason: "no canary host shows requests_total") { fleet in
                fleet.series.removeAll { $0.labels["host"] == "c1" && $0.labels["__name__"] != "up" }
            },
            Broken(name: "no baseline counters", reason: "no baseline host shows requests_total") { fleet in
                fleet.series.removeAll { $0.labels["version"] == "1" && $0.labels["__name__"] != "up" }
            },
            Broken(
                name: "swapped",
                reason: "baseline: more bad events (1,000) than events (6); 'bad' must be a part of 'total'",
                check: CheckSpec(
                    name: "errors", kind: .ratio(bad: "requests_total", total: "requests_total{code=~\"5..\"}"))),
            Broken(
                name: "no series a host",
                reason: "'sum(requests_total)' gives elements without the label 'host': "
                    + "aggregate by (host), not without",
                check: CheckSpec(name: "g", kind: .gauge(expression: "sum(requests_total)"))),
            Broken(
                name: "a text", reason: "'\"x\"' is a text, not a number per host",
                check: CheckSpec(name: "g", kind: .gauge(expression: "\"x\""))),
            Broken(
                name: "several series",
                reason: "'requests_total' gives 2 series for c1: one a host is needed, "
                    + "for example max by (host) (…)",
                check: CheckSpec(name: "g", kind: .gauge(expression: "requests_total"))),
            Broken(
                name: "nothing", reason: "no data: 'queue_length' finds nothing",
                check: CheckSpec(name: "g", kind: .gauge(expression: "queue_length"))),
            Broken(
                name: "no histogram", reason: "no canary host shows the histogram duration_seconds",
                check: CheckSpec(name: "l", kind: .latency(histogram: "duration_seconds"))),
        ]
        for broken in cases {
            var fleet = fleet(canary: (1000, 900), baseline: (1000, 6))
            broken.change(&fleet)
            let sample = try sample(broken.check, Self.scene(fleet), fleet)
            #expect(sample == .missing(broken.reason), "\(broken.name)")
        }
    }

    @Test("counts events by the seconds in which a host was watched")
    func rates() throws {
        let fleet = fleet(canary: (1000, 20), baseline: (2000, 8))
        let check = CheckSpec(name: "r", kind: .rate(events: "requests_total{code=\"500\"}", per: nil))
        guard case .events(let rows) = try sample(check, Self.scene(fleet, after: 50), fleet) else {
            return #expect(Bool(false))
        }
        #expect(rows.map(\.total) == [50, 50, 50])
        #expect(rows.map(\.bad) == [10, 2, 2])
    }

    @Test("has a number a host, of the version that it has now")
    func gauges() throws {
        var fleet = fleet(canary: (1000, 20), baseline: (2000, 8))
        for (host, version, value) in [("c1", "2", 7.0), ("c1", "1", 5), ("b1", "1", 4), ("b2", "1", 3)] {
            fleet.series.append(
                SeriesSamples(
                    labels: fleet.labels("memory", host, version, [:]), samples: [Sample(at: at(98), value: value)]))
        }
        let check = CheckSpec(name: "g", kind: .gauge(expression: "memory"))
        guard case .gauges(let rows) = try sample(check, Self.scene(fleet), fleet) else {
            return #expect(Bool(false))
        }
        #expect(rows.map(\.value) == [7, 4, 3])
    }

    @Test("counts each duration in one bucket, and holds when versions have other buckets")
    func classicHistograms() throws {
        var fleet = fleet(canary: (1000, 20), baseline: (2000, 8))
        func add(_ host: String, _ version: String, _ buckets: [(String, Double)]) {
            for (edge, count) in buckets {
                fleet.series.append(
                    SeriesSamples(
                        labels: fleet.labels("duration_seconds_bucket", host, version, ["le": edge]),
                        startedAt: at(1), samples: [Sample(at: at(95), value: count)]))
            }
        }
        add("c1", "2", [("0.1", 10), ("0.5", 30), ("+Inf", 35)])
        add("b1", "1", [("0.1", 20), ("0.5", 30), ("+Inf", 30)])
        let check = CheckSpec(name: "l", kind: .latency(histogram: "duration_seconds"))
        guard case .durations(let edges, let rows) = try sample(check, Self.scene(fleet), fleet) else {
            return #expect(Bool(false))
        }
        #expect(edges == [0.1, 0.5, .infinity])
        #expect(rows.map(\.counts) == [[10, 20, 5], [20, 10, 0]])
        add("b2", "1", [("100", 20), ("500", 30), ("+Inf", 30)])
        guard case .missing(let reason) = try sample(check, Self.scene(fleet), fleet) else {
            return #expect(Bool(false))
        }
        #expect(
            reason == "the buckets of duration_seconds differ: canary c1 has 2 from 0.1 to 0.5, "
                + "baseline b2 has 2 from 100 to 500; is it another unit?")
    }

    @Test("counts the answers that the control plane's own requests got")
    func web() throws {
        var fleet = fleet(canary: (1000, 20), baseline: (2000, 8))
        for (host, version, right, wrong) in [("c1", "2", 5.0, 15.0), ("b1", "1", 20, 0)] {
            for (answer, count) in [("right", right), ("wrong", wrong)] {
                fleet.series.append(
                    SeriesSamples(
                        labels: fleet.labels(
                            WebCheckSeries.name, host, version, ["check": "page", "answer": answer]),
                        startedAt: at(1), samples: [Sample(at: at(95), value: count)]))
            }
        }
        let check = CheckSpec(name: "page", kind: .web(WebProbe(url: "/")))
        guard case .events(let rows) = try sample(check, Self.scene(fleet), fleet) else {
            return #expect(Bool(false))
        }
        #expect(rows.map(\.bad) == [15, 0])
        #expect(rows.map(\.total) == [20, 20])
    }
}
