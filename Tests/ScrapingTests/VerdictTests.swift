import PromQL
import Scraping
import Series
import Specs
import Testing
import Values
import Verdicts

/// From the agents' bodies to a verdict, as in a real rollout.
@Suite("Verdicts on scraped samples")
struct VerdictTests {
    private func scrape(
        _ scene: Scene, _ host: String, _ version: String, _ seconds: Int64, startedAt: Int64, good: Int, bad: Int
    ) throws {
        var text = "http_requests_total{code=\"200\"} \(good)\n"
        // As client libraries do: the series is not there before the first error.
        if bad > 0 { text += "http_requests_total{code=\"500\"} \(bad)\n" }
        let body = try block(seconds, text, startedAt: startedAt, version: version, instance: "\(host)-\(version)")
        let outcome = try scene.take(body, host: host, receivedAt: at(seconds) + .milliseconds(20))
        #expect(outcome.problems.isEmpty && outcome.failures.isEmpty && outcome.refused == 0)
    }

    private func rollout(badPerScrape: Int) throws -> Scene {
        let scene = try Scene()
        for tick in 0...40 as ClosedRange<Int64> {
            let seconds = 1000 + tick * 5
            for host in ["b1", "b2"] {
                // A long life before, with errors of its own; half a percent during the rollout.
                try scrape(
                    scene, host, "1", seconds, startedAt: 10, good: 90_000 + Int(tick) * 199,
                    bad: 4000 + Int(tick))
            }
            if tick > 5 {
                let since = Int(tick) - 5
                try scrape(
                    scene, "c1", "2", seconds, startedAt: 1024, good: since * (100 - badPerScrape),
                    bad: since * badPerScrape)
            }
        }
        return scene
    }

    private func judged(_ scene: Scene, now: Int64 = 1201) -> Reading {
        judge(
            CheckSpec(
                name: "errors", kind: .ratio(bad: "http_requests_total{code=~\"5..\"}", total: "http_requests_total")),
            Comparison(
                service: "storefront", version: "2", previous: "1", canarySince: at(1000), baselineSince: at(1000),
                now: at(now), staleAfter: .seconds(15), expectedCanaryHosts: ["c1"],
                expectedBaselineHosts: ["b1", "b2"]),
            falseRollbacks: Percentage(1), checks: 1, data: scene.store)
    }

    @Test("five percent of errors fail, and every one is counted")
    func bad() throws {
        let reading = judged(try rollout(badPerScrape: 5))
        #expect(reading.verdict == .fail)
        #expect(reading.canary == CohortCount(bad: 175, total: 3500, hosts: 1))
        #expect(reading.baseline == CohortCount(bad: 80, total: 16_000, hosts: 2))
        #expect(reading.reason == "canary 5% of 3,500 bad, baseline 0.5% of 16,000, limit 0.73%")
    }

    @Test("a good version passes")
    func good() throws {
        let reading = judged(try rollout(badPerScrape: 0))
        #expect(reading.verdict == .pass)
        #expect(reading.canary == CohortCount(bad: 0, total: 3500, hosts: 1))
    }

    @Test("silence is not judged")
    func silent() throws {
        let reading = judged(try rollout(badPerScrape: 5), now: 1260)
        #expect(reading.verdict == .undecided && reading.lacksData)
        #expect(reading.reason == "stale data from canary c1: nothing for 60 s")
    }

    @Test("a guardrail sees the same samples")
    func guardrail() throws {
        let scene = try rollout(badPerScrape: 5)
        let expression =
            "sum(rate(http_requests_total{service=\"storefront\",version=\"2\",code=~\"5..\"}[1m])) "
            + "/ sum(rate(http_requests_total{service=\"storefront\",version=\"2\"}[1m])) < 0.02"
        let query = try Query(expression.replacing(" < 0.02", with: ""))
        let value = try query.evaluate(at: at(1200), data: scene.store).value
        guard case .vector(let elements) = value, let element = elements.first else {
            Issue.record("\(value)")
            return
        }
        #expect(abs(element.value - 0.05) < 1e-9)
    }
}
