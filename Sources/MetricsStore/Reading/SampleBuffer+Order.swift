import Series

extension SampleBuffer {
    /// Brings samples from several sources into the order of time; of several at one time the first stays.
    ///
    /// Each source is in order: runs are merged, from where the earlier run is not over when the next begins.
    mutating func putInOrder() {
        guard var next = firstFall(from: 1) else { return }
        if !histograms.isEmpty { return sort() }
        while true {
            let end = firstFall(from: next + 1) ?? count
            merge(next, end)
            // What was twice is gone, so that the next run begins earlier.
            guard let fall = firstFall(from: max(1, next - 1)) else { return }
            next = fall
        }
    }

    /// The first index from which on a time is not later than the one before.
    private func firstFall(from start: Int) -> Int? {
        times.withUnsafeBufferPointer { times in
            var index = start
            while index < times.count {
                if times[index] <= times[index - 1] { return index }
                index += 1
            }
            return nil
        }
    }

    /// Merges the run that begins at `middle` into all before it, which is in order.
    private mutating func merge(_ middle: Int, _ end: Int) {
        let begin = times[..<middle].partitioningIndex { $0 >= times[middle] }
        let (oldTimes, oldValues) = (Array(times[begin..<end]), Array(values[begin..<end]))
        let oldStarts = starts.isEmpty ? [] : Array(starts[begin..<end])
        var (left, right, place) = (0, middle - begin, begin)
        let (leftEnd, rightEnd) = (right, oldTimes.count)
        func put(_ index: Int, _ buffer: inout SampleBuffer) {
            buffer.times[place] = oldTimes[index]
            buffer.values[place] = oldValues[index]
            if !oldStarts.isEmpty { buffer.starts[place] = oldStarts[index] }
            place += 1
        }
        while left < leftEnd || right < rightEnd {
            if right == rightEnd || left < leftEnd && oldTimes[left] <= oldTimes[right] {
                if right < rightEnd, oldTimes[left] == oldTimes[right] { right += 1 }
                put(left, &self)
                left += 1
            } else {
                put(right, &self)
                right += 1
            }
        }
        times.removeSubrange(place..<end)
        values.removeSubrange(place..<end)
        if !starts.isEmpty { starts.removeSubrange(place..<end) }
    }

    private mutating func sort() {
        let order = times.indices.sorted { (times[$0], $0) < (times[$1], $1) }
        let byIndex = Dictionary(histograms.map { ($0.index, $0.value) }) { first, _ in first }
        let old = self
        removeAll()
        for index in order {
            if let last = times.last, last == old.times[index] { continue }
            let start = old.starts.isEmpty ? 0 : old.starts[index]
            if let histogram = byIndex[index] {
                append(time: old.times[index], histogram: histogram, start: start)
            } else {
                append(time: old.times[index], value: old.values[index], start: start)
            }
        }
    }
}

extension RandomAccessCollection {
    /// The first index whose element, and those of all behind it, are as wanted.
    func partitioningIndex(where isWanted: (Element) -> Bool) -> Index {
        var (low, length) = (startIndex, count)
        while length > 0 {
            let half = length / 2
            let middle = index(low, offsetBy: half)
            if isWanted(self[middle]) {
                length = half
            } else {
                low = index(after: middle)
                length -= half + 1
            }
        }
        return low
    }
}
