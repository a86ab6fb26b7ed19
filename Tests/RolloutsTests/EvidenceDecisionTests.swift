import Foundation
import Rollouts
import Specs
import Testing
import Values
import Verdicts

/// What the machine makes of evidence: bakes that end early, holds with an estimate, and distrust.
@Suite("Decisions from evidence")
struct EvidenceDecisionTests {
    private let start = Timestamp(milliseconds: 1_764_579_600_000)

    private func machine(
        bake: Bake, hosts: Int = 4, critical: Bool = false, checks: [String] = ["errors"]
    ) throws -> RolloutMachine {
        let service = ServiceSpec(
            name: "shop", run: RunSpec(command: ["./shop"]),
            plan: PlanSpec(
                waves: [WaveSpec(name: "one", hosts: .count(1), bake: bake), WaveSpec(name: "rest", bake: bake)],
                watch: .minutes(1)))
        let order = try WaveOrder(service: service, fleet: (1...hosts).map { PlanHost(name: "h\($0)", labels: [:]) })
        return RolloutMachine(
            plan: RolloutPlan(
                id: "r", service: "shop", version: "v2", previous: "v1", hosts: order.hosts, waves: order.waves,
                watch: .minutes(1), rollback: RollbackSpec(),
                checks: checks.map { CheckSpec(name: $0, kind: .ratio(bad: "b", total: "t"), critical: critical) },
                falseRollbacks: Percentage(1), createdAt: start, createdBy: "alice"))
    }

    private func reading(
        _ verdict: Verdict, log: Double = 0, seconds: Double? = nil, total: Double = 500, holds: Bool = false,
        check: String = "errors", proof: Double? = nil
    ) -> Reading {
        Reading(
            check: check, verdict: verdict, reason: "as measured", holds: holds,
            canary: CohortCount(bad: 0, total: total, hosts: 1), baseline: CohortCount(bad: 1, total: 900, hosts: 3),
            evidence: Evidence(
                log: log, threshold: 5, proof: proof, proofThreshold: proof.map { _ in 3 }, expectedSeconds: seconds))
    }

    private func judgement(
        _ verdict: Verdict, log: Double = 0, distrust: String? = nil, hasBaseline: Bool = true
    ) -> Judgement {
        Judgement(
            verdict: verdict, budget: BudgetView(chance: 0.01, log: log, peak: log, threshold: 4.6),
            distrust: distrust, hasBaseline: hasBaseline)
    }

    /// Looks once a second, with hosts that do at once what they are told.
    private func pass(
        _ machine: inout RolloutMachine, from: Int64, through: Int64, _ readings: Reading..., with judgement: Judgement,
        freeze: String? = nil
    ) {
        for second in from...through {
            let state = machine.state
            let hosts = machine.plan.hosts.indices.map {
                HostObservation(running: state.target(host: $0) == .new ? .new : .previous)
            }
            _ = machine.observe(
                Observation(hosts: hosts, readings: readings, judgement: judgement, freeze: freeze),
                at: start + .seconds(second))
        }
    }

    @Test("a proven change bakes no longer than it must, and never shorter")
    func early() throws {
        let bake = Bake(atLeast: .seconds(20), atMost: .minutes(10))
        var machine = try machine(bake: bake)
        pass(&machine, from: 0, through: 15, reading(.pass), with: judgement(.pass))
        #expect(machine.state.wave == 0)
        pass(&machine, from: 16, through: 25, reading(.pass), with: judgement(.pass))
        #expect(machine.state.wave == 1)
        // Without anybody to compare with nothing is proven.
        pass(&machine, from: 26, through: 120, reading(.pass), with: judgement(.pass, hasBaseline: false))
        #expect(machine.state.phase == .baking)
    }

