import FoundationEssentials
import Glibc
import MetricsFormats
import MetricsStore
import Ports
import Series
import Synchronization
import Values

/// A store in a folder of its own, removed at the end.
final class StoredMetrics: Sendable {
    let store: MetricsStore
    private let path = "/tmp/halcyon-http-metrics-\(UUID().uuidString)"

    init() throws { store = try MetricsStore(path: path) }

    deinit {
        store.close()
        try? FileManager.default.removeItem(atPath: path)
    }
}

/// A store that answers when the test lets it, and says how many wait for it.
final class HeldMetrics: MetricsKeeper {
    private struct Slow: SeriesSet {
        let reads: Atomic<Int>.Box
        /// To read them all takes half a minute.
        var count: Int { 100_000 }

        func labels(_ index: Int) -> Labels { ["__name__": "x", "number": "\(index)"] }

        func read(_ index: Int, into buffer: inout SampleBuffer) throws(QueryError) {
            reads.value.add(1, ordering: .relaxed)
            usleep(200)
            buffer.append(time: 1, value: 1)
        }
    }

    private let reads = Atomic<Int>.Box()
    private let selects = Atomic(0)

    /// Series that were read so far, by all queries.
    var readSeries: Int { reads.value.load(ordering: .relaxed) }
    var selections: Int { selects.load(ordering: .relaxed) }

    func take(_ batch: IngestBatch, now: Timestamp?) throws(MetricsRefusal) -> IngestReport {
        throw .overloaded("too much")
    }

    func snapshot(named name: String) throws(MetricsRefusal) -> String { throw .unavailable("nothing is kept") }

    func whenKept(_ call: @escaping @Sendable (MetricsRefusal?) -> Void) { call(nil) }
    func condition() -> MetricsCondition { MetricsCondition() }
    func cardinality(limit: Int) -> MetricsCardinality { MetricsCardinality() }

    func select(_ request: SelectRequest) async throws(QueryError) -> any SeriesSet {
        selects.add(1, ordering: .relaxed)
        return Slow(reads: reads)
    }

    func labelNames(
        _ matchers: [[LabelMatcher]], after: Int64, through: Int64, limit: Int
    ) async throws(QueryError) -> [String] { [] }

    func labelValues(
        _ name: String, _ matchers: [[LabelMatcher]], after: Int64, through: Int64, limit: Int
    ) async throws(QueryError) -> [String] { [] }

    func metadata(_ metric: String?, limit: Int) async throws(QueryError) -> [MetricMetadata] { [] }
}

extension Atomic where Value == Int {
    /// A counter that values can share.
    final class Box: Sendable {
        let value = Atomic<Int>(0)
    }
}
