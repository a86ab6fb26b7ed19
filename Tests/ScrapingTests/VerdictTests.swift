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

    /// The newest reading of a judge that looks every five seconds.
    private func judged(_ scene: Scene, now: Int64 = 1201) throws -> Reading {
        let check = CheckSpec(
            name: "errors", kind: .ratio(bad: "http_requests_total{code=~\"5..\"}", total: "http_requests_total"))
        var judge = RolloutJudge(
            VerdictEngine.Configuration(
                checks: [check], falseRollbacks: Percentage(1), waves: 1, planned: .minutes(10), tick: .seconds(5),
                control: false, reserve: 0))
        for seconds in stride(from: Int64(1031), through: now, by: 5) {
            var hosts = [RolloutScene.Host(name: "c1", number: 0, cohort: .canary, version: "2", isExpected: true)]
            hosts += [1, 2].map {
                RolloutScene.Host(name: "b\($0)", number: $0, cohort: .baseline, version: "1", isExpected: true)
            }
            _ = judge.look(
                RolloutScene(
                    service: "storefront", previous: "1", hosts: hosts, wave: 0, began: at(1020), now: at(seconds),
                    interval: .seconds(5)),
                data: scene.store)
        }
        return try #require(judge.engine.readings.first)
    }

    @Test("five percent of errors fail, and every one is counted")
    func bad() throws {
        let reading = try judged(try rollout(badPerScrape: 5))
        #expect(reading.verdict == .fail)
        #expect(reading.canary == CohortCount(bad: 175, total: 3500, hosts: 1))
        // While there was a canary to compare with: 35 scrapes of each host.
        #expect(reading.baseline == CohortCount(bad: 70, total: 14_000, hosts: 2))
    }

    @Test("a good version does not fail")
    func good() throws {
        let reading = try judged(try rollout(badPerScrape: 0))
        #expect(reading.verdict != .fail && !reading.lacksData)
        #expect(reading.canary == CohortCount(bad: 0, total: 3500, hosts: 1))
    }

    @Test("silence is not judged")
    func silent() throws {
        let reading = try judged(try rollout(badPerScrape: 0), now: 1261)
        #expect(reading.verdict == .undecided && reading.lacksData)
        #expect(reading.reason == "stale data from canary c1: nothing for 61 s")
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
