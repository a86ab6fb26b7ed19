import Rollouts
import Specs
import Values
import Verdicts
import Wire

extension ControlPlane.Memory {
    /// A rollout as people see it.
    func view(_ rollout: WholeRollout, at now: Timestamp) -> RolloutView {
        let (id, plan, record, machine) = (rollout.plan.id, rollout.plan, rollout.record, rollout.machine)
        let state = machine.state
        let hold = state.hold
        return RolloutView(
            id: id, service: plan.service, version: plan.version, previous: plan.previous, phase: state.phase,
            summary: summary(machine), needsPerson: needsPerson(machine), wave: state.wave,
            waves: plan.waves.indices.map { wave($0, of: machine, attempt: record.attempt, at: now) },
            pause: state.pause, hold: hold, rollback: state.rollback, readings: readings[id] ?? lastReadings(state),
            baked: state.baked(at: now), bakeTarget: bakeTarget(machine), createdAt: record.createdAt,
            createdBy: record.createdBy, endedAt: state.endedAt, leftBehind: state.leftBehind.map { plan.hosts[$0] },
            sequence: state.sequence, flag: plan.flag, budget: budget(record), checks: plan.checks)
    }

    private func lastReadings(_ state: RolloutState) -> [Reading] {
        state.rollback?.reading.map { [$0] } ?? []
    }

    /// The newest; when nobody judges, the one that was stored last.
    private func budget(_ record: RolloutRecord) -> BudgetView? {
        judgements[record.id]?.budget ?? record.budget ?? ledger.evidence[record.id]?.budget
    }

    private func bakeTarget(_ machine: RolloutMachine) -> Period {
        switch machine.state.phase {
        case .watching: return machine.plan.watch
        case .baking: return machine.plan.waves[machine.state.wave].spec.bake.atMost
        default: return .zero
        }
    }

    private func needsPerson(_ machine: RolloutMachine) -> Bool {
        if machine.state.hold?.needsPerson ?? false { return true }
        guard machine.state.phase == .waiting, machine.plan.needsApproval(wave: machine.state.wave) else {
            return false
        }
        return !machine.state.approved.contains(machine.state.wave) && machine.state.waitReason != nil
    }

    private func summary(_ machine: RolloutMachine) -> String {
        let (plan, state) = (machine.plan, machine.state)
        if let hold = state.hold { return "held: \(hold.reason)" }
        if let pause = state.pause { return "paused by \(pause.by)" }
        let wave = plan.name(state.wave)
        switch state.phase {
        case .queued: return "waits for the rollout before it"
        case .waiting: return state.waitReason ?? "wave \(wave) is about to start"
        case .moving: return "wave \(wave) takes \(plan.version)"
        case .baking: return "wave \(wave) is watched"
        case .watching: return "\(plan.everybody) has \(plan.version); still watched"
        case .rollingBack: return "going back: \(state.rollback?.reason ?? "")"
        case .done: return "\(plan.everybody) has \(plan.version)"
        case .rolledBack: return "rolled back: \(state.rollback?.reason ?? "")"
        case .cancelled: return "cancelled before it began"
        }
    }

    private func wave(_ index: Int, of machine: RolloutMachine, attempt: Int, at now: Timestamp) -> WaveView {
        let wave = machine.plan.waves[index]
        return WaveView(
            name: wave.spec.name, state: waveState(index, machine.state), gate: wave.spec.gate,
            bake: wave.spec.bake.atMost,
            hosts: wave.members.map { host($0, of: machine, attempt: attempt, at: now) })
    }

    private func waveState(_ index: Int, _ state: RolloutState) -> WaveView.State {
        switch state.phase {
        case .queued, .cancelled: return .pending
        case .watching, .done: return .done
        case .rollingBack: return index <= state.wave ? .rollingBack : .pending
        case .rolledBack: return index <= state.wave ? .rolledBack : .pending
        case .waiting, .moving, .baking:
            if index != state.wave { return index < state.wave ? .done : .pending }
            return state.phase == .waiting ? .waiting : state.phase == .moving ? .moving : .baking
        }
    }

    private func host(_ place: Int, of machine: RolloutMachine, attempt: Int, at now: Timestamp) -> WaveHostView {
        let name = machine.plan.hosts[place]
        if machine.plan.flag != nil { return slice(place, of: machine) }
        var seen = fleet.observation(host: name, plan: machine.plan, attempt: attempt, at: now)
        if !ledger.hosts.contains(name) { seen.heard = .removed }
        let service = fleet.report(of: machine.plan.service, on: name)
        return WaveHostView(
            host: name, contact: fleet.contact(name, at: now), version: service?.version,
            ready: service?.ready ?? false,
            detail: detail(place, machine, seen, service))
    }

    /// A slice of a flag's targeting keys in the place of a host.
    private func slice(_ place: Int, of machine: RolloutMachine) -> WaveHostView {
        let (plan, state) = (machine.plan, machine.state)
        let hasNew = state.target(host: place) == .new
        let detail =
            switch state.phase {
            case .rollingBack, .rolledBack: state.released.contains(place) ? "gone back" : "never had it"
            case .done, .watching: "has it"
            case .queued, .waiting, .moving, .baking, .cancelled: hasNew ? "has it" : "waiting"
            }
        return WaveHostView(
            host: plan.hosts[place], contact: .connected, version: hasNew ? plan.version : plan.previous, ready: true,
            detail: detail)
    }

    private func detail(
        _ place: Int, _ machine: RolloutMachine, _ seen: HostObservation, _ service: ServiceReport?
    ) -> String {
        if seen.heard == .removed { return "removed from the fleet" }
        if seen.heard == .no { return "not heard of" }
        if seen.heard == .notYet { return "not heard of yet" }
        if let reason = seen.newFailed, machine.state.released.contains(place) { return "failed: \(reason)" }
        if let reason = seen.previousFailed { return "stuck: \(reason)" }
        let target: HostObservation.Running = machine.state.target(host: place) == .new ? .new : .previous
        if let service, service.state != .running || !service.ready {
            return service.detail.isEmpty ? service.state.words : service.detail
        }
        if machine.state.phase.isFinal { return seen.ready ? "ready" : "not ready" }
        if target == .previous, !machine.state.released.contains(place) { return "waiting" }
        if seen.running != target { return machine.state.phase == .rollingBack ? "going back" : "about to change" }
        return seen.ready ? "ready" : "not ready"
    }
}

extension ServiceReport.State {
    var words: String { self == .handingOver ? "handing over" : rawValue }
}
