public import Values

/// A service's place in the order of things: what it runs, which rollout is in flight, what waits, what is refused.
///
/// One document a service; a deployment and its rollout are committed together with it.
public struct ServiceLine: Hashable, Codable, Sendable {
    /// The version that hosts outside a rollout run.
    public var stable: String?
    /// The rollout in flight, watching included.
    public var active: String?
    /// Rollouts that wait, first come first.
    public var queue: [String] = []
    /// Versions that were rolled back, by name.
    public var refused: [String: Refusal] = [:]
    /// The newest rollout that reached the end; it may still be rolled back while nothing is in flight.
    public var latest: String?
    /// How many times each version was deployed: agents try a failed version again only when this rises.
    public var attempts: [String: Int] = [:]

    public init() {}

    public struct Refusal: Hashable, Codable, Sendable {
        public var rollout: String
        public var reason: String
        public var at: Timestamp

        public init(rollout: String, reason: String, at: Timestamp) {
            self.rollout = rollout
            self.reason = reason
            self.at = at
        }
    }

    /// What follows from a wish to deploy.
    public enum Decision: Hashable, Sendable {
        case start
        case queue(behind: String)
        /// The rollout in flight is told to go back; this one is next.
        case supersede(String)
        /// The rollout in flight only watches: its watch ends, and this one starts.
        case endWatch(String)
        case unchanged(String)
        case refuse(String)
    }

    /// Decides on a wish to deploy `version`.
    ///
    /// - Parameters:
    ///   - active: The version and phase of the rollout in flight.
    ///   - waiting: The versions of the queue, in its order.
    public func decide(
        version: String, force: Bool, supersede: Bool, active: (id: String, version: String, phase: Phase)?,
        waiting: [String]
    ) -> Decision {
        if let refusal = refused[version], !force {
            return .refuse(
                "\(version) was rolled back by \(refusal.rollout) (\(refusal.reason)); deploy with --force to try it again"
            )
        }
        guard let active else {
            return version == stable && !force ? .unchanged("\(version) is what runs already") : .start
        }
        if active.version == version, active.phase != .rollingBack {
            return .unchanged("\(active.id) is bringing \(version) already")
        }
        if waiting.contains(version) { return .unchanged("\(version) waits in the queue already") }
        if active.phase == .watching { return .endWatch(active.id) }
        return supersede ? .supersede(active.id) : .queue(behind: active.id)
    }
}
