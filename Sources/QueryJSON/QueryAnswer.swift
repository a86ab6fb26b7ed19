public import Series

/// An answer of Prometheus' query API, read.
public struct QueryAnswer: Sendable {
    /// What is wrong with an answer.
    public enum Problem: Error, Hashable, Sendable {
        /// It is not the JSON of this API, or its end is missing.
        case malformed(offset: Int)
        case tooManySeries
        case tooManySamples
        /// Native histograms are written without their schema: they cannot be read back as they are.
        case histograms
    }

    public struct OneSeries: Sendable {
        public var labels: Labels
        /// In their order; each time once.
        public var samples = SampleBuffer()
    }

    /// Whether the status is `success`.
    public private(set) var isSuccess = false
    public private(set) var errorType = ""
    public private(set) var error = ""
    /// Of a vector or a matrix.
    public private(set) var series: [OneSeries] = []
    /// The value of a scalar or the text of a string, as it is written.
    public private(set) var single: String?
    /// What the one who answered remarks.
    public private(set) var warnings: [String] = []
    public private(set) var infos: [String] = []
    /// Of lists of names or values.
    public private(set) var texts: [String] = []
    public private(set) var metadata: [MetricMetadata] = []

    /// The value of a scalar.
    public var number: Double? { single.flatMap(QueryAnswer.value) }

    /// What the data are.
    public enum Shape: Sendable {
        case samples
        case texts
        case metadata
    }

    private let limitSeries: Int
    private let limitSamples: Int
    private var sampleCount = 0
    private var problem: Problem?

    /// - Parameters: 0 is no limit.
    /// - Throws: also when more series or samples are in it than allowed.
    public init(
        _ body: [UInt8], _ shape: Shape, limitSeries: Int = 0, limitSamples: Int = 0
    ) throws(Problem) {
        (self.limitSeries, self.limitSamples) = (limitSeries, limitSamples)
        let broken: AnswerCursor.Broken? = body.withUnsafeBytes { raw in
            var cursor = AnswerCursor(raw)
            do throws(AnswerCursor.Broken) {
                try read(&cursor, shape)
                if cursor.peek() != 0 { return cursor.broken }
                return nil
            } catch {
                return error
            }
        }
        if let problem { throw problem }
        if let broken { throw .malformed(offset: broken.offset) }
    }

    private mutating func read(_ cursor: inout AnswerCursor, _ shape: Shape) throws(AnswerCursor.Broken) {
        try cursor.object { (cursor, name) throws(AnswerCursor.Broken) in
            switch name {
            case "status": isSuccess = try cursor.text() == "success"
            case "errorType": errorType = try cursor.text()
            case "error": error = try cursor.text()
            case "warnings" where cursor.peek() == UInt8(ascii: "["): warnings = try QueryAnswer.texts(&cursor)
            case "infos" where cursor.peek() == UInt8(ascii: "["): infos = try QueryAnswer.texts(&cursor)
            // Nothing at all is nothing found, as some backends write it.
            case "data" where cursor.peek() != UInt8(ascii: "n"):
                switch shape {
                case .samples: try readResult(&cursor)
                case .texts: texts = try QueryAnswer.texts(&cursor)
                case .metadata: try readMetadata(&cursor)
                }
            default: try cursor.skip()
            }
        }
    }

    private static func texts(_ cursor: inout AnswerCursor) throws(AnswerCursor.Broken) -> [String] {
        var texts: [String] = []
        try cursor.array { (cursor) throws(AnswerCursor.Broken) in texts.append(try cursor.text()) }
        return texts
    }

    private mutating func readResult(_ cursor: inout AnswerCursor) throws(AnswerCursor.Broken) {
        try cursor.object { (cursor, name) throws(AnswerCursor.Broken) in
            guard name == "result", cursor.peek() == UInt8(ascii: "[") else { return try cursor.skip() }
            try cursor.array { (cursor) throws(AnswerCursor.Broken) in
                switch cursor.peek() {
                case UInt8(ascii: "{"): try readSeries(&cursor)
                // A scalar or a string: its time and its value.
                case UInt8(ascii: "\""): single = try cursor.text()
                default: _ = try cursor.number()
                }
            }
        }
    }

    private mutating func fail(_ problem: Problem, _ cursor: AnswerCursor) -> AnswerCursor.Broken {
        self.problem = problem
        return cursor.broken
    }

    private mutating func readSeries(_ cursor: inout AnswerCursor) throws(AnswerCursor.Broken) {
        if limitSeries > 0, series.count >= limitSeries { throw fail(.tooManySeries, cursor) }
        var pairs: [(String, String)] = []
        var samples = SampleBuffer()
        try cursor.object { (cursor, name) throws(AnswerCursor.Broken) in
            switch name {
            case "metric":
                try cursor.object { (cursor, name) throws(AnswerCursor.Broken) in
                    pairs.append((name, try cursor.text()))
                }
            case "value": try readSample(&cursor, into: &samples)
            case "values":
                try cursor.array { (cursor) throws(AnswerCursor.Broken) in try readSample(&cursor, into: &samples) }
            case "histogram", "histograms": throw fail(.histograms, cursor)
            default: try cursor.skip()
            }
        }
        series.append(OneSeries(labels: Labels(pairs), samples: samples))
    }

    private mutating func readSample(
        _ cursor: inout AnswerCursor, into samples: inout SampleBuffer
    ) throws(AnswerCursor.Broken) {
        try cursor.expect("[")
        let seconds = try cursor.number()
        try cursor.expect(",")
        let text = try cursor.text()
        try cursor.expect("]")
        guard let time = Double(seconds), time.magnitude < 9e15, let value = QueryAnswer.value(text) else {
            throw cursor.broken
        }
        let milliseconds = Int64((time * 1000).rounded())
        // What was sent twice may have been kept twice.
        guard milliseconds > samples.times.last ?? .min else { return }
        sampleCount += 1
        if limitSamples > 0, sampleCount > limitSamples { throw fail(.tooManySamples, cursor) }
        samples.append(time: milliseconds, value: value)
    }

    private static func value(_ text: String) -> Double? {
        switch text {
        case "NaN": return .nan
        case "+Inf", "Inf": return .infinity
        case "-Inf": return -.infinity
        default: return Double(text)
        }
    }

    private mutating func readMetadata(_ cursor: inout AnswerCursor) throws(AnswerCursor.Broken) {
        try cursor.object { (cursor, metric) throws(AnswerCursor.Broken) in
            var isFirst = true
            try cursor.array { (cursor) throws(AnswerCursor.Broken) in
                var entry = MetricMetadata(metric: metric, type: "unknown")
                try cursor.object { (cursor, name) throws(AnswerCursor.Broken) in
                    switch name {
                    case "type": entry.type = try cursor.text()
                    case "help": entry.help = try cursor.text()
                    case "unit": entry.unit = try cursor.text()
                    default: try cursor.skip()
                    }
                }
                if isFirst { metadata.append(entry) }
                isFirst = false
            }
        }
    }
}
