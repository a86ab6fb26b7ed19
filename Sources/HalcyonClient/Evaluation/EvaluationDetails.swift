/// A flag's value, and how it came about.
public struct EvaluationDetails<Value: Sendable>: Sendable {
    public var key: String
    /// The flag's value, or the caller's default.
    public var value: Value
    /// The name of the variant; `nil` when the value is the caller's default.
    public var variant: String?
    public var reason: ResolutionReason
    /// What went wrong; `nil` when nothing did.
    public var errorCode: FlagErrorCode?
    /// For people.
    public var errorMessage: String?
    /// The flag's metadata, over that of its set.
    public var metadata: [FlagMember]

    public init(
        key: String, value: Value, variant: String? = nil, reason: ResolutionReason, errorCode: FlagErrorCode? = nil,
        errorMessage: String? = nil, metadata: [FlagMember] = []
    ) {
        self.key = key
        self.value = value
        self.variant = variant
        self.reason = reason
        self.errorCode = errorCode
        self.errorMessage = errorMessage
        self.metadata = metadata
    }

    func map<Other: Sendable>(_ transform: (Value) -> Other) -> EvaluationDetails<Other> {
        EvaluationDetails<Other>(
            key: key, value: transform(value), variant: variant, reason: reason, errorCode: errorCode,
            errorMessage: errorMessage, metadata: metadata)
    }
}

/// What a provider says about one flag.
public struct ProviderAnswer: Sendable {
    /// `nil`: the caller's default counts, because of an error or because the flag says so.
    public var value: FlagValue?
    public var variant: String?
    public var reason: ResolutionReason
    public var errorCode: FlagErrorCode?
    public var errorMessage: String?
    public var metadata: [FlagMember]

    public init(
        value: FlagValue?, variant: String? = nil, reason: ResolutionReason, errorCode: FlagErrorCode? = nil,
        errorMessage: String? = nil, metadata: [FlagMember] = []
    ) {
        self.value = value
        self.variant = variant
        self.reason = reason
        self.errorCode = errorCode
        self.errorMessage = errorMessage
        self.metadata = metadata
    }

    /// An answer that says what went wrong.
    public static func failed(_ code: FlagErrorCode, _ message: String) -> ProviderAnswer {
        ProviderAnswer(value: nil, reason: .error, errorCode: code, errorMessage: message)
    }
}
