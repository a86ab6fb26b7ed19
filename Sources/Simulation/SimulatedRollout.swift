public import Rollouts
import Specs
public import Values
import Verdicts

/// A whole rollout on a virtual clock: a fleet, a control plane that may be killed between any two steps, a world that misbehaves.
///
/// Everything follows from the seed. The production machine takes every decision.
public struct SimulatedRollout: Sendable {
    public let plan: RolloutPlan
    public private(set) var hosts: [SimulatedHost]
    public private(set) var machine: RolloutMachine
    /// What the store holds: the agents see this, and a restarted control plane starts from it.
    public private(set) var stored = RolloutState()
    public private(set) var events: [RolloutEvent] = []
    public private(set) var now = Timestamp(milliseconds: 1_764_579_600_000)
    /// The events of the newest step.
    public private(set) var newest: [RolloutEvent] = []
    /// What it decided when it was shown the very same again: nothing, if it is at rest.
    public private(set) var repeated: [RolloutEvent] = []
    /// What the machine was shown in the newest step.
    public private(set) var shown = Observation(hosts: [])

    private var random: SeededGenerator
    private let troubles: Troubles
    private var quiet = false
    private var downUntil: Timestamp?
    private var startedAt: Timestamp
    private var lastAlive: Timestamp
    private var verdict = Verdict.pass
    private var lacksData = false
    private let tick = Period.seconds(5)
    private static let grace = Period.seconds(30)

    /// How often each thing goes wrong, a step.
    struct Troubles: Sendable {
        var partition = 0.0
        var crash = 0.0
        var person = 0.0
        var badVersion = false
        var failingHosts = 0.0
        var stuckHosts = 0.0
        var dataGaps = 0.0
        var kill = 0.0
    }

    public init(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let service = SimulatedRollout.service(&random)
        let count = Int.random(in: 1...14, using: &random)
        let fleet = (1...count).map { PlanHost(name: "h\($0)", labels: ["region": ["eu", "us", "ap"][$0 % 3]]) }
        let order = (try? WaveOrder(service: service, fleet: fleet)) ?? SimulatedRollout.single(service, fleet)
        let isFirst = random.chance(0.1)
        plan = RolloutPlan(
            id: "r", service: "shop", version: "v2", previous: isFirst ? nil : "v1", forwardOnly: random.chance(0.05),
            hosts: order.hosts, waves: order.waves, watch: random.chance(0.5) ? .minutes(2) : .zero,
            rollback: service.plan.rollback, onLostHosts: random.chance(0.2) ? .rollback : .hold,
            checks: [CheckSpec(name: "errors", kind: .guardrail(expression: "simulated < 1"))],
            falseRollbacks: Percentage(1), createdAt: now, createdBy: "test")
        let restarts = random.chance(0.5)
        troubles = SimulatedRollout.troubles(&random)
        hosts = order.hosts.map { _ in SimulatedHost(running: isFirst ? .nothing : .previous, restarts: restarts) }
        for index in hosts.indices {
            hosts[index].rejectsNew = random.chance(troubles.failingHosts)
            hosts[index].rejectsPrevious = random.chance(troubles.stuckHosts)
            hosts[index].lastHeard = now
        }
        machine = RolloutMachine(plan: plan)
        startedAt = now
        lastAlive = now
        self.random = random
    }

    private static func service(_ random: inout SeededGenerator) -> ServiceSpec {
        var waves: [WaveSpec] = []
        var share = 0
        while share < 100 {
            share = min(100, share + Int.random(in: 5...60, using: &random))
            var wave = WaveSpec(name: "w\(waves.count)", hosts: waves.isEmpty ? .count(1) : .percent(Double(share)))
            wave.bake = random.chance(0.3) ? .zero : .seconds(Int64.random(in: 5...60, using: &random))
            wave.maxUnavailable = random.chance(0.5) ? .count(Int.random(in: 1...3, using: &random)) : .percent(50)
            wave.failureBudget = random.chance(0.3) ? .count(1) : .count(0)
            wave.gate = random.chance(0.15) ? .approval : nil
            wave.progressDeadline = .minutes(2)
            waves.append(wave)
        }
        waves[waves.count - 1].hosts = .percent(100)
        let rollback = RollbackSpec(maxUnavailable: .percent(Double(Int.random(in: 1...100, using: &random))))
        return ServiceSpec(
            name: "shop", run: RunSpec(command: ["./shop"]), plan: PlanSpec(waves: waves, rollback: rollback))
    }

    private static func single(_ service: ServiceSpec, _ fleet: [PlanHost]) -> WaveOrder {
        var service = service
        service.plan.waves = [WaveSpec(name: "all")]
        guard let order = try? WaveOrder(service: service, fleet: fleet) else {
            // Every simulated plan ends with a wave of all hosts, and every fleet has hosts.
            preconditionFailure("a wave of every host is always possible")
        }
        return order
    }

