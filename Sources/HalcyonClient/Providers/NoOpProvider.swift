/// Knows no flags: every caller gets the default.
public final class NoOpProvider: FlagProvider {
    public let name = "no-op"
    public let status = ProviderStatus.ready

    public init() {}

    public func resolve(_ key: String, as kind: FlagKind, in context: EvaluationContext) -> ProviderAnswer {
        ProviderAnswer(value: nil, reason: .default)
    }

    public func events() -> AsyncStream<ProviderEvent> {
        AsyncStream { continuation in
            continuation.yield(.ready)
            continuation.finish()
        }
    }
}
