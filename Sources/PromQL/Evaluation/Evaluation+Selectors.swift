import Series

extension Evaluation {
    /// The newest sample of every series that is not too old, at each step.
    func instant(_ selector: Selector, _ frame: Frame, _ place: SourceRange) throws(PromQLError) -> Block {
        if selector.reach == .smoothed { return try smoothed(selector, frame, place) }
        return try samples(selector, frame) { buffer, index in buffer.values[index] }
    }

    /// The time of that sample in seconds instead of its value, or the time when its counter started.
    func instantTimes(_ selector: Selector, _ frame: Frame, ofStarts: Bool) throws(PromQLError) -> Block {
        var block = try samples(selector, frame, takesHistograms: false) { buffer, index in
            if ofStarts { return buffer.starts.isEmpty ? 0 : Double(buffer.starts[index]) / 1000 }
            return Double(buffer.times[index]) / 1000
        }
        for index in block.rows.indices { block.rows[index].dropsName = true }
        return block
    }

    private func samples(
        _ selector: Selector, _ frame: Frame, takesHistograms: Bool = true,
        _ value: (borrowing SampleBuffer, Int) -> Double
    ) throws(PromQLError) -> Block {
        let set = try set(selector)
        let shift = selector.shift.resolved
        let steps = frame.steps
        var block = Block()
        block.rows.reserveCapacity(set.count)
        block.values.reserveCapacity(min(set.count * steps, 1 << 22))
        var row = [Double](repeating: absent, count: steps)
        var boxes: [HistogramBox?] = []
        for series in 0..<set.count {
            try read(set, series, selector) { buffer throws(PromQLError) in
                guard buffer.count > 0 else { return }
                if takesHistograms, !buffer.histograms.isEmpty { boxes = Array(repeating: nil, count: steps) }
                var next = 0
                var hasAny = false
                for step in 0..<steps {
                    let time = shift.apply(to: frame.time(step))
                    while next < buffer.count, buffer.times[next] <= time { next += 1 }
                    row[step] = absent
                    guard next > 0, buffer.times[next - 1] > time - limits.lookback else { continue }
                    let index = next - 1
                    guard !buffer.values[index].isAbsent else { continue }
                    hasAny = true
                    if takesHistograms, let box = boxes.isEmpty ? nil : self.box(buffer, index, boxes, step) {
                        boxes[step] = box
                        row[step] = histogramMark
                    } else {
                        row[step] = value(buffer, index).canonical
                    }
                }
                guard hasAny else { return }
                block.append(set.labels(series), dropsName: false, row, boxes)
                boxes = []
            }
            try checkSamples(block.values.count)
        }
        try hold(block.size)
        return block
    }

    /// The histogram of a sample; the one of the step before when it is the same sample.
    private func box(
        _ buffer: borrowing SampleBuffer, _ index: Int, _ boxes: [HistogramBox?], _ step: Int
    ) -> HistogramBox? {
        var (low, high) = (0, buffer.histograms.count)
        while low < high {
            let middle = (low + high) / 2
            if buffer.histograms[middle].index < index { low = middle + 1 } else { high = middle }
        }
        guard low < buffer.histograms.count, buffer.histograms[low].index == index else { return nil }
        return HistogramBox(buffer.histograms[low].value)
    }

    // MARK: - Smoothed

    /// Values between the samples around each step, as far as the look-back reaches in both directions.
    private func smoothed(
        _ selector: Selector, _ frame: Frame, _ place: SourceRange
    ) throws(PromQLError) -> Block {
        let set = try set(selector)
        let shift = selector.shift.resolved
        var block = Block()
        var points = SeriesPoints()
        for series in 0..<set.count {
            var row = [Double](repeating: absent, count: frame.steps)
            var boxes: [HistogramBox?] = []
            let labels = set.labels(series)
            try read(set, series, selector) { buffer throws(PromQLError) in
                points.take(&buffer)
                let smoother = Smoother(
                    points: points, lookback: limits.lookback, metric: labels[Labels.metricName] ?? "",
                    place: place, annotations: annotations)
                if !points.histograms.isEmpty { boxes = Array(repeating: nil, count: frame.steps) }
                for step in 0..<frame.steps {
                    let time = shift.apply(to: frame.time(step))
                    let (value, box) = smoother.value(at: time)
                    row[step] = value
                    if let box { boxes[step] = box }
                }
                block.append(labels, dropsName: false, row, boxes)
            }
            try checkSamples(block.values.count)
        }
        try hold(block.size)
        return block
    }
}
