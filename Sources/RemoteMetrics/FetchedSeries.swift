import Series

/// Samples that were fetched, held as values.
struct FetchedSeries: SeriesSet {
    private let all: [(labels: Labels, samples: SampleBuffer)]

    init(_ all: [(Labels, SampleBuffer)]) { self.all = all.map { (labels: $0.0, samples: $0.1) } }

    var count: Int { all.count }

    func labels(_ index: Int) -> Labels { all[index].labels }

    func read(_ index: Int, into buffer: inout SampleBuffer) throws(QueryError) { buffer = all[index].samples }
}

extension SampleBuffer {
    /// The samples behind a time: older releases of Prometheus count the one at the very beginning of a range too.
    func cut(after: Int64, _ isStaleNaN: Bool) -> SampleBuffer {
        var cut = SampleBuffer()
        for (time, value) in zip(times, values) where time > after {
            cut.append(time: time, value: isStaleNaN && value.isNaN ? Sample.staleMarker : value)
        }
        return cut
    }
}
