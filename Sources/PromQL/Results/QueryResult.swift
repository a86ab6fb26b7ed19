public import Series

/// What a query gave.
public struct QueryResult: Sendable {
    public var value: QueryValue
    /// Such as `PromQL warning: … (1:7)`.
    public var warnings: [String]
    public var infos: [String]
    /// How many samples were read.
    public var samplesTouched: Int
    /// The most samples that were held at once.
    public var peakSamples: Int

    public init(value: QueryValue, warnings: [String], infos: [String], samplesTouched: Int, peakSamples: Int) {
        (self.value, self.warnings, self.infos) = (value, warnings, infos)
        (self.samplesTouched, self.peakSamples) = (samplesTouched, peakSamples)
    }
}

public enum QueryValue: Sendable {
    /// At the time of evaluation.
    case scalar(Double)
    case string(String)
    case vector([VectorElement])
    case matrix([MatrixSeries])
}

/// One series' value at the time of evaluation.
public struct VectorElement: Sendable, Hashable {
    public var labels: Labels
    /// NaN when it is a histogram.
    public var value: Double
    public var histogram: FloatHistogram?

    public init(labels: Labels, value: Double, histogram: FloatHistogram? = nil) {
        (self.labels, self.value, self.histogram) = (labels, value, histogram)
    }
}

/// A series with its values, oldest first.
public struct MatrixSeries: Sendable, Hashable {
    public var labels: Labels
    /// Milliseconds since the epoch.
    public var times: [Int64] = []
    public var values: [Double] = []
    public var histograms: [HistogramSample] = []

    /// A histogram at a time.
    public struct HistogramSample: Sendable, Hashable {
        public var time: Int64
        public var value: FloatHistogram
    }

    public init(labels: Labels) { self.labels = labels }
}

extension Evaluation {
    /// What the whole expression gives: names are dropped now, and series with the same labels become one or an error.
    func value() throws(PromQLError) -> QueryValue {
        let (expression, frame) = (prepared.expression, prepared.frame)
        if expression.type == .matrix { return .matrix(try samples(expression, frame)) }
        switch try evaluate(expression, frame) {
        case .string(let text): return .string(text)
        case .scalar(let values):
            guard prepared.isRange else { return .scalar(values.first ?? .nan) }
            var series = MatrixSeries(labels: .empty)
            series.times = values.indices.map(frame.time)
            series.values = values
            return .matrix([series])
        case .block(let block):
            let final = try named(block)
            return prepared.isRange ? .matrix(matrix(final, frame)) : .vector(vector(final))
        }
    }

    /// Drops the names that no longer describe their values.
    private func named(_ block: Block) throws(PromQLError) -> Block {
        var block = block.pruned()
        for index in block.rows.indices where block.rows[index].dropsName {
            block.rows[index].labels = block.rows[index].labels.dropping(metadataLabels)
        }
        return try merged(block, prepared.frame)
    }

    private func vector(_ block: Block) -> [VectorElement] {
        var elements: [VectorElement] = []
        elements.reserveCapacity(block.rows.count)
        for index in block.rows.indices {
            let value = block.value(index, 0)
            guard !value.isAbsent else { continue }
            let box = block.histogram(index, 0)
            elements.append(
                VectorElement(
                    labels: block.rows[index].labels, value: box == nil ? value : .nan, histogram: box?.value))
        }
        if !prepared.expression.isOrdered { elements.sort { $0.labels < $1.labels } }
        return elements
    }

    private func matrix(_ block: Block, _ frame: Frame) -> [MatrixSeries] {
        var all: [MatrixSeries] = []
        all.reserveCapacity(block.rows.count)
        for (index, row) in block.rows.enumerated() {
            var series = MatrixSeries(labels: row.labels)
            series.times.reserveCapacity(row.count)
            series.values.reserveCapacity(row.count)
            for step in row.steps {
                let value = block.value(index, step)
                if value.isFloat {
                    series.times.append(frame.time(step))
                    series.values.append(value)
                } else if let box = block.histogram(index, step) {
                    series.histograms.append(.init(time: frame.time(step), value: box.value))
                }
            }
            if !series.times.isEmpty || !series.histograms.isEmpty { all.append(series) }
        }
        return all.sorted { $0.labels < $1.labels }
    }

