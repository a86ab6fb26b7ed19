public import Values

/// The two cohorts of a rollout at one moment: who has the change, who does not, and since when.
public struct Comparison: Hashable, Sendable {
    public var service: String
    /// The version that the canary has.
    public var version: String
    /// The version that the baseline has; `nil` when the service runs for the first time.
    public var previous: String?
    /// Events after this count for the canary, and for the baseline while it has hosts.
    public var canarySince: Timestamp
    /// When the rollout began: from here the baseline's earlier events count once no host has the previous version.
    public var baselineSince: Timestamp
    public var now: Timestamp
    /// A host whose last scrape is older than this counts as silent; three scrape intervals are usual.
    public var staleAfter: Period
    /// The hosts that serve the new version now and whose metrics are therefore expected.
    public var expectedCanaryHosts: [String]
    /// The hosts that serve the previous version now; empty in the last wave and during the watch.
    public var expectedBaselineHosts: [String]
    /// By check: the baseline's events as this rollout has recorded them. They count when nobody has the previous version
    /// any more and the data of those who had it are gone.
    public var recordedBaselines: [String: CohortCount]

    public init(
        service: String, version: String, previous: String?, canarySince: Timestamp, baselineSince: Timestamp,
        now: Timestamp, staleAfter: Period, expectedCanaryHosts: [String], expectedBaselineHosts: [String],
        recordedBaselines: [String: CohortCount] = [:]
    ) {
        self.service = service
        self.version = version
        self.previous = previous
        self.canarySince = canarySince
        self.baselineSince = baselineSince
        self.now = now
        self.staleAfter = staleAfter
        self.expectedCanaryHosts = expectedCanaryHosts
        self.expectedBaselineHosts = expectedBaselineHosts
        self.recordedBaselines = recordedBaselines
    }
}
