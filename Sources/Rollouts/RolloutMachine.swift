public import Values

/// Takes a change through its waves, and back.
///
/// A value: `observe` and `obey` look at the world and at a person's wish, decide, and return the events that follow; each is
/// already applied to `state`. The caller stores state and events in one transaction, then acts on them. Nothing here
/// reads a clock or does I/O, so a test, a simulation and the production driver run the very same decisions.
public struct RolloutMachine: Hashable, Sendable {
    public private(set) var plan: RolloutPlan
    public private(set) var state: RolloutState

    /// The name under which the machine acts.
    public static let automatic = "halcyon"

    public init(plan: RolloutPlan, state: RolloutState = RolloutState()) {
        self.plan = plan
        self.state = state
    }

    /// The state that a rollout's events lead to.
    public static func replay(_ events: some Sequence<RolloutEvent>, plan: RolloutPlan) -> RolloutState {
        replayed(events, plan: plan).state
    }

    /// The machine that a rollout's events lead to, with the hosts that joined.
    public static func replayed(_ events: some Sequence<RolloutEvent>, plan: RolloutPlan) -> RolloutMachine {
        var machine = RolloutMachine(plan: plan)
        for event in events { machine.apply(event) }
        return machine
    }

    /// Looks at the world and decides. Level-triggered: it may be called as often as wanted, with the same world or another.
    ///
    /// - Complexity: O(hosts + checks) per round; a call takes a few rounds, one for each phase that it passes.
    public mutating func observe(_ observation: Observation, at time: Timestamp) -> [RolloutEvent] {
        // Decisions never see time run backwards, whatever the host's clock does.
        var turn = Turn(machine: self, observation: observation, now: max(time, state.phaseSince))
        turn.run()
        state = turn.state
        plan = turn.plan
        return turn.events
    }

    /// Does what a person asks.
    ///
    /// - Parameter newcomers: Hosts of the service that the plan does not know: when a rollout that was done goes back, they do too.
    /// - Throws: `CommandRefusal` with a sentence when the rollout's phase does not allow it; nothing has changed then.
    public mutating func obey(
        _ command: RolloutCommand, by person: String, reason: String, newcomers: [String] = [], at time: Timestamp
    ) throws(CommandRefusal) -> [RolloutEvent] {
        var facts = try RolloutMachine.facts(
            for: command, state: state, plan: plan, by: person, reason: reason, at: max(time, state.phaseSince))
        let known = Set(plan.hosts)
        let unknown = newcomers.filter { !known.contains($0) }.sorted()
        if state.phase == .done, !unknown.isEmpty { facts.insert(.joined(hosts: unknown), at: 0) }
        return facts.map { fact in
            let event = RolloutEvent(
                sequence: state.sequence + 1, at: max(time, state.phaseSince), by: person, fact: fact)
            apply(event)
            return event
        }
    }

    private mutating func apply(_ event: RolloutEvent) {
        plan.apply(event)
        state.apply(event, plan: plan)
    }

    /// The control plane was down: the time since it was last alive is not counted as watched.
    public mutating func recover(lastAlive: Timestamp, at now: Timestamp) -> [RolloutEvent] {
        guard let since = state.bakingSince else { return [] }
        let watchedUntil = max(since, min(lastAlive, now))
        let fact = RolloutEvent.Fact.bakeClock(
            running: false, baked: state.baked + (watchedUntil - since), reason: "the control plane was restarted")
        let event = RolloutEvent(
            sequence: state.sequence + 1, at: max(now, state.phaseSince), by: RolloutMachine.automatic, fact: fact)
        apply(event)
        return [event]
    }
}

/// Why a command was not obeyed, in a sentence that says what could be done instead.
public struct CommandRefusal: Error, Hashable, Sendable, CustomStringConvertible {
    public var description: String

    public init(_ description: String) {
        self.description = description
    }
}

extension RolloutMachine {
    /// When the change reached its first hosts, or is about to.
    public var reachedAt: Timestamp {
        // A release that did not keep it knew the wave in progress only.
        state.reachedAt ?? (state.wave == 0 ? state.waveSince ?? plan.createdAt : plan.createdAt)
    }
}
