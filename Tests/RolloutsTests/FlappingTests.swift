import Rollouts
import Specs
import Testing
import Values
import Verdicts

/// A check that changes its mind at every look: the history stays short, and a failure is never late.
@Suite("Flapping checks")
struct FlappingTests {
    private static let start = Timestamp(milliseconds: 1_764_579_600_000)
    private static let good = Reading(check: "errors", verdict: .pass, reason: "")

    private func watching(forwardOnly: Bool = false) throws -> RolloutMachine {
        let plan = RolloutPlan(
            id: "r", service: "shop", version: "v2", previous: "v1", forwardOnly: forwardOnly, hosts: ["h1"],
            waves: [PlannedWave(spec: WaveSpec(name: "all", bake: .zero), members: 0..<1)], watch: .hours(3),
            rollback: RollbackSpec(), checks: [CheckSpec(name: "errors", kind: .guardrail(expression: "e < 1"))],
            falseRollbacks: Percentage(1), createdAt: Self.start, createdBy: "alice")
        var machine = RolloutMachine(plan: plan)
        _ = look(&machine, Self.good, running: .previous, at: 0)
        if forwardOnly { _ = try machine.obey(.approve, by: "alice", reason: "", at: Self.start) }
        _ = look(&machine, Self.good, running: .previous, at: 0)
        _ = look(&machine, Self.good, at: 1)
        #expect(machine.state.phase == .watching)
        return machine
    }

    private func look(
        _ machine: inout RolloutMachine, _ reading: Reading, running: HostObservation.Running = .new, at seconds: Int64
    ) -> [RolloutEvent] {
        let observation = Observation(hosts: [HostObservation(running: running)], readings: [reading])
        return machine.observe(observation, at: Self.start + .seconds(seconds))
    }

    /// How many events an hour of two readings in turns makes, one a second.
    private func eventsOfAnHour(_ machine: inout RolloutMachine, _ other: Reading) -> Int {
        (2..<3602).reduce(0) { sum, second in
            sum + look(&machine, second % 2 == 0 ? other : Self.good, at: Int64(second)).count
        }
    }

    @Test("a verdict that flips every second for an hour writes a handful of events")
    func verdicts() throws {
        var machine = try watching()
        let undecided = Reading(check: "errors", verdict: .undecided, reason: "too few requests")
        #expect(eventsOfAnHour(&machine, undecided) <= 10)
        let failed = Reading(check: "errors", verdict: .fail, reason: "5%")
        let events = look(&machine, failed, at: 3603)
        #expect(machine.state.phase == .rollingBack)
        #expect(events.contains { $0.fact == .judged(reading: failed) })
    }

    @Test("data that come and go stop the clock at once each time that it ran, and write a few events")
    func data() throws {
        var machine = try watching()
        let lacking = Reading(check: "errors", verdict: .undecided, reason: "stale", lacksData: true)
        #expect(eventsOfAnHour(&machine, lacking) <= 40)
        #expect(machine.state.baked(at: Self.start + .seconds(3602)) < .minutes(1))
        // It goes on once the data stay.
        for second in 3602..<6000 { _ = look(&machine, Self.good, at: Int64(second)) }
        #expect(machine.state.bakingSince != nil && machine.state.hold == nil)
    }

    @Test("a forward-only version whose check flips is held at once, and not held anew every second")
    func forwardOnly() throws {
        var machine = try watching(forwardOnly: true)
        let failed = Reading(check: "errors", verdict: .fail, reason: "5%")
        _ = look(&machine, failed, at: 2)
        #expect(machine.state.hold?.kind == .forwardOnly)
        #expect(eventsOfAnHour(&machine, failed) <= 40)
    }
}
