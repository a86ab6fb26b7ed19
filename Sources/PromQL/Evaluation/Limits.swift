/// How much one query may use.
public struct QueryLimits: Hashable, Sendable {
    /// How many samples may be in memory at once; a histogram counts for one for every 16 bytes.
    public var samples: Int
    /// How long a sample stands for its series when no newer one comes, in milliseconds.
    public var lookback: Int64
    /// The step of subqueries that name none, in milliseconds.
    public var defaultStep: Int64

    public init(samples: Int = 50_000_000, lookback: Int64 = 300_000, defaultStep: Int64 = 60_000) {
        self.samples = samples
        self.lookback = lookback
        self.defaultStep = defaultStep
    }
}

/// Why an evaluation should end at once.
public enum Interruption: Hashable, Sendable {
    case cancelled
    case timedOut
}
