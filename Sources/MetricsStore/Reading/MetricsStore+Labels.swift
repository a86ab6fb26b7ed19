public import Series
import Synchronization

extension MetricsStore {
    public func labelNames(
        _ matchers: [[LabelMatcher]], after: Int64, through: Int64, limit: Int
    ) async throws(QueryError) -> [String] {
        var names: Set<String> = []
        if matchers.isEmpty, isInHead(after, through) {
            names.formUnion(head.index.withLock { $0 }.names.keys)
            return MetricsStore.sorted(names, limit)
        }
        try forEachSeries(matchers, after, through) { labels in labels.forEach { name, _ in names.insert(name) } }
        return MetricsStore.sorted(names, limit)
    }

    public func labelValues(
        _ name: String, _ matchers: [[LabelMatcher]], after: Int64, through: Int64, limit: Int
    ) async throws(QueryError) -> [String] {
        var values: Set<String> = []
        if matchers.isEmpty, isInHead(after, through) {
            values.formUnion(head.index.withLock { $0 }.names[name]?.values.keys ?? [:].keys)
            return MetricsStore.sorted(values, limit)
        }
        try forEachSeries(matchers, after, through) { labels in
            if let value = labels[name] { values.insert(value) }
        }
        return MetricsStore.sorted(values, limit)
    }

    public func metadata(_ metric: String?, limit: Int) async throws(QueryError) -> [MetricMetadata] {
        let all = metadata.withLock { known in
            if let metric { return known[metric].map { [$0] } ?? [] }
            return Array(known.values)
        }
        let sorted = all.sorted { $0.metric < $1.metric }
        return limit > 0 ? Array(sorted.prefix(limit)) : sorted
    }

    /// No block has anything of the stretch, and it reaches over all that the head has.
    private func isInHead(_ after: Int64, _ through: Int64) -> Bool {
        let newest = head.newestTime.load(ordering: .relaxed)
        let (oldest, isAtBeginning) = newest.subtractingReportingOverflow(2 * options.blockLength)
        // A head without samples has no newest time.
        return blocks.withLock { $0.allSatisfy { !$0.overlaps(after: after, through: through) } }
            && (newest == .min || through >= newest && !isAtBeginning && after <= oldest)
    }

    private func forEachSeries(
        _ matchers: [[LabelMatcher]], _ after: Int64, _ through: Int64, _ body: (Labels) -> Void
    ) throws(QueryError) {
        for list in matchers.isEmpty ? [[]] : matchers {
            let found = try selection(SelectRequest(matchers: list, after: after, through: through))
            for index in 0..<found.count { body(found.labels(index)) }
        }
    }

    private static func sorted(_ texts: Set<String>, _ limit: Int) -> [String] {
        let sorted = texts.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        return limit > 0 ? Array(sorted.prefix(limit)) : sorted
    }
}
