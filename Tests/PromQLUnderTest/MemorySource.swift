import Series

/// Series in memory, found by trying every one.
final class MemorySource {
    struct Stored: Sendable {
        var labels: Labels
        var samples: SampleBuffer
    }

    private(set) var series: [Stored] = []
    private var places: [Labels: Int] = [:]

    func clear() {
        series = []
        places = [:]
    }

    /// Later samples of a series that is there already are appended; one at the same time replaces the other.
    func add(_ labels: Labels, _ samples: [(time: Int64, value: Double, histogram: FloatHistogram?, start: Int64)]) {
        let place = places[labels] ?? series.count
        if place == series.count {
            places[labels] = place
            series.append(Stored(labels: labels, samples: SampleBuffer()))
        }
        var all: [Int64: (value: Double, histogram: FloatHistogram?, start: Int64)] = [:]
        let old = series[place].samples
        var histograms: [Int: FloatHistogram] = [:]
        for (index, histogram) in old.histograms { histograms[index] = histogram }
        for (index, time) in old.times.enumerated() {
            all[time] = (old.values[index], histograms[index], old.starts.isEmpty ? 0 : old.starts[index])
        }
        for sample in samples { all[sample.time] = (sample.value, sample.histogram, sample.start) }
        var buffer = SampleBuffer()
        for (time, sample) in all.sorted(by: { $0.key < $1.key }) {
            if let histogram = sample.histogram {
                buffer.append(time: time, histogram: histogram, start: sample.start)
            } else {
                buffer.append(time: time, value: sample.value, start: sample.start)
            }
        }
        series[place].samples = buffer
    }

    func select(_ request: SelectRequest) throws(RegularExpressionError) -> MemorySet {
        var matchers: [CompiledMatcher] = []
        for matcher in request.matchers { matchers.append(try CompiledMatcher(matcher)) }
        let found = series.filter { stored in
            matchers.allSatisfy { $0.matches(stored.labels[$0.matcher.name] ?? "") }
        }
        return MemorySet(series: found, after: request.after, through: request.through)
    }
}

struct MemorySet: SeriesSet {
    let series: [MemorySource.Stored]
    let after: Int64
    let through: Int64

    var count: Int { series.count }

    func labels(_ index: Int) -> Labels { series[index].labels }

    func read(_ index: Int, into buffer: inout SampleBuffer) throws(QueryError) {
        let samples = series[index].samples
        var next = 0
        for place in samples.times.indices {
            let histogram =
                next < samples.histograms.count && samples.histograms[next].index == place
                ? samples.histograms[next].value : nil
            if histogram != nil { next += 1 }
            guard samples.times[place] > after, samples.times[place] <= through else { continue }
            let start = samples.starts.isEmpty ? 0 : samples.starts[place]
            if let histogram {
                buffer.append(time: samples.times[place], histogram: histogram, start: start)
            } else {
                buffer.append(time: samples.times[place], value: samples.values[place], start: start)
            }
        }
    }
}
