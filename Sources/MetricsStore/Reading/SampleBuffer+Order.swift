import Series

extension SampleBuffer {
    /// Brings samples from several sources into the order of time; of several at one time the first stays.
    mutating func putInOrder() {
        var isInOrder = true
        times.withUnsafeBufferPointer { times in
            for index in 1..<max(1, times.count) where times[index] <= times[index - 1] {
                isInOrder = false
                break
            }
        }
        if isInOrder { return }
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
