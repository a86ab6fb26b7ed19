import PromQL
import Series

/// Series for tests: numbers, histograms and starts at any times.
struct Samples: SeriesSet {
    struct Stored: Sendable {
        var labels: Labels
        var buffer: SampleBuffer
    }

    var stored: [Stored] = []
    private var after = Int64.min
    private var through = Int64.max

    mutating func add(_ labels: Labels, _ fill: (inout SampleBuffer) -> Void) {
        var buffer = SampleBuffer()
        fill(&buffer)
        stored.append(Stored(labels: labels, buffer: buffer))
    }

    func selected(_ request: SelectRequest) throws -> Samples {
        let matchers = try request.matchers.map { try CompiledMatcher($0) }
        var copy = self
        copy.stored.removeAll { series in
            !matchers.allSatisfy { $0.matches(series.labels[$0.matcher.name] ?? "") }
        }
        copy.after = request.after
        copy.through = request.through
        return copy
    }

    var count: Int { stored.count }

    func labels(_ index: Int) -> Labels { stored[index].labels }

    func read(_ index: Int, into buffer: inout SampleBuffer) throws(QueryError) {
        let source = stored[index].buffer
        var histograms = source.histograms[...]
        for place in source.times.indices {
            let histogram = histograms.first?.index == place ? histograms.removeFirst().value : nil
            guard source.times[place] > after, source.times[place] <= through else { continue }
            let start = source.starts.isEmpty ? 0 : source.starts[place]
            if let histogram {
                buffer.append(time: source.times[place], histogram: histogram, start: start)
            } else {
                buffer.append(time: source.times[place], value: source.values[place], start: start)
            }
        }
    }

    func result(_ text: String, at time: Int64, limits: QueryLimits = QueryLimits()) throws -> QueryResult {
        let prepared = try Query(text).prepared(at: time, limits: limits)
        return try prepared.evaluate(with: try prepared.selections.map(selected))
    }

    func result(
        _ text: String, from start: Int64, through end: Int64, step: Int64, limits: QueryLimits = QueryLimits()
    ) throws -> QueryResult {
        let prepared = try Query(text).prepared(from: start, through: end, step: step, limits: limits)
        return try prepared.evaluate(with: try prepared.selections.map(selected))
    }

    /// The answer as text: `{a="1"} 5; …`, histograms as `count/sum`.
    func answer(_ text: String, at time: Int64) throws -> String {
        switch try result(text, at: time).value {
        case .scalar(let value): return formatNumber(rounded(value))
        case .string(let value): return value
        case .vector(let elements):
            return elements.map { element in
                let value = element.histogram.map(describe) ?? formatNumber(rounded(element.value))
                return "\(element.labels) \(value)"
            }.joined(separator: "; ")
        case .matrix(let series): return describe(series)
        }
    }

    func answer(_ text: String, from start: Int64, through end: Int64, step: Int64) throws -> String {
        guard case .matrix(let series) = try result(text, from: start, through: end, step: step).value else {
            return "?"
        }
        return describe(series)
    }

    private func describe(_ series: [MatrixSeries]) -> String {
        series.map { series in
            let numbers = zip(series.times, series.values).map { ($0, formatNumber(rounded($1))) }
            let histograms = series.histograms.map { ($0.time, describe($0.value)) }
            let points = (numbers + histograms).sorted { $0.0 < $1.0 }.map { "\($0.1)@\($0.0 / 1000)" }
            return "\(series.labels) \(points.joined(separator: " "))"
        }.joined(separator: "; ")
    }

    private func describe(_ histogram: FloatHistogram) -> String {
        "\(formatNumber(rounded(histogram.count)))/\(formatNumber(rounded(histogram.sum)))"
    }

    private func rounded(_ value: Double) -> Double { value.isFinite ? (value * 1e6).rounded() / 1e6 : value }
}

extension SampleBuffer {
    /// One number every `step` milliseconds from 0; `nil` is no sample.
    mutating func numbers(_ values: [Double?], step: Int64 = 60_000) {
        for (index, value) in values.enumerated() {
            if let value { append(time: Int64(index) * step, value: value) }
        }
    }
}
