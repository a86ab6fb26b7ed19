extension FlagClient {
    /// Reads a flag, runs the code that depends on it, and notes how long that took and whether it failed, by the variant that was
    /// given. A rollout of the flag is judged by it.
    ///
    /// An error that is thrown counts as a failure; being cancelled counts as nothing.
    /// - Parameters:
    ///   - key: the flag's.
    ///   - fallback: what to give when the flag has no value: also what type is asked for.
    ///   - context: on top of the client's, the transaction's and the API's.
    ///   - isFailure: what the code returned, when that can be a failure too.
    ///   - body: the code, with the flag's value.
    public func measure<Value: FlagReadable, Result, Failure: Error>(
        _ key: String, default fallback: Value, context: EvaluationContext? = nil,
        isFailure: (Result) -> Bool = { _ in false }, _ body: (Value) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        let measuring = MeasuredCall(details(key, default: fallback, context: context), merged(context), provider)
        do throws(Failure) {
            let result = try body(measuring.value)
            measuring.end(failed: isFailure(result))
            return result
        } catch {
            measuring.end(error)
            throw error
        }
    }

    /// The same for code that waits.
    public func measure<Value: FlagReadable, Result, Failure: Error>(
        _ key: String, default fallback: Value, context: EvaluationContext? = nil,
        isolation: isolated (any Actor)? = #isolation, isFailure: (Result) -> Bool = { _ in false },
        _ body: (Value) async throws(Failure) -> Result
    ) async throws(Failure) -> Result {
        let measuring = MeasuredCall(details(key, default: fallback, context: context), merged(context), provider)
        do throws(Failure) {
            let result = try await body(measuring.value)
            measuring.end(failed: isFailure(result))
            return result
        } catch {
            measuring.end(error)
            throw error
        }
    }
}

/// A guarded block on its way.
private struct MeasuredCall<Value: Sendable> {
    let value: Value
    private let key: String
    private let variant: String?
    private let context: EvaluationContext
    private let provider: any FlagProvider
    private let begun = ContinuousClock.now

    init(_ details: EvaluationDetails<Value>, _ context: EvaluationContext, _ provider: any FlagProvider) {
        (value, key, variant) = (details.value, details.key, details.variant)
        self.context = context
        self.provider = provider
    }

    func end(failed: Bool) {
        // Whoever got the caller's default got no variant: that says nothing of any.
        guard let variant else { return }
        provider.measured(key, variant: variant, in: context, took: ContinuousClock.now - begun, failed: failed)
    }

    func end(_ error: any Error) {
        if error is CancellationError { return }
        end(failed: true)
    }
}
