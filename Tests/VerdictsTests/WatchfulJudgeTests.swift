import Foundation
import HalcyonTesting
import Series
import Specs
import Testing
import Values

@testable import Verdicts

/// What a judge notices beside what it compares.
@Suite("A watchful judge")
struct WatchfulJudgeTests {
    private func configuration(_ check: CheckSpec) -> VerdictEngine.Configuration {
        VerdictEngine.Configuration(
            checks: [check], falseRollbacks: Percentage(1), waves: 2, planned: .minutes(10), tick: .seconds(5))
    }

    private func scene(_ now: Int64, anewSince: Int64? = nil) -> RolloutScene {
        let hosts = [("c1", Cohort.canary, "2"), ("b1", .baseline, "1")].enumerated().map {
            RolloutScene.Host(name: $1.0, number: $0, cohort: $1.1, version: $1.2, isExpected: true)
        }
        var scene = RolloutScene(
            service: "storefront", previous: "1", hosts: hosts, wave: 0, began: at(0), now: at(now),
            interval: .seconds(5))
        scene.anewSince = anewSince.map(at)
        return scene
    }

    /// The canary has so many requests a second until `quiet`; the baseline goes on.
    private func fleet(quiet: Int64, rate: Double = 20, badOfCanary: Double = 0.01) -> Fleet {
        var fleet = Fleet()
        for (host, version, end) in [("c1", "2", quiet), ("b1", "1", 3000)] {
            let times = Array(stride(from: Int64(0), through: 3000, by: 5))
            let share = host == "c1" ? badOfCanary : 0.01
            for (code, part) in [("200", 1 - share), ("500", share)] {
                fleet.series.append(
                    SeriesSamples(
                        labels: fleet.labels("requests_total", host, version, ["code": code]), startedAt: at(0),
                        samples: times.map {
                            Sample(at: at($0), value: (Double(min($0, end)) * rate * part).rounded(.down))
                        }))
            }
            fleet.addUp(host, version, times)
        }
        return fleet
    }

    @Test("traffic that stops is no proof any more; traffic that was rare has not stopped")
    func silence() throws {
        var judge = RolloutJudge(configuration(TickTests.ratio))
        let fleet = fleet(quiet: 600)
        for now in stride(from: Int64(6), through: 640, by: 5) {
            _ = judge.look(scene(now), data: fleet)
            #expect(judge.readings.allSatisfy { !$0.lacksData }, "\(now) s")
        }
        for now in stride(from: Int64(641), through: 680, by: 5) { _ = judge.look(scene(now), data: fleet) }
        let reading = try #require(judge.readings.first)
        #expect(reading.lacksData && reading.verdict == .undecided)
        #expect(
            reading.reason.hasPrefix("no events of the canary for ")
                && reading.reason.contains("after 20 a second before"),
            "\(reading.reason)")
        // It survives a restart.
        let restored = try RolloutJudge(
            judge.configuration, state: judge.engine.state,
            progress: JSONDecoder().decode(
                RolloutJudge.Progress.self, from: JSONEncoder().encode(judge.progress)))
        #expect(restored.progress == judge.progress)
        // One request in 50 seconds: a minute without any is nothing.
        var rare = RolloutJudge(configuration(TickTests.ratio))
        let seldom = self.fleet(quiet: 3000, rate: 0.02)
        for now in stride(from: Int64(6), through: 1500, by: 5) {
            _ = rare.look(scene(now), data: seldom)
            #expect(rare.readings.allSatisfy { !$0.reason.hasPrefix("no events of the canary for") }, "\(now) s")
        }
    }

    @Test("half an hour and more in which nobody judged is said to be left out")
    func skipped() throws {
        var judge = RolloutJudge(configuration(TickTests.ratio))
        let fleet = fleet(quiet: 3000)
        for now in stride(from: Int64(6), through: 101, by: 5) { _ = judge.look(scene(now), data: fleet) }
        #expect(judge.readings.first?.evidence?.allowances.contains { $0.contains("nobody judged") } == false)
        for _ in 0..<8 { _ = judge.look(scene(2501), data: fleet) }
        #expect(
            judge.readings.first?.evidence?.allowances.contains("10 min in which nobody judged are left out") == true,
            "\(judge.readings.first?.evidence?.allowances ?? [])")
    }

    @Test("what was gathered while another change was at work is forgotten, and how hosts differ is learnt again")
    func anew() {
        var judge = RolloutJudge(configuration(TickTests.ratio))
        let fleet = fleet(quiet: 3000, badOfCanary: 0.5)
        for now in stride(from: Int64(6), through: 301, by: 5) { _ = judge.look(scene(now), data: fleet) }
        #expect(judge.engine.verdict == .fail)
        _ = judge.look(scene(306, anewSince: 300), data: fleet)
        #expect(judge.engine.verdict == .undecided && judge.progress.anewSince == at(300))
        #expect(judge.readings.first?.canary?.total == 100)
        for now in stride(from: Int64(311), through: 401, by: 5) {
            _ = judge.look(scene(now, anewSince: 300), data: fleet)
        }
        #expect(judge.engine.verdict == .fail, "it is as bad as before")
    }

    @Test("a label that no series has is told, with the one that is meant")
    func oddity() throws {
        let misspelt = CheckSpec(
            name: "errors", kind: .ratio(bad: "requests_total{status=~\"5..\"}", total: "requests_total"))
        var judge = RolloutJudge(configuration(misspelt))
        let fleet = fleet(quiet: 3000)
        for now in stride(from: Int64(6), through: 51, by: 5) { _ = judge.look(scene(now), data: fleet) }
        let told =
            "no series of requests_total has a label 'status' (it has code): unless only bad events have it, none is ever found"
        #expect(judge.readings.first?.evidence?.allowances.contains(told) == true)
        #expect(fleet.oddity(of: misspelt, service: "storefront", at: at(51)) == "check errors: \(told)")
        #expect(fleet.oddity(of: TickTests.ratio, service: "storefront", at: at(51)) == nil)
        let near = CheckSpec(name: "e", kind: .ratio(bad: "requests_total{kode=\"500\"}", total: "requests_total"))
        #expect(
            fleet.oddity(of: near, service: "storefront", at: at(51))?.contains("did you mean 'code'?") == true)
        let other = CheckSpec(name: "e", kind: .ratio(bad: "errors_total", total: "requests_total"))
        #expect(
            fleet.oddity(bad: "errors_total", total: "requests_total", service: "storefront", at: at(51))
                == "no series of errors_total yet: nothing was bad, or it has another name")
        #expect(fleet.oddity(of: other, service: "storefront", at: at(51)) == nil, "a good service has none")
        // Whatever is not excluded is found without a label, too.
        let excluded = CheckSpec(
            name: "e", kind: .ratio(bad: "requests_total{status!=\"200\"}", total: "requests_total"))
        #expect(fleet.oddity(of: excluded, service: "storefront", at: at(51)) == nil)
        // Before a service has shown anything, nothing is odd.
        #expect(fleet.oddity(of: misspelt, service: "other", at: at(51)) == nil)
    }
}
