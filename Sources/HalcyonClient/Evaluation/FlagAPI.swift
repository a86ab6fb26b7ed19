import Synchronization

/// Where providers are set, one for each domain, and clients are had from.
///
/// A program has one, `shared`; tests make their own.
public final class FlagAPI: Sendable {
    public static let shared = FlagAPI()

    /// The context of what is being done now, a request for example. It holds for all evaluations within the closure:
    ///
    ///     FlagAPI.$transactionContext.withValue(EvaluationContext(targetingKey: user)) { … }
    @TaskLocal public static var transactionContext: EvaluationContext?

    private struct State {
        var provider: any FlagProvider = NoOpProvider()
        var byDomain: [String: any FlagProvider] = [:]
        var context = EvaluationContext()
        var hooks: [any FlagHook] = []
    }

    private let state = Mutex(State())
    /// Hears whenever providers were set.
    private let changes = Listeners<Void>()
    /// Grows whenever providers were set, so that who keeps one knows when to ask again.
    let generation = Atomic<UInt64>(1)

    public init() {}

    // MARK: Providers

    /// Makes a provider the one of a domain, or of all that have none of their own, and starts it. The one before, when no
    /// other domain uses it, is shut down.
    public func setProvider(_ provider: any FlagProvider, domain: String? = nil) async {
        let unused = state.withLock { state -> (any FlagProvider)? in
            let old: any FlagProvider
            if let domain {
                old = state.byDomain[domain] ?? provider
                state.byDomain[domain] = provider
            } else {
                old = state.provider
                state.provider = provider
            }
            let used = [state.provider] + state.byDomain.values
            return used.contains { $0 === old } ? nil : old
        }
        generation.wrappingAdd(1, ordering: .releasing)
        changes.tell(())
        provider.start()
        await unused?.shutdown()
    }

    /// As `setProvider`, and waits until the provider is ready, at most as long as that.
    ///
    /// - Returns: Whether it is ready. If not, evaluations give what is known, or the defaults, until it is.
    @discardableResult
    public func setProviderAndWait(
        _ provider: any FlagProvider, domain: String? = nil, within limit: Duration = .seconds(5)
    ) async -> Bool {
        await setProvider(provider, domain: domain)
        return await provider.ready(within: limit)
    }

    /// The provider that evaluates a domain's flags.
    public func provider(domain: String? = nil) -> any FlagProvider {
        state.withLock { state in domain.flatMap { state.byDomain[$0] } ?? state.provider }
    }

    /// What happens to the provider of a domain, whichever that is: it goes on when another one is set. A provider that is
    /// ready is told of at once. Who does not read misses the oldest events, not the newest.
    public func events(domain: String? = nil) -> AsyncStream<ProviderEvent> {
        let (stream, continuation) = AsyncStream.makeStream(
            of: ProviderEvent.self, bufferingPolicy: .bufferingNewest(64))
        // Lives as long as somebody reads: the end of the stream ends it.
        let work = Task { await self.follow(domain) { continuation.yield($0) } }
        continuation.onTermination = { _ in work.cancel() }
        return stream
    }

    private func follow(_ domain: String?, _ tell: @escaping @Sendable (ProviderEvent) -> Void) async {
        while !Task.isCancelled {
            // First of all listen: no provider can be missed that is set while the present one is looked at.
            let changes = changes.listen()
            let provider = provider(domain: domain)
            await withTaskGroup(of: Bool.self) { group in
                group.addTask {
                    // That none was set is nothing to be told of.
                    guard !(provider is NoOpProvider) else { return false }
                    for await event in provider.events() { tell(event) }
                    return false
                }
                group.addTask {
                    for await _ in changes where self.provider(domain: domain) !== provider { break }
                    return true
                }
                while let isReplaced = await group.next(), !isReplaced {}
                group.cancelAll()
            }
        }
    }

    /// Ends all providers, which send what they have still to send. Evaluations give the defaults from now on.
    public func shutdown() async {
        let all = state.withLock { state in
            let all = [state.provider] + Array(state.byDomain.values)
            state = State()
            return all
        }
        generation.wrappingAdd(1, ordering: .releasing)
        changes.tell(())
        for provider in all { await provider.shutdown() }
    }

    // MARK: Clients, context, hooks

    /// A client; its flags come from the domain's provider, whenever that is set.
    public func client(domain: String? = nil) -> FlagClient { FlagClient(api: self, domain: domain) }

    /// The context of all evaluations. Everything else comes on top of it.
    public var context: EvaluationContext {
        get { state.withLock { $0.context } }
        set { state.withLock { $0.context = newValue } }
    }

    /// Adds hooks to all evaluations.
    public func add(hooks: [any FlagHook]) {
        state.withLock { $0.hooks += hooks }
    }

    var hooks: [any FlagHook] { state.withLock { $0.hooks } }
}
