import HalcyonTesting
import Series
import Specs
import Testing
import Values
import Verdicts

@Suite("A ratio check")
struct RatioTests {
    static let check = CheckSpec(
        name: "errors", kind: .ratio(bad: "requests_total{code=~\"5..\"}", total: "requests_total"))

    static func comparison(
        now: Int64 = 100, canary: [String] = ["c1"], baseline: [String] = ["b1", "b2"], previous: String? = "1"
    ) -> Comparison {
        Comparison(
            service: "storefront", version: "2", previous: previous, canarySince: at(0), baselineSince: at(-1000),
            now: at(now), staleAfter: .seconds(15), expectedCanaryHosts: canary, expectedBaselineHosts: baseline)
    }

    private func judged(
        _ fleet: Fleet, _ comparison: Comparison = comparison(), check: CheckSpec = check
    ) -> Reading {
        judge(check, comparison, falseRollbacks: Percentage(1), checks: 2, data: fleet)
    }

    private func fleet(canary: (Double, Double), baseline: (Double, Double)) -> Fleet {
        var fleet = Fleet()
        fleet.add("c1", "2", from: 0, through: 100, requests: canary.0, bad: canary.1, startedAt: 1)
        fleet.add("b1", "1", from: 0, through: 100, requests: baseline.0 / 2, bad: baseline.1 / 2)
        fleet.add("b2", "1", from: 0, through: 100, requests: baseline.0 / 2, bad: baseline.1 / 2)
        return fleet
    }

    @Test(
        "weighs the counts",
        arguments: [
            // A regression, and one that may be chance.
            (1204, 63, 9876, 50, Verdict.fail, "canary 5.2% of 1,204 bad, baseline 0.51% of 9,876, limit 0.73%"),
            (
                60, 2, 9876, 50, .undecided,
                "canary 3.3% of 60 bad, baseline 0.51% of 9,876, limit 0.73%: over the limit, but it may still be chance"
            ),
            // Good, as good as before, and better.
            (1000, 5, 10_000, 50, .pass, "canary 0.5% of 1,000 bad, baseline 0.5% of 10,000, limit 0.73%"),
            (1000, 0, 10_000, 0, .pass, "canary 0% of 1,000 bad, baseline 0% of 10,000, limit 0.1%"),
            (1000, 1000, 1000, 1000, .pass, "canary 100% of 1,000 bad, baseline 100% of 1,000, limit 100%"),
            // Worse, but not by more than is tolerated.
            (100_000, 560, 100_000, 500, .pass, "canary 0.56% of 100,000 bad, baseline 0.5% of 100,000, limit 0.73%"),
            // Too few.
            (
                49, 0, 1000, 4, .undecided,
                "canary 0% of 49 bad, baseline 0.4% of 1,000, limit 0.6%: 49 of 50 canary events so far"
            ),
            (
                100, 5, 40, 0, .undecided,
                "canary 5% of 100 bad, baseline 0% of 40, limit 0.1%: 40 of 50 baseline events so far"
            ),
            // A crash need not wait.
            (12, 12, 100, 0, .fail, "canary 100% of 12 bad, baseline 0% of 100, limit 0.1%: most requests fail"),
            (
                9, 9, 100, 0, .undecided,
                "canary 100% of 9 bad, baseline 0% of 100, limit 0.1%: 9 of 50 canary events so far"
            ),
            // The baseline crashes just as much: nobody's fault.
            (400, 200, 400, 200, .pass, "canary 50% of 400 bad, baseline 50% of 400, limit 62.6%"),
            // Little is known of the baseline.
            (
                5000, 30, 50, 0, .undecided,
                "canary 0.6% of 5,000 bad, baseline 0% of 50, limit 0.1%: over the limit, but it may still be chance"
            ),
            (
                0, 0, 100, 0, .undecided, "no requests to the canary yet"
            ),
            (100, 0, 0, 0, .undecided, "no requests to the baseline yet"),
        ] as [(Double, Double, Double, Double, Verdict, String)])
    func counts(
        total: Double, bad: Double, baseline: Double, baselineBad: Double, verdict: Verdict, reason: String
    ) {
        let reading = judged(fleet(canary: (total, bad), baseline: (baseline, baselineBad)))
        #expect(reading.verdict == verdict)
        #expect(reading.reason == reason)
        #expect(!reading.lacksData)
        #expect(reading.canary == CohortCount(bad: bad, total: total, hosts: 1))
        #expect(reading.baseline?.total == baseline)
    }

