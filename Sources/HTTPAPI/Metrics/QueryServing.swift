/// How queries for metrics are served.
public struct QueryServing: Hashable, Sendable {
    /// So many are evaluated at once; the others wait.
    public var concurrency: Int
    /// So many may wait; more are refused.
    public var waiting: Int
    /// A query may take so long, its waiting included, in milliseconds.
    public var timeout: Int64
    /// How many samples one query may hold in memory.
    public var samples: Int
    /// How many samples all queries together may hold in memory.
    public var allSamples: Int
    /// A sample stands for its series for so long, in milliseconds.
    public var lookback: Int64

    public init(
        concurrency: Int = 10, waiting: Int = 200, timeout: Int64 = 120_000, samples: Int = 50_000_000,
        allSamples: Int = 100_000_000, lookback: Int64 = 300_000
    ) {
        (self.concurrency, self.waiting, self.timeout) = (concurrency, waiting, timeout)
        (self.samples, self.allSamples, self.lookback) = (samples, allSamples, lookback)
    }
}
