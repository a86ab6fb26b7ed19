import Specs
import Values

extension RolloutMachine {
    /// The facts that follow from a command; none of them is applied yet.
    static func facts(
        for command: RolloutCommand, state: RolloutState, plan: RolloutPlan, by person: String, reason: String,
        at now: Timestamp
    ) throws(CommandRefusal) -> [RolloutEvent.Fact] {
        switch command {
        case .pause: return try pause(state, plan, reason, at: now)
        case .resume: return try resume(state, plan, reason)
        case .approve: return try approve(state, plan, reason)
        case .promote(let full): return try promote(state, plan, full: full, reason)
        case .abort: return try goBack(state, plan, by: person, reason, refusesVersion: false, at: now)
        case .rollback: return try goBack(state, plan, by: person, reason, refusesVersion: true, at: now)
        }
    }

    private static func pause(
        _ state: RolloutState, _ plan: RolloutPlan, _ reason: String, at now: Timestamp
    ) throws(CommandRefusal) -> [RolloutEvent.Fact] {
        if state.phase.isFinal { throw CommandRefusal("there is nothing to pause: \(state.advice(plan: plan))") }
        if state.phase == .rollingBack {
            throw CommandRefusal("a rollback is never paused: \(state.advice(plan: plan))")
        }
        if let pause = state.pause { throw CommandRefusal("it is paused already, by \(pause.by); resume goes on") }
        return stopClock(state, at: now, reason: "paused") + [.paused(reason: reason)]
    }

    private static func resume(
        _ state: RolloutState, _ plan: RolloutPlan, _ reason: String
    ) throws(CommandRefusal) -> [RolloutEvent.Fact] {
        guard state.pause != nil else { throw CommandRefusal("it is not paused: \(state.advice(plan: plan))") }
        return [.resumed(reason: reason)]
    }

    private static func approve(
        _ state: RolloutState, _ plan: RolloutPlan, _ reason: String
    ) throws(CommandRefusal) -> [RolloutEvent.Fact] {
        guard state.phase == .waiting, plan.needsApproval(wave: state.wave), !state.approved.contains(state.wave) else {
            throw CommandRefusal("no wave waits for an approval: \(state.advice(plan: plan))")
        }
        return [.approved(wave: state.wave, reason: reason)]
    }

    private static func promote(
        _ state: RolloutState, _ plan: RolloutPlan, full: Bool, _ reason: String
    ) throws(CommandRefusal) -> [RolloutEvent.Fact] {
        let last = plan.waves.count - 1
        let resumed: [RolloutEvent.Fact] = state.pause == nil ? [] : [.resumed(reason: "promoted")]
        switch state.phase {
        case .waiting:
            return resumed + [.promoted(throughWave: full ? last : state.wave - 1, reason: reason)]
        case .moving, .baking:
            return resumed + [.promoted(throughWave: full ? last : state.wave, reason: reason)]
        case .watching:
            return resumed + [.done(reason: reason.isEmpty ? "the watch was ended by hand" : reason)]
        case .queued, .rollingBack, .done, .rolledBack, .cancelled:
            throw CommandRefusal("there is nothing to promote: \(state.advice(plan: plan))")
        }
    }

    private static func goBack(
        _ state: RolloutState, _ plan: RolloutPlan, by person: String, _ reason: String, refusesVersion: Bool,
        at now: Timestamp
    ) throws(CommandRefusal) -> [RolloutEvent.Fact] {
        let words = reason.isEmpty ? "\(person) asked for it" : reason
        let cause = RollbackCause(
            trigger: .person, by: person, reason: words, refusesVersion: refusesVersion, at: now)
        switch state.phase {
        case .queued:
            return [.cancelled(reason: words)]
        case .waiting where state.released.isEmpty:
            return [.cancelled(reason: words)]
        case .waiting, .moving, .baking, .watching:
            return stopClock(state, at: now, reason: "going back") + [.rollbackStarted(cause: cause)]
        case .done:
            guard plan.previous != nil else {
                throw CommandRefusal(
                    "\(plan.version) was the first version of \(plan.service): there is none to go back to")
            }
            return [.rollbackStarted(cause: cause)]
        case .rollingBack:
            guard !state.leftBehind.isEmpty else {
                throw CommandRefusal("it is going back already, and no host is stuck: nothing else is left to do")
            }
            // Those that were not told yet hear it now: the previous version is what every host should run.
            let untold = state.released.filter { !state.returned.contains($0) }
            return [.rolledBack(missing: HostSet(Array(state.leftBehind) + untold))]
        case .rolledBack, .cancelled:
            throw CommandRefusal("there is nothing to take back: \(state.advice(plan: plan))")
        }
    }

    private static func stopClock(_ state: RolloutState, at now: Timestamp, reason: String) -> [RolloutEvent.Fact] {
        guard state.bakingSince != nil else { return [] }
        return [.bakeClock(running: false, baked: state.baked(at: now), reason: reason)]
    }
}

extension Phase {
    /// How people say it.
    public var words: String {
        switch self {
        case .queued: return "queued"
        case .waiting: return "waiting"
        case .moving: return "moving"
        case .baking: return "baking"
        case .watching: return "watching"
        case .rollingBack: return "rolling back"
        case .done: return "done"
        case .rolledBack: return "rolled back"
        case .cancelled: return "cancelled"
        }
    }
}

extension RolloutPlan {
    /// Whether a person must approve before this wave starts.
    public func needsApproval(wave: Int) -> Bool {
        waves[wave].spec.gate == .approval || (forwardOnly && wave == 0)
    }
}