    @Test("counts the baseline's earlier events once no host has the previous version")
    func earlierBaseline() {
        var fleet = Fleet()
        fleet.add("c1", "2", from: 0, through: 100, requests: 1000, bad: 100, startedAt: 1)
        fleet.add("c1", "1", from: -600, through: -10, requests: 9000, bad: 45, startedAt: -600)
        let reading = judged(fleet, Self.comparison(baseline: []))
        #expect(reading.verdict == .fail)
        #expect(
            reading.reason
                == "canary 10% of 1,000 bad, baseline (earlier in this rollout) 0.5% of 9,000, limit 0.73%")
    }

    @Test("counts only what happened since, from 0 where the process started since")
    func since() {
        var fleet = fleet(canary: (1000, 5), baseline: (1000, 4))
        // Before the stretch: a whole day's errors of the baseline.
        fleet.series = fleet.series.map { series in
            guard series.labels["version"] == "1", series.labels["__name__"] == "requests_total" else { return series }
            var series = series
            series.startedAt = at(-86_400)
            series.samples = series.samples.map { Sample(at: $0.at, value: $0.value + 5000) }
            return series
        }
        #expect(judged(fleet).baseline?.total == 1000)
    }

    private struct Broken {
        var name: String
        var reason: String
        var change: (inout Fleet) -> Void
        var comparison = RatioTests.comparison()
    }

    @Test("is undecided for lack of data, and says whose")
    func lackOfData() {
        let cases = [
            Broken(name: "nothing at all", reason: "no data yet from canary c1") { $0.series = [] },
            Broken(
                name: "one host of two", reason: "data missing from canary c2", change: { _ in },
                comparison: Self.comparison(canary: ["c1", "c2"])),
            Broken(
                name: "stale", reason: "stale data from canary c1: nothing for 60 s", change: { _ in },
                comparison: Self.comparison(now: 160, baseline: [])),
            Broken(
                name: "the baseline missing", reason: "data missing from baseline b3, b4, b5 and 2 more",
                change: { _ in },
                comparison: Self.comparison(baseline: ["b1", "b3", "b4", "b5", "b6", "b7"])),
            Broken(
                name: "a failing scrape",
                reason: "the metrics of canary c1 cannot be read: the scrape fails"
            ) { fleet in
                for index in fleet.series.indices where fleet.series[index].labels["__name__"] == "up" {
                    fleet.series[index].samples[20].value = 0
                }
            },
            Broken(name: "NaN", reason: "the 'total' counter of canary c1 is not a number") {
                $0.series[0].samples[7].value = .nan
            },
            Broken(name: "negative", reason: "the 'bad' counter of baseline b1 is negative") { fleet in
                // Only the baseline's bad series, so that the total is read first.
                fleet.series[4].samples[7].value = -1
            },
            Broken(
                name: "a fall", reason: "the 'total' counter of canary c1 fell although its process did not start again"
            ) {
                $0.series[0].samples[10].value = 3
            },
            Broken(name: "no counters", reason: "no canary host shows requests_total") { fleet in
                fleet.series.removeAll { $0.labels["host"] == "c1" && $0.labels["__name__"] != "up" }
            },
            Broken(
                name: "no baseline counters",
                reason: "there are no baseline data: no host with version 1 shows requests_total"
            ) { fleet in
                fleet.series.removeAll { $0.labels["version"] == "1" && $0.labels["__name__"] != "up" }
            },
        ]
        for broken in cases {
            var fleet = fleet(canary: (1000, 900), baseline: (1000, 6))
            broken.change(&fleet)
            let reading = judged(fleet, broken.comparison)
            #expect(reading.verdict == .undecided, "\(broken.name)")
            #expect(reading.lacksData, "\(broken.name)")
            if broken.name != "negative" { #expect(reading.reason == broken.reason, "\(broken.name)") }
        }
    }

    @Test("more bad events than events is a mistake in the check")
    func inconsistent() {
        let swapped = CheckSpec(
            name: "errors", kind: .ratio(bad: "requests_total", total: "requests_total{code=~\"5..\"}"))
        let reading = judged(fleet(canary: (1000, 5), baseline: (1000, 5)), check: swapped)
        #expect(reading.lacksData)
        #expect(
            reading.reason == "canary: more bad events (1,000) than events (5); 'bad' must be a part of 'total'")
    }

    @Test("without a previous version or a canary host there is nothing to compare yet")
    func nothingToCompare() {
        let fleet = fleet(canary: (1000, 5), baseline: (1000, 5))
        let first = judged(fleet, Self.comparison(previous: nil))
        #expect(first.verdict == .undecided && !first.lacksData)
        let early = judged(fleet, Self.comparison(canary: []))
        #expect(early.verdict == .undecided && !early.lacksData)
        #expect(early.reason == "no host serves version 2 yet")
    }

    @Test("a dry run is judged all the same")
    func dryRun() {
        var check = Self.check
        check.dryRun = true
        let reading = judged(fleet(canary: (1000, 500), baseline: (1000, 5)), check: check)
        #expect(reading.verdict == .fail && reading.dryRun)
    }

    @Test("counts the recorded baseline when nobody has the previous version and its data are gone")
    func recordedBaseline() {
        var fleet = Fleet()
        fleet.add("c1", "2", from: 0, through: 100, requests: 1204, bad: 63, startedAt: 1)
        var comparison = RatioTests.comparison(baseline: [])
        #expect(judged(fleet, comparison).lacksData)
        comparison.recordedBaselines = ["errors": CohortCount(bad: 600, total: 10_000, hosts: 3)]
        #expect(judged(fleet, comparison).verdict == .pass)
        comparison.recordedBaselines = ["errors": CohortCount(bad: 50, total: 10_000, hosts: 3)]
        #expect(judged(fleet, comparison).verdict == .fail)
        // While somebody has the previous version, what is seen of them counts, and nothing else.
        comparison.expectedBaselineHosts = ["b1"]
        #expect(judged(fleet, comparison).lacksData)
    }
}
