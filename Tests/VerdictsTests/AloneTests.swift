import HalcyonTesting
import Series
import Specs
import Testing
import Values

@testable import Verdicts

/// What a rollout is judged by once nobody has the version before any more.
@Suite("With nobody left to compare with")
struct AloneTests {
    private static let promise = CheckSpec(
        name: "promise",
        kind: .slo(bad: "requests_total{code=\"500\"}", total: "requests_total", objective: Percentage(98)))
    private let checks = [TickTests.ratio, promise]

    private var configuration: VerdictEngine.Configuration {
        VerdictEngine.Configuration(
            checks: checks, falseRollbacks: Percentage(1), waves: 2, planned: .minutes(10), tick: .seconds(5))
    }

    /// Two hosts: until 300 s one of them has the version before, from then on both have the new one.
    private func scene(_ now: Int64, _ policy: WithoutBaselinePolicy = .hold) -> RolloutScene {
        let isAlone = now > 300
        let hosts = ["h1", "h2"].enumerated().map { number, name in
            let isNew = number == 0 || isAlone
            return RolloutScene.Host(
                name: name, number: number, cohort: isNew ? .canary : .baseline, version: isNew ? "2" : "1",
                isExpected: number == 0 || !isAlone || now > 320)
        }
        var scene = RolloutScene(
            service: "storefront", previous: "1", hosts: hosts, wave: isAlone ? 1 : 0, began: at(0), now: at(now),
            interval: .seconds(5))
        (scene.changedAt, scene.withoutBaseline) = (at(isAlone ? 300 : 0), policy)
        return scene
    }

    /// 20 requests a second of each host, 1% of them bad; `share` of them from `from` on.
    private func fleet(from: Int64, share: Double, until: Int64 = .max) -> Fleet {
        var fleet = Fleet()
        func add(_ host: String, _ version: String, _ begin: Int64, _ end: Int64) {
            let times = Array(stride(from: begin, through: end, by: 5))
            var (good, bad) = ([Sample](), [Sample]())
            var (all, failed) = (0.0, 0.0)
            for time in times {
                if time > begin {
                    (all, failed) = (all + 100, failed + (time > from && time <= until ? share * 100 : 1))
                }
                good.append(Sample(at: at(time), value: all - failed))
                bad.append(Sample(at: at(time), value: failed))
            }
            for (code, samples) in [("200", good), ("500", bad)] {
                fleet.series.append(
                    SeriesSamples(
                        labels: fleet.labels("requests_total", host, version, ["code": code]), startedAt: at(begin),
                        samples: samples))
            }
            fleet.addUp(host, version, times)
        }
        add("h1", "2", 0, 1500)
        add("h2", "1", -600, 300)
        add("h2", "2", 300, 1500)
        return fleet
    }

    /// Looks every five seconds.
    private func run(
        _ fleet: Fleet, through: Int64, _ policy: WithoutBaselinePolicy = .hold, _ look: (Int64, [Reading]) -> Void
    ) {
        var judge = RolloutJudge(configuration)
        for now in stride(from: Int64(6), through: through, by: 5) {
            _ = judge.look(scene(now, policy), data: fleet)
            look(now, judge.readings)
        }
    }

    @Test("errors that rise hold and are told, as long as they are high; they take nothing back")
    func incident() {
        run(fleet(from: 600, share: 0.05, until: 900), through: 1200) { now, readings in
            #expect(readings.allSatisfy { $0.verdict != .fail }, "\(now) s: \(readings.map(\.reason))")
            if now < 600 || now > 1000 {
                #expect(readings.allSatisfy { !$0.holds }, "\(now) s: \(readings.map(\.reason))")
            }
            guard now > 700, now < 900 else { return }
            #expect(readings.allSatisfy { $0.holds && $0.verdict == .undecided }, "\(now) s")
            #expect(
                readings[0].reason.hasPrefix("errors rose from 1% to ")
                    && readings[0].reason.contains("nobody is left on the version before to compare with"))
            #expect(readings[1].reason.contains("promised are at most 2%"))
        }
    }

    @Test("where the plan says so, twice what the version before did stands in for it")
    func standIn() {
        var failed: Int64?
        run(fleet(from: 600, share: 0.2), through: 1200, .rollback) { now, readings in
            if failed == nil, readings[0].verdict == .fail { failed = now }
        }
        #expect(failed.map { $0 > 600 && $0 < 700 } == true)
    }

    @Test("a crash of everything right after the last hosts were changed goes back; a later one holds")
    func crash() {
        var failed: Int64?
        run(fleet(from: 320, share: 0.8), through: 600) { now, readings in
            guard failed == nil, let reading = readings.first(where: { $0.verdict == .fail }) else { return }
            failed = now
            #expect(
                reading.evidence == nil && reading.reason.contains("what changed last goes back"), "\(reading.reason)")
            #expect(reading.baseline?.ratio.map { $0 < 0.02 } == true)
        }
        #expect(failed.map { $0 > 330 && $0 < 420 } == true, "\(failed.map(String.init) ?? "never")")
        run(fleet(from: 900, share: 0.8), through: 1200) { now, readings in
            #expect(readings.allSatisfy { $0.verdict != .fail }, "\(now) s")
            if now > 1000 { #expect(readings[0].holds) }
        }
    }
}
