/// Code that is run around evaluations: to log, to trace, to add to the context.
///
/// `before` runs first for the API's hooks, then the client's, the call's and the provider's; the others in the opposite order.
/// Every requirement has an implementation that does nothing.
public protocol FlagHook: Sendable {
    /// Before the evaluation. What it returns is added to the context.
    ///
    /// - Throws: to end the evaluation: the caller gets the default.
    func before(_ call: FlagHookCall, hints: [FlagMember]) throws -> EvaluationContext?

    /// After an evaluation without an error.
    ///
    /// - Throws: to turn it into an error: the caller gets the default.
    func after(_ call: FlagHookCall, _ details: EvaluationDetails<FlagValue>, hints: [FlagMember]) throws

    /// After an evaluation with an error, or a hook that threw.
    func error(_ call: FlagHookCall, _ error: any Error, hints: [FlagMember])

    /// At the end of every evaluation.
    func finally(_ call: FlagHookCall, _ details: EvaluationDetails<FlagValue>, hints: [FlagMember])
}

extension FlagHook {
    public func before(_ call: FlagHookCall, hints: [FlagMember]) throws -> EvaluationContext? { nil }
    public func after(_ call: FlagHookCall, _ details: EvaluationDetails<FlagValue>, hints: [FlagMember]) throws {}
    public func error(_ call: FlagHookCall, _ error: any Error, hints: [FlagMember]) {}
    public func finally(_ call: FlagHookCall, _ details: EvaluationDetails<FlagValue>, hints: [FlagMember]) {}
}

/// The evaluation that a hook runs around.
public struct FlagHookCall: Sendable {
    public var key: String
    public var kind: FlagKind
    public var defaultValue: FlagValue
    public var context: EvaluationContext
    /// The client's domain; `nil` for the default one.
    public var domain: String?
    /// The provider's name.
    public var provider: String
}

/// An evaluation that ended with an error code, as hooks see it.
public struct FlagEvaluationError: Error, Hashable, Sendable, CustomStringConvertible {
    public var code: FlagErrorCode
    public var message: String

    public var description: String { "\(code.name): \(message)" }
}
