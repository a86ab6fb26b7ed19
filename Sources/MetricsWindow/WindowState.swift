import Series
import Values

/// All that a window holds. Series have numbers that never change until the series without samples are cleared out.
struct WindowState {
    let limits: WindowLimits
    private(set) var index = LabelIndex()
    private(set) var sampleCount = 0
    var sources: [ScrapeSource: SourceState] = [:]
    var clocks = ClockDifferences()
    private var stored: [StoredSeries] = []
    private var numbers: [[String: String]: Int] = [:]
    private var newest: Timestamp?
    private var trimmedAt = Timestamp(milliseconds: .min / 2)

    init(limits: WindowLimits) {
        self.limits = limits
    }

    /// The number of the series with these labels; `nil` when it is new and there is no room.
    mutating func series(_ labels: [String: String], startedAt: Timestamp?, absentAt: Timestamp?) -> Int? {
        if let number = numbers[labels] { return number }
        guard stored.count < limits.series else { return nil }
        let number = stored.count
        stored.append(StoredSeries(labels: labels, startedAt: startedAt, absentAt: absentAt))
        numbers[labels] = number
        index.add(number, labels)
        return number
    }

    mutating func add(_ sample: Sample, to number: Int, _ outcome: inout IngestOutcome) {
        if sample.at < trimmedAt {
            outcome.tooOld += 1
        } else if stored[number].insert(sample) {
            outcome.accepted += 1
            sampleCount += 1
            if sample.at > newest ?? sample.at - .milliseconds(1) { newest = sample.at }
        } else {
            outcome.repeated += 1
        }
    }

    /// Ends a series for PromQL, unless it has ended already.
    mutating func markStale(_ number: Int, at time: Timestamp) {
        guard let last = stored[number].newest, !last.isStaleMarker, last.at < time else { return }
        if stored[number].insert(Sample(at: time, value: Sample.staleMarker)) { sampleCount += 1 }
    }

    func select(
        _ matchers: MatcherSet, after: Timestamp, through: Timestamp
    ) throws(QueryError) -> [SeriesSamples] {
        return try find(matchers, after: after, through: through) { series in
            series.samples(after: after, through: through)
        }
    }

    func increases(
        _ matchers: MatcherSet, after: Timestamp, through: Timestamp, reachingBack: Period
    ) throws(QueryError) -> [SeriesIncrease] {
        return try find(matchers, after: after - reachingBack, through: through) { series in
            series.increase(after: after, through: through, reachingBack: reachingBack)
        }
    }

    /// What `read` makes of every series that matches and has samples in the stretch, within the limits of a query.
    private func find<Found>(
        _ matchers: MatcherSet, after: Timestamp, through: Timestamp,
        read: (StoredSeries) -> Found
    ) throws(QueryError) -> [Found] {
        var matchers = matchers
        var answer: [Found] = []
        var samples = 0
        for number in index.candidates(matchers) ?? Array(stored.indices) {
            guard matchers.match(stored[number].labels) else { continue }
            let count = stored[number].count(after: after, through: through)
            if count == 0 { continue }
            samples += count
            if samples > limits.samplesPerQuery { throw .tooManySamples(limit: limits.samplesPerQuery) }
            if answer.count == limits.seriesPerQuery { throw .tooManySeries(limit: limits.seriesPerQuery) }
            answer.append(read(stored[number]))
        }
        return answer
    }

    mutating func trim(before time: Timestamp) {
        trimmedAt = max(trimmedAt, time)
        clocks.trim(before: time)
        var emptied = 0
        for number in stored.indices {
            sampleCount -= stored[number].trim(before: time)
            if stored[number].isEmpty { emptied += 1 }
        }
        if emptied > 0 { clearOutEmpty() }
    }

    /// Forgets by age once an eighth of the retention has passed since the last time, and early when there are too many.
    mutating func keepWithinLimits(_ outcome: inout IngestOutcome) {
        guard let newest else { return }
        let eighth = Period.milliseconds(limits.retention.milliseconds / 8)
        if trimmedAt < newest - limits.retention - eighth { trim(before: newest - limits.retention) }
        while sampleCount > limits.samples, let oldest = stored.compactMap(\.oldest).min(), oldest < newest {
            outcome.trimmedEarly = true
            trim(before: oldest + .milliseconds(max(1, (newest - oldest).milliseconds / 8)))
        }
    }

    private mutating func clearOutEmpty() {
        let old = stored
        var renumbered = [Int?](repeating: nil, count: old.count)
        (stored, numbers, index) = ([], [:], LabelIndex())
        for (number, series) in old.enumerated() where !series.isEmpty {
            renumbered[number] = stored.count
            numbers[series.labels] = stored.count
            index.add(stored.count, series.labels)
            stored.append(series)
        }
        for source in Array(sources.keys) {
            sources[source]?.renumber(renumbered)
            if sources[source]?.isEmpty ?? false { sources[source] = nil }
        }
    }
}
