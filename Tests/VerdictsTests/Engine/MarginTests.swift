import Specs
import Statistics
import TestChance
import Testing
import Values

@testable import Verdicts

/// What a whole check guarantees: a version that is just as bad as its margin allows goes back as seldom as was said.
@Suite("Verdicts at the margin")
struct MarginTests {
    /// What a version may be like that is still tolerated.
    struct Tolerated: CustomTestStringConvertible, Sendable {
        var testDescription: String
        var errors: Double
        var worse: Double
        var tolerate: Tolerance
        var warmUp = Period.seconds(60)
        var traffic = 40.0
    }

    static let tolerated = [
        Tolerated(
            testDescription: "a quarter more", errors: 0.02, worse: 1.25,
            tolerate: Tolerance(relative: 1.25, absolute: Percentage(0))),
        Tolerated(
            testDescription: "nine times as many of next to nothing", errors: 0.0001, worse: 9,
            tolerate: Tolerance(relative: 1.25, absolute: Percentage(0.1)), traffic: 200),
        Tolerated(
            testDescription: "no warm-up", errors: 0.001, worse: 2,
            tolerate: Tolerance(relative: 1.25, absolute: Percentage(0.1)), warmUp: .zero, traffic: 100),
        Tolerated(
            testDescription: "good enough", errors: 0.002, worse: 5,
            tolerate: Tolerance(relative: 1.1, absolute: Percentage(0), floor: Percentage(1)), traffic: 40),
    ]

    @Test("a version that is as bad as is tolerated goes back within the chance that was given", arguments: tolerated)
    func atTheMargin(_ version: Tolerated) {
        var fails = 0
        let worlds = 40
        for seed in 1...UInt64(worlds) {
            var world = World(seed: seed)
            world.errors = version.errors
            world.worse = version.worse
            world.traffic = version.traffic
            world.checks = [
                CheckSpec(
                    name: "errors", kind: .ratio(bad: "bad", total: "all"), tolerate: version.tolerate,
                    warmUp: version.warmUp)
            ]
            var engine = VerdictEngine(
                VerdictEngine.Configuration(
                    checks: world.checks, falseRollbacks: Percentage(5), planned: .minutes(10), tick: .seconds(5)))
            for second in stride(from: 5, through: 400, by: 5) { engine.observe(world.tick(second)) }
            if engine.verdict == .fail { fails += 1 }
        }
        // Five in a hundred at most: of forty, more than six would be seen once in a hundred times.
        #expect(fails <= 6, "\(fails) of \(worlds)")
    }

    @Test("what a pass excludes is the larger of the bounds, and is said")
    func excludes() throws {
        var world = World(seed: 12)
        world.errors = 0.0005
        world.traffic = 400
        world.checks = [
            CheckSpec(
                name: "errors", kind: .ratio(bad: "bad", total: "all"),
                tolerate: Tolerance(relative: 1.25, absolute: Percentage(0.1)))
        ]
        let answer = world.run(seconds: 900)
        let reading = answer.engine.readings[0]
        try #require(reading.verdict == .pass)
        // 0.05% and twice 0.1% on top of it are five times 0.05%.
        let excludes = try #require(reading.evidence?.excludes)
        #expect(excludes > 3.5 && excludes < 7, "\(excludes)")
        #expect(reading.reason.contains("times as many or more is excluded"), "\(reading.reason)")
        #expect(!reading.reason.contains(": 2 times"), "\(reading.reason)")
    }

    @Test("with fewer events than are asked for nothing is judged")
    func minimumEvents() {
        for minimum in [0, 100_000] {
            var world = World(seed: 3)
            world.worse = 100
            world.checks = [
                CheckSpec(
                    name: "errors", kind: .ratio(bad: "bad", total: "all"), tolerate: Tolerance(),
                    minimumEvents: minimum)
            ]
            let answer = world.run(seconds: 120)
            #expect((answer.verdict == .fail) == (minimum == 0), "\(minimum)")
            if minimum > 0 {
                #expect(answer.engine.readings[0].reason.contains("100,000"), "\(answer.engine.readings)")
            }
        }
    }

    @Test("peers: one host unlike the others is found whenever it begins; a host alone is no proof of anything")
    func peers() {
        let check = CheckSpec(name: "peers", kind: .peers(bad: "bad", total: "all"))
        for onset in [60, 1500] {
            var engine = VerdictEngine(
                VerdictEngine.Configuration(checks: [check], planned: .minutes(30), tick: .seconds(5)))
            var lots = Lots(seed: 7)
            var found: Int?
            for second in stride(from: 5, through: onset + 400, by: 5) where found == nil {
                engine.observe(PeersWorld.tick(second, hosts: 5, onset: onset, &lots))
                if engine.verdict == .fail { found = second }
            }
            #expect((found ?? .max) - onset <= 180, "onset \(onset): \(found ?? -1)")
        }
        var alone = VerdictEngine(VerdictEngine.Configuration(checks: [check], tick: .seconds(5)))
        var lots = Lots(seed: 8)
        for second in stride(from: 5, through: 600, by: 5) {
            alone.observe(PeersWorld.tick(second, hosts: 1, onset: .max, &lots))
        }
        #expect(alone.verdict == .undecided)
        #expect(alone.readings[0].evidence?.proof == nil)
    }

