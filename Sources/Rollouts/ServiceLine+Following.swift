extension ServiceLine {
    /// The rollouts whose plans still matter: one of them moves, may move, or may still go back.
    public var living: [String] { [active, latest].compactMap(\.self) + queue }

    /// Puts a rollout at the end of the queue, or at its head; one that waits there already only moves.
    public mutating func enqueue(_ id: String, first: Bool) {
        if queue.contains(id) {
            guard first else { return }
            queue.removeAll { $0 == id }
        }
        queue.insert(id, at: first ? 0 : queue.count)
    }

    /// The rollout's turn has come.
    ///
    /// - Returns: Which attempt at the version this is.
    public mutating func begin(_ id: String, version: String) -> Int {
        queue.removeAll { $0 == id }
        active = id
        return addAttempt(version)
    }

    /// Counts another attempt at a version: agents on whose hosts it failed try again.
    @discardableResult
    public mutating func addAttempt(_ version: String) -> Int {
        attempts[version, default: 0] += 1
        return attempts[version] ?? 1
    }

    /// Keeps in step with an event of one of the service's rollouts.
    public mutating func follow(_ event: RolloutEvent, plan: RolloutPlan) {
        switch event.fact {
        case .rollbackStarted(let cause):
            active = plan.id
            latest = nil
            if cause.refusesVersion {
                refused[plan.version] = Refusal(rollout: plan.id, reason: cause.reason, at: event.at)
            }
        case .done:
            active = nil
            stable = plan.version
            latest = plan.id
        case .rolledBack:
            active = nil
            stable = plan.previous
        case .cancelled:
            if active == plan.id { active = nil }
            queue.removeAll { $0 == plan.id }
        default:
            break
        }
    }
}
