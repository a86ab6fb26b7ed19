/// What a query gave, as the query API writes it.
struct MetricsAnswer: Codable, Sendable {
    /// A series with its value, or its values.
    struct Series: Codable, Sendable {
        var metric: [String: String]
        var value: Point?
        var values: [Point]?
        var histogram: HistogramPoint?
        var histograms: [HistogramPoint]?
    }

    enum Result: Sendable {
        case series([Series])
        /// A number or a text.
        case single(Point)
    }

    var resultType: String
    var result: Result

    private enum Keys: CodingKey {
        case resultType, result
    }

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Keys.self)
        resultType = try container.decode(String.self, forKey: .resultType)
        if resultType == "scalar" || resultType == "string" {
            result = .single(try container.decode(Point.self, forKey: .result))
        } else {
            result = .series(try container.decode([Series].self, forKey: .result))
        }
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Keys.self)
        try container.encode(resultType, forKey: .resultType)
        switch result {
        case .series(let series): try container.encode(series, forKey: .result)
        case .single(let point): try container.encode(point, forKey: .result)
        }
    }
}

/// A time in seconds since the epoch, with a value in its own spelling.
struct Point: Codable, Sendable {
    var seconds: Double
    var text: String

    init(from decoder: any Decoder) throws {
        var container = try decoder.unkeyedContainer()
        seconds = try container.decode(Double.self)
        text = try container.decode(String.self)
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.unkeyedContainer()
        try container.encode(seconds)
        try container.encode(text)
    }

    /// `nil` for what is no finite number.
    var number: Double? { Double(text).flatMap { $0.isFinite ? $0 : nil } }
}

/// A time in seconds since the epoch, with a histogram.
struct HistogramPoint: Codable, Sendable {
    struct Histogram: Codable, Sendable {
        var count: String
        var sum: String
        var buckets: [Bucket]?
    }

    /// Which of its bounds belong to it, the bounds, and how many there are.
    struct Bucket: Codable, Sendable {
        var rule: Int
        var numbers: [String]

        init(from decoder: any Decoder) throws {
            var container = try decoder.unkeyedContainer()
            rule = try container.decode(Int.self)
            numbers = []
            while !container.isAtEnd { numbers.append(try container.decode(String.self)) }
        }

        func encode(to encoder: any Encoder) throws {
            var container = encoder.unkeyedContainer()
            try container.encode(rule)
            for number in numbers { try container.encode(number) }
        }
    }

    var seconds: Double
    var histogram: Histogram

    init(from decoder: any Decoder) throws {
        var container = try decoder.unkeyedContainer()
        seconds = try container.decode(Double.self)
        histogram = try container.decode(Histogram.self)
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.unkeyedContainer()
        try container.encode(seconds)
        try container.encode(histogram)
    }

    var text: String { "count=\(histogram.count) sum=\(histogram.sum)" }
}

extension MetricsAnswer.Series {
    /// `name{label="value"}`; without any label `{}`.
    var name: String {
        let labels = metric.filter { $0.key != "__name__" }.sorted { $0.key < $1.key }
            .map { "\($0.key)=\"\($0.value)\"" }
        let name = metric["__name__"] ?? ""
        return labels.isEmpty && !name.isEmpty ? name : "\(name){\(labels.joined(separator: ", "))}"
    }
}

/// What takes the most series, as the status API writes it.
struct CardinalityAnswer: Codable, Sendable {
    struct Entry: Codable, Sendable {
        var name: String
        var value: Int
    }

    struct Head: Codable, Sendable {
        var numSeries: Int
        var numLabelPairs: Int
    }

    var headStats: Head
    var seriesCountByMetricName: [Entry]
    var labelValueCountByLabelName: [Entry]
    var seriesCountByLabelValuePair: [Entry]
    /// Older servers do not say it.
    var samplesOverLimitBySource: [Entry]?
}