    @Test("a queue that was always empty and fills on the canary is seen; a number below 0 is refused with a word")
    func gauges() {
        let check = CheckSpec(name: "queue", kind: .gauge(expression: "queue"))
        func run(_ value: (Int, Bool) -> Double) -> VerdictEngine {
            var engine = VerdictEngine(VerdictEngine.Configuration(checks: [check], tick: .seconds(5)))
            for second in stride(from: 5, through: 3000, by: 5) {
                let rows = (0..<12).map { host in
                    HostGauge(
                        HostPlace(
                            host: host, cohort: host < 6 ? .canary : .baseline, age: .seconds(Int64(second))),
                        value: value(host, host < 6))
                }
                engine.observe(
                    Tick(
                        at: Timestamp(milliseconds: Int64(second) * 1000), length: .seconds(5),
                        samples: [.gauges(rows)]))
            }
            return engine
        }
        #expect(run { host, isCanary in isCanary ? 400 + Double(host) * 20 : Double(host % 2) }.verdict == .fail)
        let good = run { host, _ in 100 + Double((host * 7) % 5) }
        #expect(good.verdict == .pass && good.readings[0].evidence?.excludes == 1.25, "\(good.readings)")
        let negative = run { _, _ in -1 }.readings[0]
        #expect(negative.verdict == .undecided && negative.reason.contains("below 0"), "\(negative.reason)")
    }

    @Test("baseline hosts of which half are slower are no measure: a latency check says so, and rolls nothing back")
    func slowHalves() {
        var world = World(seed: 9)
        world.hosts = 8
        world.traffic = 60
        world.slowerHosts = [1: 1.6, 3: 1.6, 5: 1.6, 7: 1.6]
        world.checks = [World.latencyCheck]
        var engine = world.engine()
        for second in stride(from: 5, through: 900, by: 5) { engine.observe(world.tick(second)) }
        #expect(engine.verdict != .fail)
        #expect(engine.distrust?.contains("latency") == true || engine.readings[0].evidence?.log ?? 9 < 3)

        var alike = World(seed: 10)
        alike.hosts = 8
        alike.traffic = 60
        alike.checks = [World.latencyCheck]
        var trusted = alike.engine()
        for second in stride(from: 5, through: 900, by: 5) { trusted.observe(alike.tick(second)) }
        #expect(trusted.distrust == nil)
    }

    @Test("one stall among the first ticks is no wandering; what goes up and down for an hour is")
    func wander() {
        var stalled = Wander()
        for tick in 0..<5 { stalled.observe(tick == 2 ? 0.3 : 0, variance: 0.0001, seconds: 2) }
        #expect(stalled.deviation(usual: 0.05) < 0.1, "\(stalled.deviation(usual: 0.05))")
        var wandering = Wander()
        for tick in 0..<360 { wandering.observe(tick / 60 % 2 == 0 ? 0.2 : -0.2, variance: 0.0001, seconds: 10) }
        #expect(wandering.deviation(usual: 0.05) > 0.15, "\(wandering.deviation(usual: 0.05))")
    }

    @Test("evidence of other margins is not gone on with; a check that lacked data still does after a restart")
    func restores() throws {
        var world = World(seed: 5)
        let engine = world.run(seconds: 60).engine
        world.checks[0].tolerate = Tolerance(relative: 1.5)
        var other = world.engine()
        #expect(throws: StateError.otherConfiguration) { try other.restore(engine.state) }

        var missing = engine
        missing.observe(
            Tick(
                at: Timestamp(milliseconds: 65_000), length: .seconds(5),
                samples: [.missing("nothing from web-1"), .missing("nothing from web-1")]))
        var restarted = World(seed: 5).engine()
        try restarted.restore(missing.state)
        #expect(restarted.readings == missing.readings)
        #expect(restarted.readings[0].lacksData && restarted.readings[0].reason == "nothing from web-1")
    }
}

/// Canary hosts, the first of which is ten times as bad from some second on.
private enum PeersWorld {
    static func tick(_ second: Int, hosts: Int, onset: Int, _ lots: inout Lots) -> Tick {
        let rows = (0..<hosts).map { host in
            let all = lots.poisson(200)
            let chance = host == 0 && second > onset ? 0.1 : 0.01
            return HostEvents(
                HostPlace(host: host, cohort: .canary, age: .seconds(Int64(second))),
                bad: lots.successes(of: all, chance: chance), total: all)
        }
        return Tick(
            at: Timestamp(milliseconds: Int64(second) * 1000), length: .seconds(5), startsWave: second == 5,
            samples: [.events(rows)])
    }
}
