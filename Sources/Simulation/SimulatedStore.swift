public import Rollouts
public import Values

/// What outlives a kill of the simulated control plane, with every revision that it ever had.
public struct SimulatedStore: Sendable {
    /// All that is stored of one service, at one revision.
    public struct Content: Sendable {
        public var line = ServiceLine()
        public var plans: [String: RolloutPlan] = [:]
        public var states: [String: RolloutState] = [:]
        /// Which deployment of its version each rollout is.
        public var attempts: [String: Int] = [:]
        public var events: [String: [RolloutEvent]] = [:]

        public func machine(_ id: String) -> RolloutMachine? {
            guard let plan = plans[id], let state = states[id] else { return nil }
            return RolloutMachine(plan: plan, state: state)
        }

        /// The rollout in flight.
        public var active: RolloutMachine? { line.active.flatMap(machine) }

        /// What a host should run: nothing is told that does not follow from here.
        public func target(host: String) -> String? {
            guard let active else { return line.stable }
            return active.version(at: active.plan.hosts.firstIndex(of: host))
        }
    }

    public private(set) var revisions: [Content]
    /// When the control plane last noted that it was alive.
    public internal(set) var lastAlive: Timestamp

    init(_ content: Content, at now: Timestamp) {
        revisions = [content]
        lastAlive = now
    }

    public var revision: Int { revisions.count - 1 }

    public var content: Content { revisions[revision] }

    mutating func commit(_ content: Content) {
        revisions.append(content)
    }
}
