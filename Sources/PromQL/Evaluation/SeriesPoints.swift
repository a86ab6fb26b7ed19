import Series

/// The samples of one series as functions see them: numbers and histograms apart, without stale markers.
struct SeriesPoints {
    var times: [Int64] = []
    var values: [Double] = []
    var starts: [Int64] = []
    var histograms: [HistogramPoint] = []

    /// Takes over what was read; the buffer's arrays are swapped in where nothing must be taken out.
    mutating func take(_ buffer: inout SampleBuffer) {
        histograms.removeAll(keepingCapacity: true)
        let isPlain = buffer.histograms.isEmpty && !buffer.values.contains(where: \.isAbsent)
        if isPlain {
            swap(&times, &buffer.times)
            swap(&values, &buffer.values)
            swap(&starts, &buffer.starts)
            return
        }
        times.removeAll(keepingCapacity: true)
        values.removeAll(keepingCapacity: true)
        starts.removeAll(keepingCapacity: true)
        var next = 0
        for index in buffer.times.indices {
            if next < buffer.histograms.count, buffer.histograms[next].index == index {
                let histogram = buffer.histograms[next].value
                next += 1
                guard !histogram.isStaleMarker else { continue }
                let start = buffer.starts.isEmpty ? 0 : buffer.starts[index]
                histograms.append(
                    HistogramPoint(time: buffer.times[index], start: start, box: HistogramBox(histogram)))
            } else if !buffer.values[index].isAbsent {
                times.append(buffer.times[index])
                values.append(buffer.values[index])
                if !buffer.starts.isEmpty { starts.append(buffer.starts[index]) }
            }
        }
    }

    /// The indices of numbers before which the counter was reset: it fell, or its start says so.
    func resets() -> [Int] {
        var resets: [Int] = []
        values.withUnsafeBufferPointer { values in
            guard values.count > 1 else { return }
            for index in 1..<values.count where values[index] < values[index - 1] { resets.append(index) }
        }
        guard !starts.isEmpty else { return resets }
        resets = []
        for index in values.indices.dropFirst() {
            let isStart = isStartReset(
                previousStart: starts[index - 1], previousTime: times[index - 1], start: starts[index],
                time: times[index])
            if isStart || values[index] < values[index - 1] { resets.append(index) }
        }
        return resets
    }
}

extension SampleBuffer {
    /// Notes at every histogram whether its counter was reset since the one before, where that is unknown: who looks at counts only
    /// cannot find out later.
    mutating func detectResets() {
        for index in histograms.indices.dropFirst() where histograms[index].value.counterResetHint == .unknown {
            let previous = histograms[index - 1].value
            guard !previous.isStaleMarker else { continue }
            histograms[index].value.counterResetHint =
                histograms[index].value.isReset(since: previous) ? .reset : .notReset
        }
    }
}