    private static func troubles(_ random: inout SeededGenerator) -> Troubles {
        var troubles = Troubles()
        if random.chance(0.4) { troubles.partition = 0.02 }
        if random.chance(0.4) { troubles.crash = 0.02 }
        if random.chance(0.4) { troubles.person = 0.03 }
        if random.chance(0.3) { troubles.failingHosts = 0.2 }
        if random.chance(0.1) { troubles.stuckHosts = 0.2 }
        if random.chance(0.3) { troubles.dataGaps = 0.1 }
        if random.chance(0.4) { troubles.kill = 0.05 }
        troubles.badVersion = random.chance(0.4)
        return troubles
    }

    // MARK: One step

    /// Passes five seconds, or twenty once every trouble is over.
    public mutating func step() {
        now = now + (quiet ? .seconds(20) : tick)
        newest = []
        if !quiet { misbehave() }
        moveHosts()
        guard controlPlaneIsUp() else { return }
        lastAlive = now
        think()
    }

    /// Ends every trouble: partitions heal, checks pass, people wave everything through.
    public mutating func calm() {
        quiet = true
        if downUntil != nil { downUntil = now }
        verdict = .pass
        lacksData = false
        for index in hosts.indices {
            hosts[index].reachable = true
            if hosts[index].running != .nothing { hosts[index].ready = true }
        }
    }

    private mutating func misbehave() {
        for index in hosts.indices {
            if random.chance(troubles.partition) { hosts[index].reachable.toggle() }
            if random.chance(troubles.crash), hosts[index].change == nil, hosts[index].running != .nothing {
                hosts[index].ready.toggle()
            }
        }
        if random.chance(troubles.dataGaps) { lacksData.toggle() }
        let canary = hosts.contains { $0.running == .new }
        verdict = troubles.badVersion && canary ? (random.chance(0.2) ? .fail : .undecided) : .pass
    }

    private mutating func moveHosts() {
        for index in hosts.indices {
            let takes = Period.seconds(Int64.random(in: 1...20, using: &random))
            let target = hosts[index].reachable ? stored.target(host: index) : nil
            // A host that was not told anything yet keeps what it has.
            hosts[index].step(
                target: stored.phase == .queued ? nil : target, previousExists: plan.previous != nil, takes: takes,
                at: now)
            if hosts[index].reachable, downUntil == nil { hosts[index].lastHeard = now }
        }
    }

    private mutating func controlPlaneIsUp() -> Bool {
        if let until = downUntil {
            guard now >= until else { return false }
            downUntil = nil
            restart()
        }
        return true
    }

    private mutating func restart() {
        machine = RolloutMachine(plan: plan, state: stored)
        startedAt = now
        record(machine.recover(lastAlive: lastAlive, at: now))
    }

    private mutating func think() {
        let knewTarget = hosts.indices.map { hosts[$0].reachable && stored.sequence == machine.state.sequence }
        shown = Observation(hosts: hosts.indices.map { observe($0, knewTarget[$0]) }, readings: readings())
        var new = machine.observe(shown, at: now)
        var twin = machine
        repeated = twin.observe(shown, at: now)
        if let command = personsWish() {
            new += (try? machine.obey(command, by: "alice", reason: "", at: now)) ?? []
        }
        if !quiet, random.chance(troubles.kill) {
            // Killed before the state was stored: nothing of it ever happened.
            if random.chance(0.5) { record(new) }
            downUntil = now + .seconds(Int64.random(in: 0...60, using: &random))
            return
        }
        record(new)
    }

    private mutating func record(_ new: [RolloutEvent]) {
        newest += new
        events += new
        stored = machine.state
    }

    private func observe(_ index: Int, _ knowsTarget: Bool) -> HostObservation {
        let silent = now - hosts[index].lastHeard > SimulatedRollout.grace
        let heard: HostObservation.Heard =
            !silent ? .yes : now - startedAt <= SimulatedRollout.grace ? .notYet : .no
        var seen = hosts[index].observation(heard: heard)
        seen.knowsTarget = knowsTarget
        return seen
    }

    private func readings() -> [Reading] {
        guard hosts.contains(where: { $0.running == .new }) else { return [] }
        return [
            Reading(
                check: "errors", verdict: lacksData ? .undecided : verdict, reason: "simulated", lacksData: lacksData)
        ]
    }

    private mutating func personsWish() -> RolloutCommand? {
        if quiet {
            if machine.state.phase == .waiting { return .promote(full: true) }
            if machine.state.pause != nil { return .resume }
            if machine.state.hold?.kind == .forwardOnly { return .rollback }
            return machine.state.hold != nil && machine.state.phase != .rollingBack ? .promote(full: true) : nil
        }
        guard random.chance(troubles.person) else { return nil }
        let wishes: [RolloutCommand] = [
            .pause, .resume, .resume, .approve, .approve, .promote(full: false), .promote(full: true), .abort,
            .rollback,
        ]
        return wishes.randomElement(using: &random)
    }
}
