import Specs
import Statistics
import TestChance
import Testing
import Values

@testable import Verdicts

/// What the engine says of a small fleet, and what it is not fooled by.
@Suite("Verdicts by a sequential engine")
struct EngineTests {
    /// How many of twenty worlds end with each verdict.
    private func verdicts(
        seconds: Int, seeds: UInt64 = 20, _ change: (inout World) -> Void
    ) -> (fails: [Int], passes: [Int]) {
        var fails: [Int] = []
        var passes: [Int] = []
        for seed in 1...seeds {
            var world = World(seed: seed)
            change(&world)
            let answer = world.run(seconds: seconds)
            if answer.verdict == .fail { fails.append(answer.at) }
            if answer.verdict == .pass { passes.append(answer.at) }
        }
        return (fails.sorted(), passes.sorted())
    }

    @Test("a crash is told within ten seconds, many errors within half a minute, some within three minutes")
    func badErrors() {
        let crash = verdicts(seconds: 60) { $0.worse = 100 }
        #expect(crash.fails.count == 20 && crash.fails[10] <= 10, "\(crash)")
        let many = verdicts(seconds: 120) { $0.worse = 20 }
        #expect(many.fails.count == 20 && many.fails[10] <= 30, "\(many)")
        let some = verdicts(seconds: 400) { $0.worse = 5 }
        #expect(some.fails.count >= 19 && some.fails[10] <= 180, "\(some)")
    }

    @Test("a slower version is told, and how much slower")
    func slower() throws {
        let slow = verdicts(seconds: 300) { $0.slower = 1.4 }
        #expect(slow.fails.count == 20 && slow.fails[10] <= 150, "\(slow)")
        var world = World(seed: 3)
        world.slower = 1.4
        let effect = try #require(world.run(seconds: 300).engine.readings[1].evidence?.effect)
        #expect(effect.lower < 1.4 && 1.4 < effect.upper ?? .infinity, "\(effect)")
    }

    @Test("a good version is proven good, and not rolled back")
    func good() {
        let answer = verdicts(seconds: 1200, seeds: 10) { $0.before = 1800 }
        #expect(answer.fails.isEmpty)
        #expect(answer.passes.count >= 8, "\(answer)")
    }

    @Test("an incident of everybody, or of one zone, is not blamed on the canary", arguments: [nil, 1])
    func incidents(zone: Int?) {
        let answer = verdicts(seconds: 600) { world in
            world.zones = 2
            world.canaries = 2
            world.incident = (100, 400, 20, zone)
        }
        #expect(answer.fails.isEmpty, "\(answer)")
    }

    @Test("nothing is proven while an incident lasts")
    func holdsInIncidents() {
        var world = World(seed: 4)
        world.traffic = 100
        world.incident = (5, 900, 1, nil)
        var engine = world.engine()
        for second in stride(from: 5, through: 60, by: 5) { engine.observe(world.tick(second)) }
        world.incident = (60, 900, 30, nil)
        for second in stride(from: 65, through: 80, by: 5) { engine.observe(world.tick(second)) }
        #expect(engine.readings[0].verdict == .undecided)
        #expect(engine.readings[0].reason.contains("incident"), "\(engine.readings[0].reason)")
    }

    @Test("a cold start is waited for; beside a control it is compared with one")
    func coldStarts() {
        let alone = verdicts(seconds: 300) { $0.cold = 55 }
        #expect(alone.fails.isEmpty, "\(alone)")
        let beside = verdicts(seconds: 400) { world in
            world.cold = 200
            world.hasControl = true
        }
        #expect(beside.fails.isEmpty, "\(beside)")
        let bad = verdicts(seconds: 200) { world in
            world.cold = 100
            world.hasControl = true
            world.worse = 10
        }
        #expect(bad.fails.count == 20 && bad.fails[10] <= 40, "\(bad)")
    }

    @Test("a host that has always been worse is not blamed for it, once its history is known")
    func hostsThatDiffer() {
        let answer = verdicts(seconds: 600) { world in
            world.before = 1800
            world.unlike = [0: 3, 1: 0.5, 4: 1.8]
        }
        #expect(answer.fails.isEmpty, "\(answer)")
    }

    @Test("a baseline whose halves differ cannot be compared with: the engine says so, and rolls nothing back")
    func sentinel() {
        var world = World(seed: 8)
        world.traffic = 200
        world.unlike = [1: 6, 3: 6, 5: 6]
        world.canaries = 1
        world.unlike[0] = 6
        var engine = world.engine()
        for second in stride(from: 5, through: 600, by: 5) { engine.observe(world.tick(second)) }
        #expect(engine.verdict != .fail)
        #expect(engine.distrust?.contains("baseline") == true || engine.readings[0].evidence?.log ?? 9 < 4)
    }

    @Test("one budget: more checks are no more false alarms, and each needs more evidence")
    func oneBudget() {
        var world = World(seed: 1)
        let alone = VerdictEngine(.init(checks: [World.errorCheck]))
        let both = world.engine()
        #expect(alone.threshold(0) < both.threshold(0))
        world.checks = (1...8).map { number in
            var check = World.errorCheck
            check.name = "errors\(number)"
            return check
        }
        let many = world.run(seconds: 300)
        #expect(many.verdict != .fail)
        #expect(many.engine.budget.threshold == alone.budget.threshold)
    }

