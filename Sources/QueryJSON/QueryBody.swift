public import PromQL
import Series

/// Bodies of answers as Prometheus' query API gives them.
public enum QueryBody {
    /// The answer to a query.
    /// - Parameter time: when it was evaluated, in milliseconds since the epoch.
    /// - Parameter statistics: what it took, when the caller wants to know.
    public static func success(
        _ result: QueryResult, at time: Int64, statistics: QueryStatistics? = nil
    ) -> [UInt8] {
        var json = BodyWriter()
        json.raw("{\"status\":\"success\",\"data\":{\"resultType\":")
        switch result.value {
        case .scalar(let value): json.single("scalar", formatValue(value), time)
        case .string(let text): json.single("string", text, time)
        case .vector(let elements):
            json.raw("\"vector\",\"result\":")
            json.list(elements) { json, element in json.element(element, time) }
        case .matrix(let series):
            json.raw("\"matrix\",\"result\":")
            json.list(series) { json, series in json.series(series) }
        }
        if let statistics { json.statistics(statistics, result) }
        json.raw("}")
        json.annotations(result)
        json.raw("}")
        return json.bytes
    }

    /// The answer to what could not be done.
    public static func failure(_ error: PromQLError, ofParameter parameter: String = "query") -> [UInt8] {
        let message = error.answer
        let isBad = error.kind == .badExpression
        return failure(
            type: error.kind.errorType, isBad ? "invalid parameter \"\(parameter)\": \(message)" : message)
    }

    public static func failure(type: String, _ message: String) -> [UInt8] {
        var json = BodyWriter()
        json.raw("{\"status\":\"error\",\"errorType\":")
        json.string(type)
        json.raw(",\"error\":")
        json.string(message)
        json.raw("}")
        return json.bytes
    }

    /// The answer of `format_query`.
    public static func formatted(_ expression: Expression) -> [UInt8] {
        var json = BodyWriter()
        json.raw("{\"status\":\"success\",\"data\":")
        json.string(expression.formatted)
        json.raw("}")
        return json.bytes
    }

    /// The answer of `parse_query`.
    public static func parsed(_ expression: Expression) -> [UInt8] {
        var json = BodyWriter()
        json.raw("{\"status\":\"success\",\"data\":")
        json.tree(expression)
        json.raw("}")
        return json.bytes
    }
}

/// How long the parts of a query took, in seconds.
public struct QueryStatistics: Sendable {
    /// Until it was its turn.
    public var queue: Double
    /// Finding the series.
    public var preparation: Double
    public var evaluation: Double

    public init(queue: Double, preparation: Double, evaluation: Double) {
        (self.queue, self.preparation, self.evaluation) = (queue, preparation, evaluation)
    }
}

extension PromQLError.Kind {
    /// What the API calls it; its status is 400 for `bad_data`, 422 for `execution` and 503 for the rest.
    public var errorType: String {
        switch self {
        case .badExpression: return "bad_data"
        case .execution: return "execution"
        case .timedOut: return "timeout"
        case .cancelled: return "canceled"
        }
    }
}

extension BodyWriter {
    fileprivate mutating func single(_ type: String, _ text: String, _ time: Int64) {
        string(type)
        raw(",\"result\":[")
        self.time(time)
        raw(",")
        string(text)
        raw("]")
    }

    fileprivate mutating func element(_ element: VectorElement, _ time: Int64) {
        raw("{\"metric\":")
        labels(element.labels)
        if let histogram = element.histogram {
            raw(",\"histogram\":[")
            self.time(time)
            raw(",")
            self.histogram(histogram)
        } else {
            raw(",\"value\":[")
            self.time(time)
            raw(",")
            sample(element.value)
        }
        raw("]}")
    }

    fileprivate mutating func series(_ series: MatrixSeries) {
        raw("{\"metric\":")
        labels(series.labels)
        if !series.times.isEmpty {
            raw(",\"values\":")
            list(series.times.indices) { json, index in
                json.raw("[")
                json.time(series.times[index])
                json.raw(",")
                json.sample(series.values[index])
                json.raw("]")
            }
        }
        if !series.histograms.isEmpty {
            raw(",\"histograms\":")
            list(series.histograms) { json, sample in
                json.raw("[")
                json.time(sample.time)
                json.raw(",")
                json.histogram(sample.value)
                json.raw("]")
            }
        }
        raw("}")
    }

    fileprivate mutating func statistics(_ statistics: QueryStatistics, _ result: QueryResult) {
        raw(",\"stats\":{\"timings\":{")
        let total = statistics.preparation + statistics.evaluation
        let timings = [
            ("evalTotalTime", total), ("resultSortTime", 0), ("queryPreparationTime", statistics.preparation),
            ("innerEvalTime", statistics.evaluation), ("execQueueTime", statistics.queue),
            ("execTotalTime", statistics.queue + total),
        ]
        for (index, timing) in timings.enumerated() {
            if index > 0 { raw(",") }
            string(timing.0)
            raw(":")
            raw(formatNumber(timing.1))
        }
        raw("},\"samples\":{\"totalQueryableSamples\":\(result.samplesTouched)" as String)
        raw(",\"peakSamples\":\(result.peakSamples)}}" as String)
    }

    mutating func labels(_ labels: Labels) {
        raw("{")
        var isFirst = true
        labels.forEachUTF8 { name, value in
            if !isFirst { raw(",") }
            isFirst = false
            string(name)
            raw(":")
            string(value)
        }
        raw("}")
    }

    private mutating func histogram(_ histogram: FloatHistogram) {
        raw("{\"count\":")
        sample(histogram.count)
        raw(",\"sum\":")
        sample(histogram.sum)
        let buckets = histogram.describedBuckets
        if !buckets.isEmpty {
            raw(",\"buckets\":")
            list(buckets) { json, bucket in
                json.raw("[")
                json.raw(String(bucket.rule))
                for number in [bucket.lower, bucket.upper, bucket.count] {
                    json.raw(",")
                    json.sample(number)
                }
                json.raw("]")
            }
        }
        raw("}")
    }

    fileprivate mutating func annotations(_ result: QueryResult) {
        for (name, texts) in [("warnings", result.warnings), ("infos", result.infos)] where !texts.isEmpty {
            raw(",")
            string(name)
            raw(":")
            // So many are enough to see what is wrong.
            let shown = texts.prefix(10)
            let kind = name == "warnings" ? "warning" : "info"
            let rest = texts.count - shown.count
            list(Array(shown) + (rest > 0 ? ["\(rest) more \(kind) annotations omitted"] : [])) { json, text in
                json.string(text)
            }
        }
    }
}
