public import MetricsFormats
public import Series
public import Values

/// The metrics that this server keeps: brought in here, and read as a `SampleSource`. Safe from any thread.
public protocol MetricsKeeper: SampleSource {
    /// Takes a batch in. It may be acknowledged when `whenKept`, asked for afterwards, has called back.
    ///
    /// Short, but it takes a lock that is held while other batches come in: not for an event loop with a large batch.
    /// - Parameter now: what the clock shows, to refuse samples of the future; `nil` takes them.
    /// - Throws: when nothing can be taken in now.
    func take(_ batch: IngestBatch, now: Timestamp?) throws(MetricsRefusal) -> IngestReport

    /// Calls back, once and from any thread, when everything that was taken in until now is on the disk, or with what prevented
    /// that: then it should be sent again.
    func whenKept(_ call: @escaping @Sendable (MetricsRefusal?) -> Void)

    /// Copies everything into a new folder of that name, and answers where that is. It may take its time.
    func snapshot(named name: String) throws(MetricsRefusal) -> String

    /// How the store is now.
    func condition() -> MetricsCondition

    /// The metrics, labels and label values with the most series, each at most `limit`.
    func cardinality(limit: Int) -> MetricsCardinality

    /// Who answers queries in the place of this store; `nil` when it does so itself.
    var backend: (any MetricsBackend)? { get }
}

extension MetricsKeeper {
    public var backend: (any MetricsBackend)? { nil }
}

extension MetricsKeeper {
    /// Takes a batch in, a large one in parts, so that others are let in between.
    ///
    /// - Throws: when nothing can be taken in now. The parts before are kept then; to bring everything again does no harm.
    public func takeInParts(_ batch: IngestBatch, now: Timestamp?) throws(MetricsRefusal) -> IngestReport {
        var report = IngestReport()
        for part in batch.parts(of: 5000) { report.add(try take(part, now: now)) }
        return report
    }

    /// Takes a batch in and calls back when it is on the disk; not when this throws.
    public func take(
        _ batch: IngestBatch, now: Timestamp?, whenDurable: @escaping @Sendable (MetricsRefusal?) -> Void
    ) throws(MetricsRefusal) -> IngestReport {
        let report = try take(batch, now: now)
        whenKept(whenDurable)
        return report
    }
}

/// Why metrics cannot be taken in, or read, now. Trying again later may help.
public enum MetricsRefusal: Error, Hashable, Sendable, CustomStringConvertible {
    /// More waits to be written than may wait.
    case overloaded(String)
    /// A full disk, a broken store, or one that is being closed.
    case unavailable(String)

    public var description: String {
        switch self {
        case .overloaded(let reason), .unavailable(let reason): reason
        }
    }
}

/// How a store of metrics is.
public struct MetricsCondition: Hashable, Sendable {
    /// Why nothing is taken in now; `nil` when all is well.
    public var problem: String?
    /// What went wrong or was repaired lately, oldest first.
    public var notices: [String] = []
    /// Series that got samples lately.
    public var series = 0
    /// Of the newest sample, in milliseconds since the epoch; `nil` before the first.
    public var newestTime: Int64?
    /// Of the oldest sample that is known of, likewise.
    public var oldestTime: Int64?
    /// Who had too many series, with how many samples were refused for it since the start; the most first.
    public var overLimit: [MetricsCardinality.Entry] = []
    public var blocks = 0
    /// Exemplars that came in since the start; they are not kept.
    public var exemplars = 0
    /// What the blocks take on the disk.
    public var blockBytes = 0
    /// Samples in these blocks.
    public var blockSamples = 0
    /// Samples are kept for so long, in milliseconds; 0 for ever.
    public var retentionAge: Int64 = 0
    /// The oldest blocks are removed when all take more than this; 0 is no limit.
    public var retentionBytes: Int64 = 0
    /// Where what comes in is sent on to.
    public var deliveries: [DeliveryCondition] = []
    /// Who answers queries in the place of this store; `nil` when it does so itself.
    public var backend: BackendCondition?

    public init(problem: String? = nil) { self.problem = problem }
}

/// How a backend is that answers queries.
public struct BackendCondition: Hashable, Sendable {
    /// Without what may be secret.
    public var address: String
    /// Why it could not be asked last; `nil` when it answered.
    public var problem: String?

    public init(address: String, problem: String?) { (self.address, self.problem) = (address, problem) }
}

/// What takes the most series.
public struct MetricsCardinality: Hashable, Sendable {
    public struct Entry: Hashable, Sendable {
        /// A metric, a label, or `label="value"`.
        public var name: String
        /// Series, or values of a label.
        public var count: Int

        public init(name: String, count: Int) {
            self.name = name
            self.count = count
        }
    }

    public var series: Int
    /// Different label values of all series: metrics included.
    public var pairCount = 0
    public var metrics: [Entry] = []
    /// Labels by how many values they have.
    public var labels: [Entry] = []
    /// Label values by how many series have them.
    public var pairs: [Entry] = []

    public init(series: Int = 0) { self.series = series }
}

/// In the place of a store that could not be opened: everything is answered with the reason.
public struct BrokenMetrics: MetricsKeeper, Queryable {
    private let reason: String

    public init(reason: String) { self.reason = reason }

    public func take(_ batch: IngestBatch, now: Timestamp?) throws(MetricsRefusal) -> IngestReport {
        throw .unavailable(reason)
    }

    public func snapshot(named name: String) throws(MetricsRefusal) -> String { throw .unavailable(reason) }

    public func whenKept(_ call: @escaping @Sendable (MetricsRefusal?) -> Void) { call(.unavailable(reason)) }

    public func condition() -> MetricsCondition { MetricsCondition(problem: reason) }

    public func cardinality(limit: Int) -> MetricsCardinality { MetricsCardinality() }

    public func select(_ request: SelectRequest) async throws(QueryError) -> any SeriesSet {
        throw .unavailable(reason)
    }

    public func series(_ request: SelectRequest) throws(QueryError) -> any SeriesSet { throw .unavailable(reason) }

    public func labelNames(
        _ matchers: [[LabelMatcher]], after: Int64, through: Int64, limit: Int
    ) async throws(QueryError) -> [String] { throw .unavailable(reason) }

    public func labelValues(
        _ name: String, _ matchers: [[LabelMatcher]], after: Int64, through: Int64, limit: Int
    ) async throws(QueryError) -> [String] { throw .unavailable(reason) }

    public func metadata(_ metric: String?, limit: Int) async throws(QueryError) -> [MetricMetadata] {
        throw .unavailable(reason)
    }
}
