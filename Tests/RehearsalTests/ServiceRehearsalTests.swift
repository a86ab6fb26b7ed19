import Specs
import Testing
import Values
import Verdicts

@testable import Rehearsal

@Suite struct BinomialTests {
    @Test(
        "binomial numbers have the right mean and spread, however they are drawn",
        arguments: [(10.0, 0.3), (1000, 0.01), (1000, 0.4), (50_000, 0.2), (200, 0.9)])
    func binomial(events: Double, chance: Double) {
        var dice = SeededGenerator(seed: 7)
        let draws = 20_000
        var (sum, squares) = (0.0, 0.0)
        for _ in 0..<draws {
            let count = dice.binomial(events, chance)
            (sum, squares) = (sum + count, squares + count * count)
        }
        let mean = sum / Double(draws)
        let variance = events * chance * (1 - chance)
        // Five standard errors of the mean, and a tenth of the variance.
        #expect(abs(mean - events * chance) < 5 * (variance / Double(draws)).squareRoot())
        #expect(abs(squares / Double(draws) - mean * mean - variance) < 0.1 * variance)
    }
}

@Suite struct ServiceRehearsalTests {
    private static let edges = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, .infinity]

    /// An hour of a service with 400 requests a second, of which one in two hundred fails.
    private static func recording() -> Recording {
        let counts = [0.02, 0.08, 0.3, 0.3, 0.2, 0.07, 0.02, 0.008, 0.002].map { $0 * 4000 }
        let events = Recording.Events(bad: 20, total: 4000)
        return Recording(
            tick: .seconds(10), checks: usual,
            stretches: [
                [
                    .events([Recording.Events?](repeating: events, count: 360)),
                    .durations(edges: edges, [[Double]?](repeating: counts, count: 360)),
                ]
            ])
    }

    private static let usual = [
        CheckSpec(name: "errors", kind: .ratio(bad: "b", total: "t")),
        CheckSpec(name: "latency", kind: .latency(histogram: "h")),
    ]

    private static let plan = RehearsedPlan(
        waves: [
            RehearsedPlan.Wave(name: "one", hosts: 1, bake: .minutes(2)),
            RehearsedPlan.Wave(name: "few", hosts: 4, bake: Bake(atLeast: .minutes(2), atMost: .minutes(5))),
            RehearsedPlan.Wave(name: "all", hosts: 15, bake: .minutes(5)),
        ], holdout: 1, falseRollbacks: Percentage(1))

    private static func rehearsal() -> Rehearsal { Rehearsal(plan: plan, recording: recording(), seed: 5) }

    private func regression(_ text: String) throws -> Regression {
        try #require(try Regression.read(text, checks: Self.usual).first)
    }

    @Test("a crash is caught in the first wave, and a good change hardly ever")
    func crashes() throws {
        let rehearsal = Self.rehearsal()
        let crash = rehearsal.result(of: try regression("crash"), rollouts: 30)
        #expect(crash.caught == 1)
        #expect(crash.caughtIn.first == RehearsalResult.WaveShare(wave: "one", share: 1))
        #expect(try #require(crash.slowSeconds) <= 60)
        #expect(try #require(crash.badServed) > 100)
        let good = rehearsal.result(of: nil, rollouts: 60)
        #expect(good.caught <= 0.04)
        #expect(good.promoted >= 0.9)
        #expect(abs(good.caught + good.held + good.promoted - 1) < 1e-9)
    }

    @Test("the larger a regression, the sooner it is found")
    func sizes() throws {
        let rehearsal = Self.rehearsal()
        let times = try ["errors=x2", "errors=x5", "crash"].map { text in
            try #require(rehearsal.result(of: try regression(text), rollouts: 20).medianSeconds)
        }
        #expect(times == times.sorted(by: >))
        #expect(try rehearsal.result(of: regression("latency=+50%"), rollouts: 10).caught > 0.8)
    }

    @Test("the same seed gives the same answer")
    func seeds() throws {
        let worse = try regression("errors=x3")
        #expect(Self.rehearsal().result(of: worse, rollouts: 5) == Self.rehearsal().result(of: worse, rollouts: 5))
    }

    @Test("the shares of all hosts are what was recorded, and only the canary is made worse")
    func splits() throws {
        let recording = Self.recording()
        let split = CohortSplit(Self.plan, recording, try regression("errors=x4"))
        let blocks = Self.plan.blocks
        #expect(blocks.reduce(0) { $0 + $1.hosts } == 20)
        #expect(abs(blocks.reduce(0) { $0 + $1.share } - 1) < 1e-9)
        let standing = blocks.map { block in
            CohortSplit.Standing(cohort: block.wave == 0 || block.wave == 1 ? .canary : .baseline, age: .minutes(10))
        }
        var (dice, served) = (SeededGenerator(seed: 3), Served())
        var (bad, total, canaryBad, canaryTotal) = (0.0, 0.0, 0.0, 0.0)
        for _ in 0..<200 {
            let samples = split.samples(at: 0, standing, &dice, served: &served)
            guard case .events(let rows) = samples[0] else {
                Issue.record("no events")
                return
            }
            #expect(rows.reduce(0) { $0 + $1.total } == 4000)
            for row in rows where row.place.cohort == .canary {
                (canaryBad, canaryTotal) = (canaryBad + row.bad, canaryTotal + row.total)
            }
            for row in rows where row.place.cohort == .baseline { (bad, total) = (bad + row.bad, total + row.total) }
        }
        #expect(abs(canaryTotal / (canaryTotal + total) - 0.25) < 0.005)
        #expect(abs(bad / total - 0.005) < 0.0005)
        #expect(abs(canaryBad / canaryTotal - 0.02) < 0.001)
        #expect(served == Served(requests: canaryTotal, bad: canaryBad))
    }

    @Test("with control: restart as many hosts from the end are controls, until a later wave changes them")
    func controls() throws {
        var plan = Self.plan
        plan.control = .restart
        let blocks = plan.blocks
        #expect(blocks.reduce(0) { $0 + $1.hosts } == 20)
        // The one that is held out beside the first wave; four more, of the last wave, beside the second.
        #expect(blocks.filter { $0.controlOf == 0 }.map(\.hosts) == [1])
        #expect(blocks.filter { $0.controlOf == 0 }.map(\.wave) == [nil])
        #expect(blocks.filter { $0.controlOf == 1 }.reduce(0) { $0 + $1.hosts } == 4)
        #expect(blocks.allSatisfy { $0.controlOf != 1 || $0.wave == 2 })
        #expect(Self.plan.blocks.allSatisfy { $0.controlOf == nil })
        let rehearsal = Rehearsal(plan: plan, recording: Self.recording(), seed: 5)
        #expect(rehearsal.result(of: try regression("crash"), rollouts: 20).caught == 1)
        #expect(rehearsal.result(of: nil, rollouts: 40).caught <= 0.05)
    }

    @Test("slow answers are those beyond what 99 of 100 took before")
    func slowAnswers() throws {
        let slow = SlowRequests([[0, 900, 98, 2], nil, [0, 900, 98, 2]])
        // A hundred in the third bucket and beyond: the limit is where ten of a thousand are left.
        #expect(abs(slow.count(in: [0, 900, 98, 2]) - 10) < 1e-9)
        #expect(slow.count(in: [5, 0, 0, 0]) == 0)
        #expect(slow.count(in: [0, 0, 0, 7]) == 7)
        #expect(SlowRequests([]).count(in: []) == 0)
        let result = Self.rehearsal().result(of: try regression("latency=+50%"), rollouts: 10)
        let seconds = try #require(result.medianSeconds)
        // 20 answers a second of one host in 20: more than one in a hundred of them is slow, and far from all are.
        #expect(try #require(result.badServed) < 0.5 * 20 * seconds)
        #expect(try #require(result.badServed) > 0.01 * 20 * seconds)
    }

    @Test("stretches may have buckets of their own")
    func stretchesDiffer() throws {
        var recording = Self.recording()
        recording.checks = [Self.usual[1]]
        recording.stretches = [
            [.durations(edges: [0.1, .infinity], [[Double]?](repeating: [400, 0], count: 90))],
            [.durations(edges: Self.edges, [[Double]?](repeating: Array(repeating: 50, count: 9), count: 90))],
        ]
        let rehearsal = Rehearsal(plan: Self.plan, recording: recording, seed: 5)
        let slower = try #require(try Regression.read("latency=x2", checks: recording.checks).first)
        #expect(rehearsal.result(of: slower, rollouts: 8).rollouts == 8)
    }

    @Test("a suggestion that would stop good changes says so, and is no answer")
    func harmfulSuggestions() throws {
        var recording = Self.recording()
        // Next to nobody asks: nothing can be told within a minute.
        recording.stretches = recording.stretches.map { tracks in
            tracks.map { track in
                guard case .durations(let edges, let ticks) = track else {
                    return .events([Recording.Events?](repeating: Recording.Events(bad: 0.02, total: 4), count: 360))
                }
                return .durations(edges: edges, ticks.map { $0?.map { $0 / 1000 } })
            }
        }
        let rehearsal = Rehearsal(plan: Self.plan, recording: recording, seed: 5)
        let found = try #require(
            rehearsal.suggestion(for: [try regression("errors=x2")], within: .minutes(1), rollouts: 5))
        #expect(!found.isEnough)
        #expect(found.stopped.rolledBack + found.stopped.held <= 1)
    }

    @Test("durations that take longer move up, and none is lost")
    func shifts() {
        var dice = SeededGenerator(seed: 1)
        let counts: [Double] = [0, 0, 1000, 0, 0, 0, 0, 0, 10]
        let moved = LatencyShift(edges: Self.edges, factor: 2.5).moved(counts, &dice)
        // 10 to 25 ms become 25 to 62.5 ms: mostly the next bucket, and a part of the one after that.
        #expect(moved.reduce(0, +) == 1010)
        #expect(moved[2] == 0 && moved[3] > 600 && moved[4] > 150 && moved[8] == 10)
        #expect(LatencyShift(edges: Self.edges, factor: 1).moved(counts, &dice) == counts)
    }

    @Test("a suggested plan finds what it was made for")
    func suggestions() throws {
        let worse = [try regression("errors=x5"), try regression("crash")]
        let found = try #require(
            Self.rehearsal().suggestion(for: worse, within: .minutes(5), rollouts: 10))
        #expect(found.isEnough)
        #expect(found.plan.waves.last?.hosts == .percent(100))
        #expect(found.plan.waves.first?.bake.atMost == .minutes(5))
        #expect(found.stopped.rolledBack <= 0.1 && found.stopped.held <= 0.1)
        // Nothing finds a tenth more errors in twenty seconds; the nearest is told, and said to be no answer.
        let never = Self.rehearsal().suggestion(
            for: [try regression("errors=x1.1")], within: .seconds(20), rollouts: 3)
        #expect(never?.isEnough != true)
    }
}
