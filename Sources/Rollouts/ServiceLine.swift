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
}
