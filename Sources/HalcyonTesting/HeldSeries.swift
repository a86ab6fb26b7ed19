public import Series
public import Values

/// A series with its samples as values, for tests that write them down.
public struct SeriesSamples: Hashable, Sendable {
    /// `__name__` is the metric's name.
    public var labels: [String: String]
    /// When the process that shows it started; a counter of it was 0 then.
    public var startedAt: Timestamp?
    /// Oldest first.
    public var samples: [Sample]

    public init(labels: [String: String], startedAt: Timestamp? = nil, samples: [Sample]) {
        self.labels = labels
        self.startedAt = startedAt
        self.samples = samples
    }

    /// The samples in `(after, through]`.
    public func buffer(after: Int64 = .min, through: Int64 = .max) -> SampleBuffer {
        // Nobody shows samples before he starts.
        let start = startedAt.flatMap { start in samples.first.map { start <= $0.at } ?? false ? start : nil }
        var buffer = SampleBuffer()
        for sample in samples where sample.at.milliseconds > after && sample.at.milliseconds <= through {
            buffer.append(time: sample.at.milliseconds, value: sample.value, start: start?.milliseconds ?? 0)
        }
        return buffer
    }
}

/// Series that are held as values, to be read as a store's.
public struct HeldSeries: Queryable {
    public var all: [SeriesSamples]

    public init(_ all: [SeriesSamples] = []) { self.all = all }

    public func series(_ request: SelectRequest) throws(QueryError) -> any SeriesSet {
        var found: [(labels: Labels, samples: SampleBuffer)] = []
        for series in all {
            let isWanted = request.matchers.allSatisfy { matcher in
                (try? CompiledMatcher(matcher))?.matches(series.labels[matcher.name] ?? "") ?? false
            }
            let samples = series.buffer(after: request.after, through: request.through)
            if isWanted, samples.count > 0 { found.append((Labels(series.labels), samples)) }
        }
        return Found(series: found)
    }

    private struct Found: SeriesSet {
        let series: [(labels: Labels, samples: SampleBuffer)]

        var count: Int { series.count }

        func labels(_ index: Int) -> Labels { series[index].labels }

        func read(_ index: Int, into buffer: inout SampleBuffer) throws(QueryError) { buffer = series[index].samples }
    }
}
