/// An evaluation with hooks around it.
struct HookedEvaluation {
    var hooks: [any FlagHook]
    var hints: [FlagMember]
    var call: FlagHookCall

    mutating func run<Value: FlagReadable>(
        _ fallback: Value, _ resolve: (EvaluationContext) -> EvaluationDetails<Value>
    ) -> EvaluationDetails<Value> {
        var details: EvaluationDetails<Value>
        do {
            for hook in hooks {
                if let more = try hook.before(call, hints: hints) { call.context = call.context.merging(more) }
            }
            details = resolve(call.context)
            if let code = details.errorCode {
                throw FlagEvaluationError(code: code, message: details.errorMessage ?? "")
            }
            let plain = details.map(\.flagValue)
            for hook in hooks.reversed() { try hook.after(call, plain, hints: hints) }
        } catch {
            details = failed(error, fallback)
            for hook in hooks.reversed() { hook.error(call, error, hints: hints) }
        }
        let plain = details.map(\.flagValue)
        for hook in hooks.reversed() { hook.finally(call, plain, hints: hints) }
        return details
    }

    private func failed<Value: FlagReadable>(_ error: any Error, _ fallback: Value) -> EvaluationDetails<Value> {
        let known = error as? FlagEvaluationError
        return EvaluationDetails(
            key: call.key, value: fallback, reason: .error, errorCode: known?.code ?? .general,
            errorMessage: known?.message ?? "a hook ended the evaluation: \(error)")
    }
}