    // MARK: - Ranges

    /// The samples of a range selector or subquery themselves.
    private func samples(_ expression: Expression, _ frame: Frame) throws(PromQLError) -> [MatrixSeries] {
        switch expression.form {
        case .parenthesised(let inner), .constant(let inner): return try samples(inner, frame)
        case .range(let selector, let length):
            let set = try set(selector)
            let end = selector.shift.resolved.apply(to: frame.start)
            let start = end - length.milliseconds
            var all: [MatrixSeries] = []
            for index in 0..<set.count {
                try read(set, index, selector) { buffer throws(PromQLError) in
                    var points = SeriesPoints()
                    points.take(&buffer)
                    if selector.reach != .within { points = points.extended(start, end, selector.reach) }
                    let series = points.series(set.labels(index), start, end, includesStart: selector.reach != .within)
                    if !series.times.isEmpty || !series.histograms.isEmpty { all.append(series) }
                    try hold(series.times.count + series.histograms.count)
                }
            }
            return all.sorted { $0.labels < $1.labels }
        case .subquery(let subquery):
            let end = subquery.shift.resolved.apply(to: frame.start)
            let start = end - subquery.range.milliseconds
            var all: [MatrixSeries] = []
            for one in try evaluate(subquery, frame) {
                let labels = one.dropsName ? one.labels.dropping(metadataLabels) : one.labels
                let series = one.points.series(labels, start, end, includesStart: false)
                if !series.times.isEmpty || !series.histograms.isEmpty { all.append(series) }
            }
            return all.sorted { $0.labels < $1.labels }
        default: throw PromQLError("expected a range vector")
        }
    }
}

extension SeriesPoints {
    fileprivate func series(_ labels: Labels, _ start: Int64, _ end: Int64, includesStart: Bool) -> MatrixSeries {
        var series = MatrixSeries(labels: labels)
        for (index, time) in times.enumerated() where time <= end && (time > start || (includesStart && time == start))
        {
            series.times.append(time)
            series.values.append(values[index].canonical)
        }
        for point in histograms where point.time <= end && point.time > start {
            series.histograms.append(.init(time: point.time, value: point.value))
        }
        return series
    }

    /// The numbers within, with one at either end: the nearest there, or what lies between two.
    fileprivate func extended(_ start: Int64, _ end: Int64, _ reach: Selector.Reach) -> SeriesPoints {
        guard histograms.isEmpty, !times.isEmpty else { return self }
        var last = times.count - 1
        let first = max(0, partition(0..<last) { times[$0] > start } - 1)
        if reach == .smoothed { last = partition(0..<last) { times[$0] >= end } }
        guard times[last] > start else { return SeriesPoints() }
        var left = values[first]
        if reach == .smoothed, times[first] < start, first < last {
            left = interpolate(
                values[first], times[first], values[first + 1], times[first + 1], at: start, isCounter: false)
        }
        var right = values[last]
        if reach == .smoothed, last > 0, times[last] > end {
            right = interpolate(
                values[last - 1], times[last - 1], values[last], times[last], at: end, isCounter: false)
        }
        var result = SeriesPoints()
        result.times = [start]
        result.values = [left]
        for index in times.indices where times[index] > start && times[index] < end {
            result.times.append(times[index])
            result.values.append(values[index])
        }
        result.times.append(end)
        result.values.append(right)
        return result
    }
}

extension Expression {
    /// Whether the order of the elements is part of the answer.
    var isOrdered: Bool {
        switch form {
        case .parenthesised(let inner), .constant(let inner), .signed(let inner, _): return inner.isOrdered
        case .aggregation(let aggregation): return aggregation.function == .topk || aggregation.function == .bottomk
        case .call(let call):
            switch call.function.body {
            case .special(.sort), .special(.sortByLabel): return true
            default: return false
            }
        default: return false
        }
    }
}
