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

    /// What takes the most series.
    public struct Cardinality: Hashable, Sendable {
        public struct Entry: Hashable, Sendable {
            /// A metric, a label, or `label="value"`.
            public var name: String
            /// Series, or values of a label.
            public var count: Int
        }

        public var series = 0
        public var metrics: [Entry] = []
        /// Labels by how many values they have.
        public var labels: [Entry] = []
        /// Label values by how many series have them.
        public var pairs: [Entry] = []
    }

    /// The metrics, labels and label values with the most series of the head.
    /// - Complexity: O(label pairs).
    public func cardinality(limit: Int = 10) -> Cardinality {
        let index = head.index.withLock { $0 }
        var result = Cardinality(series: index.count)
        func top(_ entries: [Cardinality.Entry]) -> [Cardinality.Entry] {
            Array(entries.sorted { ($1.count, $0.name) < ($0.count, $1.name) }.prefix(limit))
        }
        let metrics = index.names[Labels.metricName]?.values ?? [:]
        result.metrics = top(metrics.map { .init(name: $0.key, count: index.pairs[Int($0.value)].slots.count) })
        result.labels = top(index.names.map { .init(name: $0.key, count: $0.value.values.count) })
        result.pairs = top(
            index.pairs.filter { !$0.slots.isEmpty && $0.name != Labels.metricName }
                .map { .init(name: "\($0.name)=\"\($0.value)\"", count: $0.slots.count) })
        return result
    }
}
