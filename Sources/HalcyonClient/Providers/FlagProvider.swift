/// Where a client's flags come from.
///
/// Evaluation never waits: a provider answers from what it has in memory.
public protocol FlagProvider: AnyObject, Sendable {
    var name: String { get }
    var status: ProviderStatus { get }
    /// Run around every evaluation of this provider, innermost.
    var hooks: [any FlagHook] { get }
    /// Compiled flags, for providers that have them; clients then read them directly.
    var cell: SnapshotCell? { get }

    /// What a flag is, for a context.
    func resolve(_ key: String, as kind: FlagKind, in context: EvaluationContext) -> ProviderAnswer
    func track(_ event: String, context: EvaluationContext, details: TrackingDetails)
    /// Code that ran with a variant, how long it took, and whether it failed.
    func measured(_ key: String, variant: String, in context: EvaluationContext, took: Duration, failed: Bool)

    /// What happens to the provider from now on. Who does not read misses the oldest of them, not the newest.
    func events() -> AsyncStream<ProviderEvent>

    /// Begins to work; a second call does nothing.
    func start()
    /// Waits until it is ready, at most as long as that, and says whether it is.
    func ready(within limit: Duration) async -> Bool
    /// Sends what is still to be sent, and ends.
    func shutdown() async
}

extension FlagProvider {
    public var hooks: [any FlagHook] { [] }
    public var cell: SnapshotCell? { nil }
    public func track(_ event: String, context: EvaluationContext, details: TrackingDetails) {}
    public func measured(_ key: String, variant: String, in context: EvaluationContext, took: Duration, failed: Bool) {}
    public func start() {}
    public func ready(within limit: Duration) async -> Bool { status != .notReady && status != .fatal }
    public func shutdown() async {}
}

/// Whether a provider can evaluate.
public enum ProviderStatus: String, Hashable, Sendable, CaseIterable {
    /// It has no flags yet.
    case notReady
    case ready
    /// It has flags, but cannot know whether they are the newest.
    case stale
    case error
    /// It will have no flags any more: it was shut down.
    case fatal
}

/// Something that happened to a provider.
public enum ProviderEvent: Hashable, Sendable {
    case ready
    /// The server cannot be heard: the flags may be out of date.
    case stale
    /// These flags may answer otherwise than before.
    case configurationChanged(keys: [String])
    case error(message: String)
}
