public import Rollouts

/// What a control plane counts of itself, for its metrics.
public struct ServerFigures: Hashable, Sendable {
    public var hosts = 0
    /// Hosts that were heard of lately.
    public var connectedHosts = 0
    public var services = 0
    /// How many rollouts there are in each phase, of those that move, wait, or may still go back.
    public var rollouts: [Phase: Int] = [:]
    /// Instances that agents scrape, and those whose last scrape failed.
    public var scrapedInstances = 0
    public var failingScrapes = 0

    public init() {}
}

extension ControlSurface {
    /// Nothing is counted unless an implementation does.
    public func figures() async -> ServerFigures { ServerFigures() }
}
