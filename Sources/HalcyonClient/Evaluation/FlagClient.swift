import Synchronization

/// Reads flags. It never waits, and never throws: when anything is wrong, the caller's default is the answer.
public final class FlagClient: Sendable {
    /// The name of its domain; `nil` for the default one.
    public let domain: String?

    private struct State {
        var context = EvaluationContext()
        var hooks: [any FlagHook] = []
    }

    let api: FlagAPI
    private let state = Mutex(State())

    init(api: FlagAPI, domain: String?) {
        self.api = api
        self.domain = domain
    }

    /// The context of all of this client's evaluations, over the API's and the transaction's.
    public var context: EvaluationContext {
        get { state.withLock { $0.context } }
        set { state.withLock { $0.context = newValue } }
    }

    /// Adds hooks to this client's evaluations.
    public func add(hooks: [any FlagHook]) {
        state.withLock { $0.hooks += hooks }
    }

    /// Whether its provider can evaluate.
    public var status: ProviderStatus { provider.status }

    /// What happens to its provider, also when another one is set.
    public func events() -> AsyncStream<ProviderEvent> { api.events(domain: domain) }

    var provider: any FlagProvider { api.provider(domain: domain) }

    // MARK: Values

    /// A flag's value.
    ///
    /// - Parameters:
    ///   - key: the flag's.
    ///   - fallback: what to give when the flag has no value: also what type is asked for.
    ///   - context: on top of the client's, the transaction's and the API's.
    public func value<Value: FlagReadable>(
        _ key: String, default fallback: Value, context: EvaluationContext? = nil
    ) -> Value {
        details(key, default: fallback, context: context).value
    }

    /// A flag's value, and how it came about.
    ///
    /// - Parameters:
    ///   - key: the flag's.
    ///   - fallback: what to give when the flag has no value: also what type is asked for.
    ///   - context: on top of the client's, the transaction's and the API's.
    ///   - hooks: run around this evaluation, besides the client's and the API's.
    ///   - hints: handed to every hook.
    public func details<Value: FlagReadable>(
        _ key: String, default fallback: Value, context: EvaluationContext? = nil, hooks: [any FlagHook] = [],
        hints: [FlagMember] = []
    ) -> EvaluationDetails<Value> {
        let provider = provider
        let (own, ownHooks) = state.withLock { ($0.context, $0.hooks) }
        let merged = FlagClient.merged(api.context, own, context)
        let all = api.hooks + ownHooks + hooks + provider.hooks
        if all.isEmpty { return FlagClient.resolve(key, fallback, merged, provider) }
        let call = FlagHookCall(
            key: key, kind: Value.flagKind, defaultValue: fallback.flagValue, context: merged, domain: domain,
            provider: provider.name)
        var evaluation = HookedEvaluation(hooks: all, hints: hints, call: call)
        return evaluation.run(fallback) { context in
            FlagClient.resolve(key, fallback, context, provider)
        }
    }

    /// The context that counts when these are given. The transaction's lies over the API's, and below the others.
    private static func merged(
        _ global: EvaluationContext, _ own: EvaluationContext, _ given: EvaluationContext?
    ) -> EvaluationContext {
        var context = global
        if let transaction = FlagAPI.transactionContext { context = context.merging(transaction) }
        context = context.merging(own)
        return given.map { context.merging($0) } ?? context
    }

    func merged(_ given: EvaluationContext?) -> EvaluationContext {
        FlagClient.merged(api.context, context, given)
    }

    private static func resolve<Value: FlagReadable>(
        _ key: String, _ fallback: Value, _ context: EvaluationContext, _ provider: any FlagProvider
    ) -> EvaluationDetails<Value> {
        let answer = provider.resolve(key, as: Value.flagKind, in: context)
        var details = EvaluationDetails(
            key: key, value: fallback, variant: answer.variant, reason: answer.reason, errorCode: answer.errorCode,
            errorMessage: answer.errorMessage, metadata: answer.metadata)
        guard let value = answer.value else { return details }
        if let value = Value(flagValue: value) {
            details.value = value
        } else {
            details.variant = nil
            details.reason = .error
            details.errorCode = .typeMismatch
            details.errorMessage = "the flag '\(key)' has no value of the kind '\(Value.flagKind.rawValue)'"
        }
        return details
    }

    // MARK: Tracking

    /// Says that something happened, for experiments and analytics: a purchase, a sign-up.
    public func track(_ event: String, context: EvaluationContext? = nil, details: TrackingDetails = TrackingDetails())
    {
        provider.track(event, context: merged(context), details: details)
    }
}

/// What is said about an event that is tracked.
public struct TrackingDetails: Hashable, Sendable {
    /// For example what was paid.
    public var value: Double?
    public var attributes: [FlagMember]

    public init(value: Double? = nil, attributes: [FlagMember] = []) {
        self.value = value
        self.attributes = attributes
    }
}
