import Series
import Values

/// One series with its samples, oldest first, in one array whose front is cleared now and then.
struct StoredSeries {
    let labels: [String: String]
    /// The first that was told; an agent whose clock is corrected tells it a little differently each time.
    let startedAt: Timestamp?
    private(set) var absentAt: Timestamp?
    private var kept: [Sample] = []
    private var first = 0

    init(labels: [String: String], startedAt: Timestamp?, absentAt: Timestamp?) {
        self.labels = labels
        self.startedAt = startedAt
        self.absentAt = absentAt
    }

    var count: Int { kept.count - first }
    var isEmpty: Bool { count == 0 }
    var oldest: Timestamp? { isEmpty ? nil : kept[first].at }
    var newest: Sample? { isEmpty ? nil : kept.last }

    /// False when there is a sample of this time already: the first one stays.
    mutating func insert(_ sample: Sample) -> Bool {
        guard let newest = kept.last, !isEmpty, newest.at >= sample.at else {
            kept.append(sample)
            return true
        }
        let place = position(after: sample.at)
        if place > first, kept[place - 1].at == sample.at { return false }
        if place == first { absentAt = nil }
        kept.insert(sample, at: place)
        return true
    }

    /// The index of the first sample later than `time`.
    private func position(after time: Timestamp) -> Int {
        var (low, high) = (first, kept.count)
        while low < high {
            let middle = (low + high) / 2
            if kept[middle].at <= time { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// - Returns: how many samples were dropped.
    mutating func trim(before time: Timestamp) -> Int {
        let place = position(after: Timestamp(milliseconds: time.milliseconds - 1))
        let dropped = place - first
        guard dropped > 0 else { return 0 }
        first = place
        absentAt = nil
        if first > kept.count / 2 {
            kept.removeFirst(first)
            first = 0
        }
        return dropped
    }

    func count(after: Timestamp, through: Timestamp) -> Int {
        max(0, position(after: through) - position(after: after))
    }

    /// The exact increase of a counter, from the last sample that lies at most `reachingBack` before `after`.
    func increase(after: Timestamp, through: Timestamp, reachingBack: Period) -> SeriesIncrease {
        let (start, end) = (position(after: after - reachingBack), position(after: through))
        let rise = Series.increase(
            of: kept[start..<max(start, end)], startedAt: startedAt, absentAt: start == first ? absentAt : nil,
            after: after, through: through)
        return SeriesIncrease(labels: labels, rise: rise)
    }

    func samples(after: Timestamp, through: Timestamp) -> SeriesSamples {
        let (start, end) = (position(after: after), position(after: through))
        return SeriesSamples(
            labels: labels, startedAt: startedAt, absentAt: start == first ? absentAt : nil,
            samples: start < end ? Array(kept[start..<end]) : [])
    }
}
