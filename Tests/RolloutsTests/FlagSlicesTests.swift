import Foundation
import Rollouts
import Specs
import Testing
import Values

@Suite("A flag through the machine of services")
struct FlagSlicesTests {
    private static func plan(_ spec: PlanSpec = .guarded) throws -> RolloutPlan {
        let slices = try FlagSlices(spec)
        let target = FlagTarget(key: "f", environment: "production", shares: slices.shares)
        return RolloutPlan(
            id: "f@production-1", change: .flag(target), service: target.subject, version: "on", previous: "off",
            hosts: slices.names, waves: slices.waves, watch: .minutes(1),
            rollback: RollbackSpec(maxUnavailable: .percent(100)), checks: [], falseRollbacks: Percentage(1),
            createdAt: .epoch, createdBy: "ann")
    }

    @Test("waves are slices of the keys, and some keys stay until the last bake is over")
    func slices() throws {
        let plan = try FlagSlicesTests.plan()
        #expect(plan.hosts == ["0–1%", "1–5%", "5–25%", "25–98%", "98–100%"])
        #expect(plan.waves.map(\.spec.name) == ["first", "few", "quarter", "all", "hold-out"])
        #expect(plan.waves.map(\.members) == [0..<1, 1..<2, 2..<3, 3..<4, 4..<5])
        var whole = PlanSpec.guarded
        whole.holdout = .percent(0)
        #expect(try FlagSlices(whole).shares.map(\.percent) == [1, 5, 25, 100])
    }

    @Test(
        "a plan that is none for a flag is refused with the wave",
        arguments: [
            ([WaveSpec(name: "one", hosts: .count(1)), WaveSpec(name: "all")], "plan.waves[0].hosts"),
            (
                [WaveSpec(name: "a", hosts: .percent(20)), WaveSpec(name: "b", hosts: .percent(20))],
                "plan.waves[1].hosts"
            ),
            ([WaveSpec(name: "a", hosts: .percent(20))], "plan.waves"),
            ([WaveSpec(name: "a", select: LabelSelector(["region": ["eu"]]))], "plan.waves[0].select"),
        ])
    func refused(waves: [WaveSpec], path: String) {
        #expect(throws: PlanError.self) { try FlagSlices(PlanSpec(waves: waves)) }
        do {
            _ = try FlagSlices(PlanSpec(waves: waves))
        } catch {
            #expect(error.path == path, "\(error)")
        }
    }

    /// A flag that is served as the machine wants it.
    private func observation(_ machine: RolloutMachine) -> Observation {
        Observation(
            hosts: machine.plan.hosts.indices.map { place in
                HostObservation(running: machine.state.target(host: place) == .new ? .new : .previous)
            })
    }

    @Test("the share rises with the waves, is never less than before, and is gone at once on the way back")
    func shares() throws {
        var machine = RolloutMachine(plan: try FlagSlicesTests.plan())
        var now = Timestamp(milliseconds: 1_800_000_000_000)
        var shares: [Double] = []
        for _ in 0..<600 where machine.state.phase != .watching {
            _ = machine.observe(observation(machine), at: now)
            if shares.last != machine.desiredShare.percent { shares.append(machine.desiredShare.percent) }
            now = now + .seconds(5)
        }
        #expect(shares == [0, 1, 5, 25, 98, 100] || shares == [1, 5, 25, 98, 100], "\(shares)")
        let events = try machine.obey(.rollback, by: "ann", reason: "no", at: now)
        #expect(!events.isEmpty)
        _ = machine.observe(observation(machine), at: now)
        #expect(machine.desiredShare.percent == 0)
        _ = machine.observe(observation(machine), at: now)
        #expect(machine.state.phase == .rolledBack)
    }

    @Test("what it carries is stored with the plan, and comes back the same")
    func stored() throws {
        let plan = try FlagSlicesTests.plan()
        let data = try JSONEncoder().encode(plan)
        #expect(try JSONDecoder().decode(RolloutPlan.self, from: data) == plan)
    }

    @Test("its sentences speak of keys")
    func sentences() throws {
        let plan = try FlagSlicesTests.plan()
        func sentence(_ fact: RolloutEvent.Fact) -> String {
            RolloutEvent(sequence: 1, at: .epoch, by: "halcyon", fact: fact).sentence(plan: plan)
        }
        #expect(sentence(.waveStarted(wave: 1)) == "wave few started (5% of the targeting keys)")
        #expect(sentence(.released(hosts: HostSet([1]))) == "on goes to 1–5% of the targeting keys")
        #expect(sentence(.rolledBack(missing: HostSet())) == "rolled back: every targeting key is on off")
    }
}
