import Rehearsal
import Values

/// Ticks of the same length, one after another, up to an end: where the points of an answer belong.
struct TickGrid {
    var end: Timestamp
    var tick: Period
    var count: Int
    /// What the answer's numbers are to be multiplied by, to be counts of a tick.
    var scale: Double

    init(end: Timestamp, tick: Period, count: Int, scale: Double? = nil) {
        (self.end, self.tick, self.count) = (end, tick, count)
        // Rates are by the second.
        self.scale = scale ?? tick.seconds
    }

    /// Which tick a time is the end of; `nil` for one outside, whatever a server may have answered.
    func place(_ seconds: Double) -> Int? {
        let behind = ((end.seconds - seconds) / tick.seconds).rounded()
        guard behind >= 0, behind < Double(count) else { return nil }
        return count - 1 - Int(behind)
    }

    /// The durations of each tick out of a classic histogram's buckets.
    func durations(classic series: [MetricsAnswer.Series]) -> Recording.Track {
        // Several spellings of a bound ("1" and "1.0") are the same bucket of different processes.
        var cumulative: [Double: [Double?]] = [:]
        for one in series {
            guard let text = one.metric["le"], let edge = text == "+Inf" ? .infinity : Double(text), !edge.isNaN else {
                continue
            }
            var counts = cumulative[edge] ?? [Double?](repeating: nil, count: count)
            for point in one.values ?? [] {
                guard let place = place(point.seconds), let number = point.number else { continue }
                counts[place] = (counts[place] ?? 0) + max(0, number * scale)
            }
            cumulative[edge] = counts
        }
        let edges = cumulative.keys.sorted()
        let own = (0..<count).map { place -> [Double]? in
            let counts = edges.map { cumulative[$0]?[place] }
            guard counts.contains(where: { $0 != nil }) else { return nil }
            // What is at most this long, less what is at most as long as the bucket before says.
            return counts.indices.map { max(0, (counts[$0] ?? 0) - ($0 > 0 ? counts[$0 - 1] ?? 0 : 0)) }
        }
        return .durations(edges: edges, own)
    }

    /// The same of a native histogram.
    func durations(native points: [HistogramPoint]) -> Recording.Track {
        let found = points.compactMap { point in place(point.seconds).map { ($0, buckets(point)) } }
        let finite = Set(found.flatMap { $0.1.map(\.upper) }.filter(\.isFinite))
        let edges = finite.sorted() + [.infinity]
        var counts = [[Double]?](repeating: nil, count: count)
        for (place, buckets) in found {
            var tick = [Double](repeating: 0, count: edges.count)
            for bucket in buckets {
                if let edge = edges.firstIndex(where: { bucket.upper <= $0 }) { tick[edge] += bucket.count }
            }
            counts[place] = tick
        }
        return .durations(edges: edges, counts)
    }

    private func buckets(_ point: HistogramPoint) -> [(upper: Double, count: Double)] {
        (point.histogram.buckets ?? []).compactMap { bucket in
            guard bucket.numbers.count == 3, let upper = Double(bucket.numbers[1]), !upper.isNaN,
                let count = Double(bucket.numbers[2]), count.isFinite
            else { return nil }
            return (upper, max(0, count * scale))
        }
    }
}
