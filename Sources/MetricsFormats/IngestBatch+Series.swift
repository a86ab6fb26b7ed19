public import Series

extension IngestBatch {
    /// Adds a series with its samples, for who has them as values. Only in a batch of the syntax `plain`.
    public mutating func append(_ labels: Labels, _ samples: SampleBuffer) {
        let (firstLabel, firstSample) = (labelBytes.count, times.count)
        labelBytes.append(contentsOf: labels.bytes)
        var histogram = 0
        for index in samples.times.indices {
            let start = samples.starts.isEmpty ? 0 : samples.starts[index]
            if histogram < samples.histograms.count, samples.histograms[histogram].index == index {
                append(time: samples.times[index], histogram: samples.histograms[histogram].value, start: start)
                histogram += 1
            } else {
                append(time: samples.times[index], value: samples.values[index], start: start)
            }
        }
        series.append(Series(labels: firstLabel..<labelBytes.count, samples: firstSample..<times.count))
    }

    /// Adds one sample of a series.
    public mutating func append(_ labels: Labels, time: Int64, value: Double, start: Int64 = 0) {
        let (firstLabel, firstSample) = (labelBytes.count, times.count)
        labelBytes.append(contentsOf: labels.bytes)
        append(time: time, value: value, start: start)
        series.append(Series(labels: firstLabel..<labelBytes.count, samples: firstSample..<times.count))
    }

    /// Adds one sample of a series whose labels are written in the syntax `plain`, as those of another batch.
    public mutating func append(plain labels: ArraySlice<UInt8>, time: Int64, value: Double, start: Int64 = 0) {
        let (firstLabel, firstSample) = (labelBytes.count, times.count)
        labelBytes.append(contentsOf: labels)
        append(time: time, value: value, start: start)
        series.append(Series(labels: firstLabel..<labelBytes.count, samples: firstSample..<times.count))
    }

    /// A hash of the labels of each series, as they are written.
    public var seriesHashes: [UInt64] {
        labelBytes.withUnsafeBytes { raw in
            series.map { hashOfBytes(UnsafeRawBufferPointer(rebasing: raw[$0.labels])) }
        }
    }

    /// The batch in parts of at most so many series, in its order: whoever takes them holds a lock for less time at once.
    public func parts(of most: Int) -> [IngestBatch] {
        guard series.count > most else { return [self] }
        return stride(from: 0, to: series.count, by: most).map { start in
            var part = self
            part.series = Array(series[start..<min(series.count, start + most)])
            if start > 0 { (part.metadata, part.exemplars) = ([], 0) }
            return part
        }
    }
}
