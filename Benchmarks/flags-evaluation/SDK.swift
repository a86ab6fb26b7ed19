import Flags
import HalcyonClient

/// Compiled flags as the SDK has them, without a server.
private final class CompiledProvider: FlagProvider {
    let name = "compiled"
    let status = ProviderStatus.ready
    let cell: SnapshotCell?

    init(_ snapshot: FlagSnapshot) { cell = SnapshotCell(snapshot) }

    func resolve(_ key: String, as kind: FlagKind, in context: EvaluationContext) -> ProviderAnswer {
        ProviderAnswer(value: nil, reason: .default)
    }
    func events() -> AsyncStream<ProviderEvent> { AsyncStream { $0.finish() } }
}

/// What a program pays that reads flags through the SDK: one condition, a context that is bound once.
func measureSDK() async {
    let api = FlagAPI()
    await api.setProvider(CompiledProvider(compile(Sets.mixed(1000))))
    let client = api.client()
    print(
        "the SDK: a boolean flag of 1,000, with a bound context",
        measured(1_000_000) { count in
            var bound = client.bind(EvaluationContext(targetingKey: "user-1", attributes: [("country", "DE")]))
            var sum: Int32 = 0
            for _ in 0..<count { sum &+= client.value("flag-1", default: false, in: &bound) ? 1 : 0 }
            sink &+= sum
        }, "ns")
}