    @Test("a dry run is judged and moves nothing; a missing sample moves nothing, and is said")
    func dryRunsAndGaps() {
        var world = World(seed: 6)
        world.worse = 100
        world.checks[0].dryRun = true
        let answer = world.run(seconds: 60)
        #expect(answer.verdict != .fail)
        #expect(answer.engine.readings[0].verdict == .fail)

        var engine = World(seed: 6).engine()
        let before = engine.budget
        engine.observe(
            Tick(
                at: Timestamp(milliseconds: 5000), length: .seconds(5),
                samples: [.missing("stale data from web-1"), .missing("no histogram")]))
        #expect(engine.readings.map(\.reason) == ["stale data from web-1", "no histogram"])
        #expect(engine.readings.allSatisfy { $0.lacksData && $0.verdict == .undecided })
        #expect(abs(engine.budget.log - before.log) < 1e-12 && engine.budget.threshold == before.threshold)
    }

    @Test("ticks out of order, of no length or with too few samples are ignored; broken counts spoil nothing")
    func brokenTicks() {
        var world = World(seed: 2)
        var engine = world.engine()
        engine.observe(world.tick(10))
        let before = engine
        engine.observe(world.tick(10))
        engine.observe(world.tick(5))
        engine.observe(Tick(at: Timestamp(milliseconds: 20_000), length: .zero, samples: []))
        engine.observe(Tick(at: Timestamp(milliseconds: 20_000), length: .seconds(5), samples: []))
        #expect(engine == before)
        let place = HostPlace(host: 0, cohort: .canary)
        for bad in [Double.nan, -1, .infinity] {
            engine.observe(
                Tick(
                    at: Timestamp(milliseconds: 30_000), length: .seconds(5),
                    samples: [
                        .events([HostEvents(place, bad: bad, total: bad)]),
                        .durations(edges: [1, .nan], [HostDurations(place, counts: [bad, 1, 2])]),
                    ]))
        }
        #expect(engine.budget.log.isFinite)
        #expect(engine.verdict == .undecided)
    }

    @Test("restored after every tick it goes on to the last bit, from about a thousand bytes a check")
    func restarts() throws {
        for hasControl in [false, true] {
            var world = World(seed: 5)
            world.before = 30
            world.hasControl = hasControl
            world.checks += [
                CheckSpec(name: "slo", kind: .slo(bad: "b", total: "a", objective: Percentage(99))),
                CheckSpec(name: "peers", kind: .peers(bad: "b", total: "a")),
            ]
            var through = world.engine()
            var restarted = world.engine()
            for second in stride(from: -25, through: 300, by: 5) {
                let tick = world.tick(second)
                through.observe(tick)
                let state = restarted.state
                restarted = world.engine()
                try restarted.restore(state)
                restarted.observe(tick)
                #expect(restarted.state == through.state, "second \(second)")
                #expect(restarted.readings == through.readings)
            }
            #expect(through.state.count < 7000, "\(through.state.count) bytes")
        }
    }

    @Test("a state of other checks, cut short or none is refused, and nothing has changed")
    func refusesStates() {
        var world = World(seed: 5)
        var engine = world.run(seconds: 60).engine
        let before = engine
        let state = engine.state
        for broken in [[], Array(state.dropLast()), state + [0], [9] + state.dropFirst()] {
            #expect(throws: StateError.self) { try engine.restore(broken) }
        }
        world.checks = [World.latencyCheck, World.errorCheck]
        #expect(throws: StateError.self) { try engine.restore(world.engine().state) }
        #expect(engine == before)
    }

    @Test("an objective that the baseline misses too is an incident; one that only the canary misses goes back")
    func objectives() {
        let check = CheckSpec(name: "slo", kind: .slo(bad: "b", total: "a", objective: Percentage(99)))
        let everyone = verdicts(seconds: 300, seeds: 8) { world in
            world.checks = [check]
            world.errors = 0.05
        }
        #expect(everyone.fails.isEmpty)
        let canary = verdicts(seconds: 300, seeds: 8) { world in
            world.checks = [check]
            world.worse = 10
        }
        #expect(canary.fails.count == 8, "\(canary)")
        let within = verdicts(seconds: 900, seeds: 8) { $0.checks = [check] }
        #expect(within.fails.isEmpty && within.passes.count == 8, "\(within)")
    }

    @Test("a host unlike the others of its wave is found")
    func peers() {
        let check = CheckSpec(name: "peers", kind: .peers(bad: "b", total: "a"))
        let found = verdicts(seconds: 600, seeds: 8) { world in
            world.checks = [check]
            world.canaries = 4
            world.unlike = [2: 12]
        }
        #expect(found.fails.count == 8, "\(found)")
        let alike = verdicts(seconds: 600, seeds: 8) { world in
            world.checks = [check]
            world.canaries = 4
        }
        #expect(alike.fails.isEmpty, "\(alike)")
    }

    @Test("a gauge of many hosts tells, of few it does not dare to")
    func gauges() {
        func run(canaries: Int, factor: Double) -> (Verdict, Reading) {
            var lots = Lots(seed: 9)
            let check = CheckSpec(name: "memory", kind: .gauge(expression: "m"))
            var engine = VerdictEngine(.init(checks: [check]))
            for second in stride(from: -600, through: 1800, by: 5) {
                let rows = (0..<20).map { host in
                    let isCanary = host < canaries && second > 0
                    let value = (100 + Double(host)) * (isCanary ? factor : 1) * (1 + 0.02 * lots.normal())
                    let age = Period.seconds(Int64(isCanary ? second : 100_000))
                    return HostGauge(
                        HostPlace(host: host, cohort: isCanary ? .canary : .baseline, age: age), value: value)
                }
                engine.observe(
                    Tick(
                        at: Timestamp(milliseconds: Int64(second) * 1000), length: .seconds(5), isBefore: second <= 0,
                        samples: [.gauges(rows)]))
            }
            return (engine.verdict, engine.readings[0])
        }
        #expect(run(canaries: 6, factor: 2).0 == .fail)
        #expect(run(canaries: 6, factor: 1).0 == .pass)
        #expect(run(canaries: 1, factor: 1).0 != .fail)
    }
}
