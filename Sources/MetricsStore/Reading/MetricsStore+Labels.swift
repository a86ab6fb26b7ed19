import Ports
public import Series
import Synchronization

extension MetricsStore {
    public func labelNames(
        _ matchers: [[LabelMatcher]], after: Int64, through: Int64, limit: Int
    ) async throws(QueryError) -> [String] {
        var names = SortedTexts(limit: limit)
        if matchers.isEmpty {
            for block in overlapping(after, through) {
                try block.forEachName { (name) throws(QueryError) in try names.insert(name) }
            }
            if coversHead(after, through) {
                for name in head.index.withLock({ $0 }).names.keys { try names.insert(name) }
                return names.sorted
            }
        }
        try forEachSeries(matchers, after, through) { (labels) throws(QueryError) in
            for (name, _) in labels.pairs { try names.insert(name) }
        }
        return names.sorted
    }

    public func labelValues(
        _ name: String, _ matchers: [[LabelMatcher]], after: Int64, through: Int64, limit: Int
    ) async throws(QueryError) -> [String] {
        var values = SortedTexts(limit: limit)
        if matchers.isEmpty {
            for block in overlapping(after, through) {
                try block.forEachValue(of: name) { (value) throws(QueryError) in try values.insert(value) }
            }
            if coversHead(after, through) {
                for value in (head.index.withLock { $0 }.names[name]?.values ?? [:]).keys { try values.insert(value) }
                return values.sorted
            }
        }
        try forEachSeries(matchers, after, through) { (labels) throws(QueryError) in
            if let value = labels[name] { try values.insert(value) }
        }
        return values.sorted
    }

    public func metadata(_ metric: String?, limit: Int) async throws(QueryError) -> [MetricMetadata] {
        let all = metadata.withLock { known in
            if let metric { return known[metric].map { [$0] } ?? [] }
            return Array(known.values)
        }
        let sorted = all.sorted { $0.metric < $1.metric }
        return limit > 0 ? Array(sorted.prefix(limit)) : sorted
    }

    private func overlapping(_ after: Int64, _ through: Int64) -> [Block] {
        blocks.withLock { $0 }.filter { $0.overlaps(after: after, through: through) }
    }

    /// The stretch reaches over all that the head has.
    private func coversHead(_ after: Int64, _ through: Int64) -> Bool {
        let newest = head.newestTime.load(ordering: .relaxed)
        let (oldest, isAtBeginning) = newest.subtractingReportingOverflow(2 * options.blockLength)
        // A head without samples has no newest time.
        return newest == .min || through >= newest && !isAtBeginning && after <= oldest
    }

    /// Without matchers: the series of the head only, as the blocks' indexes tell of theirs.
    private func forEachSeries(
        _ matchers: [[LabelMatcher]], _ after: Int64, _ through: Int64, _ body: (Labels) throws(QueryError) -> Void
    ) throws(QueryError) {
        for list in matchers.isEmpty ? [[]] : matchers {
            var request = SelectRequest(matchers: list, after: after, through: through)
            request.onlyLabels = true
            let found = matchers.isEmpty ? try headSelection(request) : try selection(request)
            for index in 0..<found.count { try body(found.labels(index)) }
        }
    }

    private func headSelection(_ request: SelectRequest) throws(QueryError) -> SeriesSelection {
        var parts = SeriesSelection.Parts()
        try head.collect(head.index.withLock { $0 }.slots([]), request, into: &parts)
        return SeriesSelection(
            parts, after: request.after, through: request.through, limitSamples: 0, mappings: [:], blocks: [],
            onDamage: { _ in })
    }
}

/// Different texts, of which only the first in their order may be wanted: then no more than about twice as many are held.
private struct SortedTexts {
    private let limit: Int
    private var texts: Set<String> = []
    private var bytes = 0
    private var meter = MetricsMeter()

    init(limit: Int) { self.limit = limit }

    /// - Throws: when the search should end.
    mutating func insert(_ text: String) throws(QueryError) {
        guard texts.insert(text).inserted else { return }
        bytes += 48 + text.utf8.count
        guard texts.count % 1024 == 0 else { return }
        if limit > 0, texts.count >= 2 * limit + 1024 {
            texts = Set(sorted)
            bytes = texts.reduce(0) { $0 + 48 + $1.utf8.count }
        }
        try meter.note(held: bytes)
    }

    var sorted: [String] {
        let sorted = texts.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        return limit > 0 ? Array(sorted.prefix(limit)) : sorted
    }
}
