import Synchronization

/// Flags that a test sets, and notes of what was evaluated and tracked.
public final class TestProvider: FlagProvider {
    /// Something that was tracked.
    public struct Tracked: Hashable, Sendable {
        public var event: String
        public var context: EvaluationContext
        public var details: TrackingDetails
    }

    public typealias Answer = @Sendable (EvaluationContext) -> FlagValue?

    private struct State {
        var flags: [String: Answer] = [:]
        var evaluations: [String: Int] = [:]
        var tracked: [Tracked] = []
        var isEnded = false
    }

    public let name = "test"
    private let state: Mutex<State>
    private let listeners = Listeners<ProviderEvent>()

    /// - Parameter flags: the value of each flag, the same for everybody.
    public init(_ flags: [String: FlagValue] = [:]) {
        state = Mutex(State(flags: flags.mapValues { value in { _ in value } }))
    }

    public var status: ProviderStatus { state.withLock { $0.isEnded ? .fatal : .ready } }

    /// Gives a flag a value for everybody; `nil` takes the flag out.
    public func set(_ key: String, to value: FlagValue?) {
        set(key) { _ in value }
        if value == nil { _ = state.withLock { $0.flags.removeValue(forKey: key) } }
    }

    /// Gives a flag a value that depends on the context; `nil` for the caller's default.
    public func set(_ key: String, to answer: @escaping Answer) {
        state.withLock { $0.flags[key] = answer }
        listeners.tell(.configurationChanged(keys: [key]))
    }

    /// How often a flag was evaluated.
    public func evaluations(of key: String) -> Int { state.withLock { $0.evaluations[key, default: 0] } }

    /// What was tracked, in order.
    public var tracked: [Tracked] { state.withLock { $0.tracked } }

    public func resolve(_ key: String, as kind: FlagKind, in context: EvaluationContext) -> ProviderAnswer {
        let answer = state.withLock { state in
            state.evaluations[key, default: 0] += 1
            return state.flags[key]
        }
        guard let answer else { return .failed(.flagNotFound, "the test has set no flag '\(key)'") }
        guard let value = answer(context) else { return ProviderAnswer(value: nil, reason: .default) }
        return ProviderAnswer(value: value, variant: "test", reason: .static)
    }

    public func track(_ event: String, context: EvaluationContext, details: TrackingDetails) {
        state.withLock { $0.tracked.append(Tracked(event: event, context: context, details: details)) }
    }

    public func events() -> AsyncStream<ProviderEvent> { listeners.listen(first: .ready) }

    public func shutdown() async {
        state.withLock { $0.isEnded = true }
        listeners.finish()
    }
}
