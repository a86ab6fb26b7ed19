public import Ports
import Series
import Synchronization

extension MetricsStore {
    /// Of the newest sample of all, in milliseconds since the epoch; `Int64.min` before the first.
    public var newestTime: Int64 { head.newestTime.load(ordering: .relaxed) }

    /// The series of the head.
    public var seriesCount: Int { head.index.withLock { $0.count } }

    /// All blocks together.
    public var blockFigures: (count: Int, bytes: Int, samples: Int) {
        blocks.withLock { blocks in
            (blocks.count, blocks.reduce(0) { $0 + $1.length }, blocks.reduce(0) { $0 + Int($1.footer.samples) })
        }
    }

    /// What went wrong or was repaired lately, oldest first.
    public var lastNotices: [String] { notices.withLock { $0 } }

    /// Why samples are refused now, if they are.
    public var problem: StoreError? { log.problem }

    /// The metrics, labels and label values with the most series of the head.
    /// - Complexity: O(label pairs).
    public func cardinality(limit: Int = 10) -> MetricsCardinality {
        let index = head.index.withLock { $0 }
        var result = MetricsCardinality(series: index.count)
        func top(_ entries: [MetricsCardinality.Entry]) -> [MetricsCardinality.Entry] {
            Array(entries.sorted { ($1.count, $0.name) < ($0.count, $1.name) }.prefix(limit))
        }
        let metrics = index.names[Labels.metricName]?.values ?? [:]
        result.pairCount = index.pairs.reduce(0) { $0 + ($1.slots.isEmpty ? 0 : 1) }
        result.metrics = top(metrics.map { .init(name: $0.key, count: index.pairs[Int($0.value)].slots.count) })
        result.labels = top(index.names.map { .init(name: $0.key, count: $0.value.values.count) })
        result.pairs = top(
            index.pairs.filter { !$0.slots.isEmpty && $0.name != Labels.metricName }
                .map { .init(name: "\($0.name)=\"\($0.value)\"", count: $0.slots.count) })
        return result
    }
}
