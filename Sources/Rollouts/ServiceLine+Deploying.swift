extension ServiceLine {
    /// The rollout in flight, as far as a wish to deploy is concerned.
    public struct Active: Hashable, Sendable {
        public var id: String
        public var version: String
        public var phase: Phase
        /// True when it goes back and a host cannot.
        public var isStuck: Bool

        public init(id: String, version: String, phase: Phase, isStuck: Bool = false) {
            self.id = id
            self.version = version
            self.phase = phase
            self.isStuck = isStuck
        }
    }

    /// What follows from a wish to deploy.
    public enum Decision: Hashable, Sendable {
        case start
        case queue(behind: String)
        /// The rollout in flight goes back already; this one is the next.
        case queueFirst(behind: String)
        /// The rollout in flight is told to go back; this one is next.
        case supersede(String)
        /// The rollout in flight only watches: its watch ends, and this one starts.
        case endWatch(String)
        /// It is what runs: there is nothing to roll out, but the hosts on which it failed try again.
        case tryAgain(String)
        case unchanged(String)
        case refuse(String)
    }

    /// Decides on a wish to deploy `version`.
    ///
    /// - Parameters:
    ///   - active: The rollout in flight.
    ///   - waiting: The versions of the queue, in its order.
    public func decide(
        version: String, force: Bool, supersede: Bool, active: Active?, waiting: [String]
    ) -> Decision {
        if let refusal = refused[version], !force {
            return .refuse(
                "\(version) was rolled back by \(refusal.rollout) (\(refusal.reason)); deploy with --force to try it again"
            )
        }
        guard let active else {
            // A rollout of a version to itself could never be told from its own way back.
            guard version == stable else { return .start }
            let runs = "\(version) is what runs already"
            return force ? .tryAgain("\(runs); hosts on which it failed try again") : .unchanged(runs)
        }
        if active.phase == .rollingBack {
            return decide(version: version, supersede: supersede, whileReturning: active, waiting: waiting)
        }
        if active.version == version { return .unchanged("\(active.id) is bringing \(version) already") }
        if active.phase == .watching { return .endWatch(active.id) }
        if supersede { return .supersede(active.id) }
        if waiting.contains(version) { return .unchanged("\(version) waits in the queue already") }
        return .queue(behind: active.id)
    }

    private func decide(
        version: String, supersede: Bool, whileReturning active: Active, waiting: [String]
    ) -> Decision {
        if version == stable, version != active.version {
            return .unchanged("\(active.id) is going back to \(version) already")
        }
        if supersede { return active.isStuck ? .supersede(active.id) : .queueFirst(behind: active.id) }
        if waiting.contains(version) { return .unchanged("\(version) waits in the queue already") }
        return .queue(behind: active.id)
    }
}