    @Test("what was proven once in a wave stays proven, whatever chance does to it, until something speaks against it")
    func proven() throws {
        let bake = Bake(atLeast: .seconds(5), atMost: .minutes(10))
        let slipped = reading(.undecided, log: 0.2, proof: 2.8)
        func machine(_ errors: Reading) throws -> RolloutMachine {
            var machine = try self.machine(bake: bake, checks: ["errors", "latency"])
            let slow = reading(.undecided, check: "latency", proof: 1)
            pass(&machine, from: 0, through: 9, reading(.pass, proof: 3.1), slow, with: judgement(.undecided))
            pass(&machine, from: 10, through: 20, errors, slow, with: judgement(.undecided))
            #expect(machine.state.wave == 0)
            let proven = reading(.pass, check: "latency", proof: 3.4)
            pass(&machine, from: 21, through: 21, errors, proven, with: judgement(.undecided))
            return machine
        }
        #expect(try machine(slipped).state.wave == 1)
        #expect(try machine(reading(.undecided, log: 2.6, proof: 0)).state.wave == 0, "it leans to a regression")
        var blind = slipped
        blind.lacksData = true
        #expect(try machine(blind).state.wave == 0, "nobody knows how it is now")
        #expect(try machine(reading(.undecided)).state.wave == 0, "a check that proves nothing is as it is now")
        // The next wave has its own proofs: what was read before it began is none.
        var next = try machine(slipped)
        #expect(next.state.proven.isEmpty && next.state.verdicts.isEmpty)
        let proven = reading(.pass, check: "latency", proof: 3.4)
        pass(&next, from: 22, through: 60, slipped, proven, with: judgement(.undecided))
        #expect(next.state.wave == 1 && next.state.phase == .baking)
        #expect(next.state.proven == ["latency"])
        let bytes = try JSONEncoder().encode(next.state)
        #expect(try JSONDecoder().decode(RolloutState.self, from: bytes) == next.state)
    }

