/// Which generation of flagd's `fractional` is meant: they put the same user into different buckets.
public enum Bucketing: String, Hashable, Sendable, CaseIterable {
    /// The hash of the raw UTF-8 of a text (flagd core 0.15 and 0.16, `openfeature-flagd-core` 1).
    case v2
    /// The hash of the value's canonical CBOR (`openfeature-flagd-core` 2 and newer).
    case v3
}

/// What a caller can ask for.
public enum FlagKind: String, Hashable, Sendable, CaseIterable {
    case boolean
    case string
    case integer
    case double
    case object

    /// Whether an answer of another kind may be given: a number that loses nothing.
    ///
    /// A double read as an integer is decided by its value, see `FlagSnapshot.integer(_:_:)`.
    public func accepts(_ kind: FlagKind) -> Bool {
        self == kind || self == .double && kind == .integer
    }
}

/// Why an evaluation ended as it did, in OpenFeature's words.
public enum ResolutionReason: UInt8, BitwiseCopyable, Hashable, Sendable, CaseIterable {
    case `static`
    case `default`
    case targetingMatch
    case split
    case cached
    case disabled
    case unknown
    case stale
    case error

    /// As protocols write it, for example `TARGETING_MATCH`.
    public var name: StaticString {
        switch self {
        case .static: "STATIC"
        case .default: "DEFAULT"
        case .targetingMatch: "TARGETING_MATCH"
        case .split: "SPLIT"
        case .cached: "CACHED"
        case .disabled: "DISABLED"
        case .unknown: "UNKNOWN"
        case .stale: "STALE"
        case .error: "ERROR"
        }
    }
}

/// What went wrong, in OpenFeature's words.
public enum FlagErrorCode: UInt8, BitwiseCopyable, Error, Hashable, Sendable, CaseIterable {
    case providerNotReady
    case flagNotFound
    case parseError
    case typeMismatch
    case targetingKeyMissing
    case invalidContext
    case providerFatal
    case general

    /// As protocols write it, for example `FLAG_NOT_FOUND`.
    public var name: StaticString {
        switch self {
        case .providerNotReady: "PROVIDER_NOT_READY"
        case .flagNotFound: "FLAG_NOT_FOUND"
        case .parseError: "PARSE_ERROR"
        case .typeMismatch: "TYPE_MISMATCH"
        case .targetingKeyMissing: "TARGETING_KEY_MISSING"
        case .invalidContext: "INVALID_CONTEXT"
        case .providerFatal: "PROVIDER_FATAL"
        case .general: "GENERAL"
        }
    }
}

/// The answer of an evaluation: a number, so that it costs nothing to hand around.
public struct Resolution: BitwiseCopyable, Hashable, Sendable {
    /// The index of the variant among the flag's variants; -1 when there is none, and the caller's own default counts.
    public var variant: Int32
    public var reason: ResolutionReason
    public var error: FlagErrorCode?

    public init(variant: Int32, reason: ResolutionReason, error: FlagErrorCode? = nil) {
        self.variant = variant
        self.reason = reason
        self.error = error
    }

    public static func failed(_ code: FlagErrorCode) -> Resolution {
        Resolution(variant: -1, reason: .error, error: code)
    }

    public static let disabled = Resolution(variant: -1, reason: .disabled)
}
