public import MetricsFormats
public import Ports
public import Series
import Synchronization
public import Values

/// The embedded store together with those who get what it takes in, and with the backend that is read in its place.
///
/// What comes in goes to the store first, which refuses what is not sound, sums deltas up, and knows what it has seen; what it takes
/// is queued for the others. It is acknowledged when both are on the disk.
public final class SharedMetrics: MetricsKeeper, Queryable {
    private let store: any MetricsKeeper & Queryable
    private let queue: (any OutgoingSamples)?
    private let writers: [RemoteWriter]
    private let remote: RemoteBackend?
    /// So that receivers get samples in the order in which the store took them.
    private let order = Mutex(())
    /// Samples of one body in the queue.
    private static let bodySamples = 2000

    public init(
        store: any MetricsKeeper & Queryable, queue: (any OutgoingSamples)?, writers: [RemoteWriter],
        backend: RemoteBackend?
    ) {
        (self.store, self.queue, self.writers, remote) = (store, queue, writers, backend)
    }

    public var backend: (any MetricsBackend)? { remote }

    public func take(_ batch: IngestBatch, now: Timestamp?) throws(MetricsRefusal) -> IngestReport {
        guard let queue else { return try store.take(batch, now: now) }
        // Before the store has it: else it would be nowhere else.
        try queue.check()
        return try order.withLock { _ in
            Result { () throws(MetricsRefusal) in
                let report = try store.take(batch, now: now)
                queue.append(RemoteWriteEncoder.bodies(batch, report, limit: SharedMetrics.bodySamples))
                return report
            }
        }.get()
    }

    public func whenKept(_ call: @escaping @Sendable (MetricsRefusal?) -> Void) {
        guard let queue else { return store.whenKept(call) }
        store.whenKept { problem in
            if let problem { call(problem) } else { queue.whenKept(call) }
        }
    }

    public func snapshot(named name: String) throws(MetricsRefusal) -> String { try store.snapshot(named: name) }

    public func condition() -> MetricsCondition {
        var condition = store.condition()
        if let queue, condition.problem == nil {
            do throws(MetricsRefusal) { try queue.check() } catch { condition.problem = "\(error)" }
        }
        condition.deliveries = writers.map { $0.condition() }
        condition.backend = remote.map { BackendCondition(address: $0.address, problem: $0.lastProblem) }
        return condition
    }

    public func cardinality(limit: Int) -> MetricsCardinality { store.cardinality(limit: limit) }

    // MARK: Reading

    /// What this server has taken in itself: a backend cannot be read without waiting for it.
    public func series(_ request: SelectRequest) throws(QueryError) -> any SeriesSet { try store.series(request) }

    public func reading<Result: Sendable>(_ body: @Sendable (any Queryable) -> Result) async -> Result {
        guard let remote else { return await store.reading(body) }
        return await remote.reading(body)
    }

    private var source: any SampleSource { remote ?? store }

    public func select(_ request: SelectRequest) async throws(QueryError) -> any SeriesSet {
        try await source.select(request)
    }

    public func labelNames(
        _ matchers: [[LabelMatcher]], after: Int64, through: Int64, limit: Int
    ) async throws(QueryError) -> [String] {
        try await source.labelNames(matchers, after: after, through: through, limit: limit)
    }

    public func labelValues(
        _ name: String, _ matchers: [[LabelMatcher]], after: Int64, through: Int64, limit: Int
    ) async throws(QueryError) -> [String] {
        try await source.labelValues(name, matchers, after: after, through: through, limit: limit)
    }

    public func metadata(_ metric: String?, limit: Int) async throws(QueryError) -> [MetricMetadata] {
        try await source.metadata(metric, limit: limit)
    }
}
