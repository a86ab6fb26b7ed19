import Specs
import Values
import Verdicts

/// One look of the machine at the world: rounds of decisions until there is nothing more to decide.
struct Turn {
    var state: RolloutState
    private(set) var plan: RolloutPlan
    var observation: Observation
    let now: Timestamp
    var events: [RolloutEvent] = []

    /// How long a check may lack data, or stay undecided after the bake, before a person is told.
    static let patience = Period.minutes(1)

    init(machine: RolloutMachine, observation: Observation, now: Timestamp) {
        state = machine.state
        plan = machine.plan
        self.observation = observation
        self.now = now
        // The plan may have grown since the world was looked at.
        for name in plan.hosts.dropFirst(observation.hosts.count) {
            let unknown = HostObservation(heard: .notYet, running: .nothing, ready: false)
            self.observation.hosts.append(observation.newcomers[name] ?? unknown)
        }
        if let since = state.anewSince, observation.judgement?.anewSince != since { forgetReadings() }
    }

    /// They were taken while another change was at work on the same hosts.
    private mutating func forgetReadings() { (observation.readings, observation.judgement) = ([], nil) }

    mutating func run() {
        // Each round takes at most one step of the plan; a plan has few, and every round without an event is the last.
        for _ in 0..<(4 * plan.waves.count + 8) {
            let before = events.count
            round()
            if events.count == before { return }
        }
    }

    mutating func emit(_ fact: RolloutEvent.Fact) {
        let event = RolloutEvent(sequence: state.sequence + 1, at: now, by: RolloutMachine.automatic, fact: fact)
        plan.apply(event)
        state.apply(event, plan: plan)
        events.append(event)
    }

    private mutating func round() {
        switch state.phase {
        case .queued:
            if observation.mayBegin { emit(.began) }
        case .waiting, .moving, .baking, .watching:
            admitNewcomers()
            recordFailures()
            recordVerdicts()
            recordReadiness()
            holdForDistrust()
            holdForOthers()
            if goBackIfNeeded() { return }
            advance()
        case .rollingBack:
            bringBack()
        case .done, .rolledBack, .cancelled:
            break
        }
    }

    private mutating func advance() {
        switch state.phase {
        case .waiting: openWave()
        case .moving: moveWave()
        case .baking: bakeWave()
        case .watching: keepWatch()
        default: break
        }
    }

    // MARK: What happened

    private mutating func recordFailures() {
        for host in state.released where !state.failed.contains(host) {
            if let reason = observation.hosts[host].newFailed, observation.hosts[host].heard == .yes {
                emit(.hostFailed(host: host, reason: reason))
            }
        }
    }

    private mutating func recordVerdicts() {
        guard !state.released.isEmpty else { return }
        // A wave is judged by what happens in it: what is known at its beginning was read before.
        let isBeginning = state.waveSince == now
        for reading in observation.readings where state.verdicts[reading.check] != reading.verdict {
            // One that takes the rollout back is its evidence: it is noted whatever happened before.
            let isForgiven = state.hold?.kind == .forwardOnly || (state.acceptedThrough ?? -1) >= state.wave
            let isDecisive = reading.verdict == .fail && !reading.dryRun && !(plan.forwardOnly && isForgiven)
            let isSettled = !isBeginning && state.isSettled(RolloutState.check(reading.check), at: now)
            guard isDecisive || isSettled else { continue }
            emit(.judged(reading: reading))
        }
    }

    /// Whether the wave's bake and its lost hosts are skipped because a person said so.
    var isPromoted: Bool { state.promotedThrough >= state.wave }

    /// A first version serves nobody before it is there: nothing to compare it with, nobody to protect.
    var isFirstDeployment: Bool { plan.previous == nil }

    // MARK: Holds

    /// Nobody new gets the version while the checks cannot be believed, unless a person says so.
    private mutating func holdForDistrust() {
        if let distrust = observation.judgement?.distrust, !state.released.isEmpty, !isPromoted {
            hold(.distrust, "the checks cannot be trusted: \(distrust)")
        } else {
            liftHold([.distrust], "the checks can be trusted again")
        }
    }

    /// What another change has done says nothing of this one: it waits until that is over.
    private mutating func holdForOthers() {
        if case .other(let reason) = observation.blame, !state.released.isEmpty, !isPromoted {
            hold(.attributed, reason)
        } else {
            let isHeld = state.hold?.kind == .attributed
            liftHold([.attributed], "what was wrong is over, and the checks begin anew")
            if isHeld, state.hold == nil { forgetReadings() }
        }
    }

    /// Whether nobody new may get the version now.
    var isHeldBack: Bool {
        switch state.hold?.kind {
        case .lostHosts, .distrust, .attributed: return true
        case nil, .undecided, .deadline, .forwardOnly, .stuckRollback: return false
        }
    }

    mutating func hold(_ kind: Hold.Kind, _ reason: String) {
        if let present = state.hold {
            // A graver hold is never replaced by a lesser one: the two would take turns for ever.
            guard kind.gravity >= present.kind.gravity else { return }
            // That more hosts are stuck is news; that an undecided check has other numbers is not.
            let isNews = kind == .stuckRollback && reason != present.reason
            guard kind != present.kind || isNews && state.isSettled(RolloutState.hold(kind), at: now) else { return }
        }
        emit(.held(hold: Hold(kind: kind, reason: reason, since: now)))
    }

    mutating func liftHold(_ kinds: Set<Hold.Kind>, _ reason: String) {
        guard let hold = state.hold, kinds.contains(hold.kind),
            state.isSettled(RolloutState.hold(hold.kind), at: now)
        else { return }
        emit(.holdLifted(reason: reason))
    }

    /// Whether the host was taken out of the fleet.
    func isRemoved(_ host: Int) -> Bool { observation.hosts[host].heard == .removed }

    /// Some names, and how many more there are.
    func names(_ hosts: some Sequence<Int>) -> String {
        let all = Array(hosts)
        let shown = all.prefix(5).map { plan.hosts[$0] }.joined(separator: ", ")
        return all.count > 5 ? "\(shown) and \(all.count - 5) more" : shown
    }
}