    @Test("when its time is over a wave goes on where nothing speaks against it, and holds where something does")
    func late() throws {
        let bake = Bake(atLeast: .seconds(5), atMost: .seconds(30))
        var neutral = try machine(bake: bake)
        pass(&neutral, from: 0, through: 25, reading(.undecided, log: 0.4), with: judgement(.undecided, log: 0.4))
        #expect(neutral.state.wave == 0)
        pass(&neutral, from: 26, through: 40, reading(.undecided, log: 0.4), with: judgement(.undecided, log: 0.4))
        #expect(neutral.state.wave == 1)
        var leaning = try machine(bake: bake)
        let slow = reading(.undecided, log: 3, seconds: 240)
        pass(&leaning, from: 0, through: 60, slow, with: judgement(.undecided, log: 2))
        #expect(leaning.state.wave == 0)
        #expect(
            leaning.state.hold?.reason
                == "check errors is undecided: as measured; at this traffic it takes about 4m more")
        var together = try machine(bake: bake)
        pass(&together, from: 0, through: 60, reading(.undecided, log: 1), with: judgement(.undecided, log: 3))
        #expect(together.state.hold?.reason == "the checks are undecided together, errors the most: as measured")
        var idle = try machine(bake: bake)
        pass(&idle, from: 0, through: 60, reading(.undecided, total: 0), with: judgement(.undecided))
        #expect(idle.state.hold?.kind == .undecided)
    }

    @Test("nobody new gets the version while an incident lasts, and the watch does not end in one")
    func incident() throws {
        let incident = reading(.undecided, holds: true)
        var machine = try machine(bake: Bake(atLeast: .seconds(5), atMost: .seconds(30)))
        pass(&machine, from: 0, through: 10, reading(.undecided), with: judgement(.undecided))
        // The bake clock stands still: an incident is no time in which a change could be watched.
        pass(&machine, from: 11, through: 300, incident, with: judgement(.undecided))
        #expect(machine.state.wave == 0 && machine.state.baked(at: start + .seconds(300)) < .seconds(15))
        #expect(machine.state.hold?.reason == "check errors: as measured")
        pass(&machine, from: 301, through: 340, reading(.undecided), with: judgement(.undecided))
        #expect(machine.state.wave == 1 && machine.state.hold == nil)
        // The last wave is half way through when the next one begins.
        #expect(machine.state.phase == .baking)
        pass(&machine, from: 341, through: 380, reading(.undecided), with: judgement(.undecided))
        #expect(machine.state.phase == .watching)
        pass(&machine, from: 381, through: 600, incident, with: judgement(.undecided))
        #expect(machine.state.phase == .watching && machine.state.hold?.kind == .undecided)
        pass(&machine, from: 601, through: 700, reading(.undecided), with: judgement(.undecided))
        #expect(machine.state.phase == .done)
    }

    @Test("a wave that waits or moves stops where it is while an incident lasts, unless a person promotes it")
    func incidentOnTheWay() throws {
        let incident = reading(.undecided, holds: true)
        var waiting = try machine(bake: Bake(atLeast: .seconds(5), atMost: .seconds(30)))
        pass(&waiting, from: 0, through: 3, reading(.pass), with: judgement(.pass))
        pass(&waiting, from: 4, through: 60, reading(.pass), with: judgement(.pass), freeze: "the holidays")
        #expect(waiting.state.phase == .waiting && waiting.state.wave == 1)
        pass(&waiting, from: 61, through: 900, incident, with: judgement(.undecided))
        #expect(waiting.state.phase == .waiting && waiting.state.hold?.reason == "check errors: as measured")
        var promoted = waiting
        _ = try promoted.obey(.promote(full: false), by: "alice", reason: "known", at: start + .seconds(901))
        pass(&promoted, from: 902, through: 903, incident, with: judgement(.undecided))
        #expect(promoted.state.phase != .waiting)
        // Hosts that have not moved yet stay as they are.
        pass(&waiting, from: 901, through: 901, reading(.undecided), with: judgement(.undecided))
        #expect(waiting.state.phase == .moving && waiting.state.released.count == 2)
        pass(&waiting, from: 902, through: 2000, incident, with: judgement(.undecided))
        #expect(waiting.state.phase == .moving && waiting.state.released.count == 2)
        #expect(waiting.state.hold?.kind == .undecided)
        pass(&waiting, from: 2001, through: 2010, reading(.undecided), with: judgement(.undecided))
        #expect(waiting.state.phase == .baking && waiting.state.released.count == 4)
    }

    @Test("the watch does not end while the checks cannot be trusted, or another change is to blame")
    func watchHeldBack() throws {
        var machine = try machine(bake: .seconds(10))
        pass(&machine, from: 0, through: 50, reading(.undecided), with: judgement(.undecided))
        #expect(machine.state.phase == .watching)
        pass(
            &machine, from: 51, through: 300, reading(.undecided),
            with: judgement(.undecided, distrust: "halves differ"))
        #expect(machine.state.phase == .watching && machine.state.hold?.kind == .distrust)
        pass(&machine, from: 301, through: 302, reading(.undecided), with: judgement(.undecided))
        #expect(machine.state.phase == .done)
    }

    @Test("a critical check must have an answer, however little speaks against the change")
    func critical() throws {
        var machine = try machine(bake: Bake(atLeast: .seconds(5), atMost: .seconds(30)), critical: true)
        pass(&machine, from: 0, through: 60, reading(.undecided, log: 0.4), with: judgement(.undecided, log: 0.4))
        #expect(machine.state.wave == 0)
        #expect(machine.state.hold?.reason == "check errors is critical, and undecided: as measured")
        pass(&machine, from: 61, through: 90, reading(.pass), with: judgement(.pass))
        #expect(machine.state.wave == 1)
    }

    @Test("checks that have evidence enough together take it back")
    func together() throws {
        var machine = try machine(bake: .seconds(30))
        pass(&machine, from: 0, through: 5, reading(.undecided, log: 4), with: judgement(.fail, log: 4.7))
        #expect(machine.state.rollback?.reason == "the checks failed together, errors the most: as measured")
        #expect(machine.state.rollback?.reading?.check == "errors")
    }

    @Test("statistics that cannot be trusted take nothing back: a person is asked")
    func distrust() throws {
        var machine = try machine(bake: .seconds(30))
        let doubt = judgement(.fail, log: 9, distrust: "the baseline differs from itself")
        pass(&machine, from: 0, through: 60, reading(.fail, log: 9), with: doubt)
        #expect(machine.state.rollback == nil && machine.state.wave == 0)
        #expect(machine.state.hold?.kind == .distrust && machine.state.hold?.needsPerson == true)
        // A guardrail is no statistics.
        let guardrail = Reading(check: "memory", verdict: .fail, reason: "9 < 5 does not hold")
        pass(&machine, from: 61, through: 62, guardrail, with: doubt)
        #expect(machine.state.rollback?.reading?.check == "memory")
    }

    @Test("the hold-out is kept of services with ten hosts, and where the plan says so")
    func holdout() throws {
        func waves(_ hosts: Int, _ holdout: Amount, bake: Bake = .minutes(1)) throws -> [String] {
            let service = ServiceSpec(
                name: "shop", run: RunSpec(command: ["./shop"]),
                plan: PlanSpec(waves: [WaveSpec(name: "all", bake: bake)], holdout: holdout))
            let fleet = (1...hosts).map { PlanHost(name: "h\($0)", labels: [:]) }
            return try WaveOrder(service: service, fleet: fleet).waves.map { "\($0.spec.name) \($0.members.count)" }
        }
        #expect(try waves(9, .percent(2)) == ["all 9"])
        #expect(try waves(10, .percent(2)) == ["all 9", "hold-out 1"])
        #expect(try waves(200, .percent(2)) == ["all 196", "hold-out 4"])
        #expect(try waves(200, .count(0)) == ["all 200"])
        #expect(try waves(4, .count(1)) == ["all 3", "hold-out 1"])
        #expect(try waves(10, .percent(2), bake: .zero) == ["all 10"])
    }

    @Test("what was measured while another change was at work counts for nothing once that is gone")
    func anew() throws {
        var machine = try machine(bake: .seconds(30))
        let failing = reading(.fail, log: 9)
        func look(_ second: Int64, _ blame: Blame?, _ reading: Reading, anewSince: Timestamp? = nil) {
            let state = machine.state
            let hosts = machine.plan.hosts.indices.map {
                HostObservation(running: state.target(host: $0) == .new ? .new : .previous)
            }
            var judged = judgement(reading.verdict, log: reading.verdict == .fail ? 9 : 0)
            judged.anewSince = anewSince
            var observation = Observation(hosts: hosts, readings: [reading], judgement: judged)
            observation.blame = blame
            _ = machine.observe(observation, at: start + .seconds(second))
        }
        for second in 0..<20 { look(Int64(second), nil, reading(.undecided)) }
        for second in 20..<60 { look(Int64(second), .other(reason: "it may be either"), failing) }
        #expect(machine.state.hold?.kind == .attributed && machine.state.rollback == nil)
        // The other one is gone. What the checks say is still of before.
        for second in 60..<70 { look(Int64(second), nil, failing) }
        #expect(machine.state.rollback == nil && machine.state.anewSince == start + .seconds(60))
        #expect(machine.state.baked(at: start + .seconds(69)) == .zero, "nothing is read yet")
        let since = try #require(machine.state.anewSince)
        for second in 70..<90 { look(Int64(second), nil, reading(.undecided), anewSince: since) }
        #expect(machine.state.wave == 0)
        look(90, nil, failing, anewSince: since)
        #expect(machine.state.rollback?.reason == "check errors failed: as measured")
    }

    private func controlled(hosts: Int, first: Amount = .count(1), unavailable: Amount) throws -> RolloutMachine {
        let service = ServiceSpec(
            name: "shop", run: RunSpec(command: ["./shop"]),
            plan: PlanSpec(
                waves: [
                    WaveSpec(name: "one", hosts: first, maxUnavailable: unavailable, bake: .minutes(1)),
                    WaveSpec(name: "rest", bake: .minutes(1)),
                ], holdout: .count(0)))
        let order = try WaveOrder(service: service, fleet: (1...hosts).map { PlanHost(name: "h\($0)", labels: [:]) })
        var plan = RolloutPlan(
            id: "r", service: "shop", version: "v2", previous: "v1", hosts: order.hosts, waves: order.waves,
            watch: .zero, rollback: RollbackSpec(), checks: [], falseRollbacks: Percentage(1), createdAt: start,
            createdBy: "alice")
        plan.control = .restart
        return RolloutMachine(plan: plan)
    }

    @Test("controls are of the canary's stratum, count as out of service, and the wave waits for them")
    func controls() throws {
        var machine = try controlled(hosts: 7, unavailable: .count(1))
        let plan = machine.plan
        var hosts = plan.hosts.indices.map { HostObservation(running: .previous, stratum: $0 % 2 == 0 ? "a" : "b") }
        var events = machine.observe(Observation(hosts: hosts), at: start)
        // One at a time may be out of service.
        #expect(Array(machine.state.released) == [0] && machine.state.controls.isEmpty)
        hosts[0].running = .new
        events += machine.observe(Observation(hosts: hosts), at: start + .seconds(5))
        #expect(Array(machine.state.controls) == [6] && machine.state.phase == .moving)
        #expect(machine.state.restart(host: 6) == start.milliseconds && machine.state.restart(host: 5) == nil)
        hosts[6].ready = false
        events += machine.observe(Observation(hosts: hosts), at: start + .seconds(10))
        #expect(machine.state.phase == .moving)
        hosts[6].ready = true
        events += machine.observe(Observation(hosts: hosts), at: start + .seconds(15))
        #expect(machine.state.phase == .baking)
        #expect(RolloutMachine.replay(events, plan: plan) == machine.state)
        let sentences = events.map { $0.sentence(plan: plan) }
        #expect(sentences.contains("\(plan.hosts[6]) start anew with v1, to be compared with"))
    }

    @Test("where there is room a canary and its control change together, never more than may be out of service")
    func controlsTogether() throws {
        var machine = try controlled(hosts: 12, first: .count(4), unavailable: .count(3))
        var hosts = machine.plan.hosts.indices.map { _ in HostObservation(running: .previous) }
        var told: [Int: Int] = [:]
        for second in 0..<40 {
            _ = machine.observe(Observation(hosts: hosts), at: start + .seconds(Int64(second) * 2))
            let state = machine.state
            let out = hosts.indices.filter {
                state.released.contains($0) && hosts[$0].running != .new
                    || state.controls.contains($0) && !hosts[$0].ready
            }
            #expect(out.count <= 3, "\(out)")
            // What was told two seconds ago is done; a control is out of service for one look.
            for place in hosts.indices {
                if state.released.contains(place) { hosts[place].running = .new }
                // Two seconds later it is out of service, and four seconds later it is back.
                if state.controls.contains(place) { told[place] = (told[place] ?? 0) + 1 }
                hosts[place].ready = told[place].map { $0 > 2 } ?? true
            }
            if machine.state.phase == .baking { break }
        }
        #expect(machine.state.phase == .baking && machine.state.controls.count == 4)
    }

    @Test(
        "the last host that serves with the version before is not started anew, and a control that stays away stops nobody"
    )
    func lastBaseline() throws {
        var machine = try controlled(hosts: 2, unavailable: .count(2))
        var hosts = machine.plan.hosts.indices.map { _ in HostObservation(running: .previous) }
        _ = machine.observe(Observation(hosts: hosts), at: start)
        hosts[0].running = .new
        _ = machine.observe(Observation(hosts: hosts), at: start + .seconds(5))
        #expect(machine.state.controls.isEmpty && machine.state.phase == .baking)
        var late = try controlled(hosts: 4, unavailable: .count(1))
        hosts = late.plan.hosts.indices.map { _ in HostObservation(running: .previous) }
        _ = late.observe(Observation(hosts: hosts), at: start)
        hosts[0].running = .new
        _ = late.observe(Observation(hosts: hosts), at: start + .seconds(5))
        #expect(Array(late.state.controls) == [3])
        hosts[3].ready = false
        _ = late.observe(Observation(hosts: hosts), at: start + .minutes(9))
        #expect(late.state.phase == .moving)
        _ = late.observe(Observation(hosts: hosts), at: start + .minutes(11))
        #expect(late.state.phase == .baking)
    }
}
