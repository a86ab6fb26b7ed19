import HalcyonTesting
import Series
import Specs
import Testing
import Values

@testable import Verdicts

/// How a rollout's engine is fed from what its hosts show.
@Suite("A rollout's judge")
struct RolloutJudgeTests {
    private let configuration = VerdictEngine.Configuration(
        checks: [TickTests.ratio], falseRollbacks: Percentage(1), waves: 2, planned: .minutes(10), tick: .seconds(5),
        control: false, reserve: 0)

    private func scene(_ now: Int64, canary: [String] = ["c1"], wave: Int = 0) -> RolloutScene {
        let hosts =
            canary.map { RolloutScene.Host(name: $0, number: 0, cohort: .canary, version: "2", isExpected: true) }
            + [1, 2].map {
                RolloutScene.Host(name: "b\($0)", number: $0, cohort: .baseline, version: "1", isExpected: true)
            }
        return RolloutScene(
            service: "storefront", previous: "1", hosts: hosts, wave: wave, began: at(0), now: at(now),
            interval: .seconds(5))
    }

    private func fleet(through: Int64) -> Fleet {
        var fleet = Fleet()
        let share = Double(through) / 600
        fleet.add("c1", "2", from: 0, through: through, requests: 6000 * share, bad: 30 * share, startedAt: 1)
        for host in ["b1", "b2"] {
            fleet.add(host, "1", from: 0, through: through, requests: 6000 * share, bad: 30 * share)
        }
        return fleet
    }

    @Test("comes to the same evidence in many looks as in few, also from its stored state")
    func catchesUp() throws {
        let fleet = fleet(through: 600)
        var often = RolloutJudge(configuration)
        for now in stride(from: Int64(6), through: 301, by: 5) { _ = often.look(scene(now), data: fleet) }
        var restored = try RolloutJudge(configuration, state: often.engine.state, progress: often.progress)
        #expect(restored.progress == often.progress)
        for now in stride(from: Int64(306), through: 601, by: 5) {
            _ = often.look(scene(now), data: fleet)
            _ = restored.look(scene(now), data: fleet)
        }
        #expect(often.engine.state == restored.engine.state)
        #expect(often.progress.through == at(600))
        let all = try #require(often.engine.readings.first?.canary)
        #expect(all.total == 6000 && all.bad == 30)
        // After a pause what was missed is made up for, tick by tick.
        var late = RolloutJudge(configuration)
        for now in stride(from: Int64(601), through: 640, by: 1) { _ = late.look(scene(now), data: fleet) }
        #expect(late.engine.readings.first?.canary?.total == 6000)
    }

    @Test("holds while a host is silent, and counts what it had to say once it is back")
    func silence() throws {
        var judge = RolloutJudge(configuration)
        let early = fleet(through: 100)
        for now in stride(from: Int64(6), through: 101, by: 5) { _ = judge.look(scene(now), data: early) }
        let before = try #require(judge.engine.readings.first?.canary?.total)
        for now in stride(from: Int64(106), through: 160, by: 5) { _ = judge.look(scene(now), data: early) }
        let silent = try #require(judge.engine.readings.first)
        #expect(silent.lacksData && silent.verdict == .undecided)
        #expect(silent.reason.hasPrefix("stale data from canary c1: nothing for"))
        #expect(judge.progress.through == at(100))
        let whole = fleet(through: 600)
        for now in stride(from: Int64(161), through: 201, by: 5) { _ = judge.look(scene(now), data: whole) }
        let after = try #require(judge.engine.readings.first)
        #expect(!after.lacksData)
        #expect(after.canary?.total == before + 1000)
    }

    @Test("asks nothing of metrics that cannot have changed")
    func rests() {
        let fleet = fleet(through: 100)
        var judge = RolloutJudge(configuration)
        let first = judge.look(scene(11), data: fleet)
        let ticked = judge.progress
        let second = judge.look(scene(12), data: fleet)
        #expect(first && !second)
        #expect(judge.progress == ticked)
        #expect(!judge.isDue(at: at(13), interval: .seconds(5)))
    }

    @Test("compares hosts of a stratum, but rather any hosts than none")
    func strata() {
        var scene = scene(50)
        scene.hosts[0].stratum = "a"
        scene.hosts[1].stratum = "a"
        scene.hosts[2].stratum = "b"
        let places = scene.tickHosts(at: at(50), Scrapes()).map(\.place.stratum)
        #expect(places[0] == places[1] && places[0] != places[2])
        scene.hosts[1].stratum = "b"
        #expect(Set(scene.tickHosts(at: at(50), Scrapes()).map(\.place.stratum)).count == 1)
    }

    @Test("knows since when what runs on a host has been scraped")
    func ages() throws {
        var fleet = Fleet()
        fleet.addUp("b1", "1", Array(stride(from: -600, through: 100, by: 5)))
        fleet.addUp("c1", "2", Array(stride(from: 60, through: 100, by: 5)))
        let scrapes = try Scrapes(service: "storefront", after: at(-200), through: at(100), data: fleet)
        let hosts = scene(100).tickHosts(at: at(100), scrapes)
        #expect(hosts[0].place.age == .seconds(40))
        #expect(hosts[1].place.age == .hours(24))
    }
}
