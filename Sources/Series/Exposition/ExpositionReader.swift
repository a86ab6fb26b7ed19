public import Values

/// One line of an exposition: a series, as bytes of the text, and its value.
public struct ExpositionSample: Hashable, Sendable {
    /// Where the metric's name and labels stand in the text, as they were written. Equal bytes mean an equal series, so a
    /// reader that remembers them need not decode them again.
    public var series: Range<Int>
    public var value: Double
    /// The time that the text itself gives, which is rare.
    public var timestamp: Timestamp?
    /// Something comes after it: an exemplar, which is skipped.
    public var hasExemplar = false
    /// From 1.
    public var line: Int
}

/// A line that is not valid, or that is over a limit.
public struct ExpositionError: Error, Hashable, Sendable, CustomStringConvertible {
    /// From 1.
    public var line: Int
    /// From 1, in bytes.
    public var column: Int
    public var message: String

    public init(line: Int, column: Int, message: String) {
        (self.line, self.column, self.message) = (line, column, message)
    }

    public var description: String { "line \(line), column \(column): \(message)" }
}

/// What a text may hold at most.
public struct ExpositionLimits: Hashable, Sendable {
    /// In bytes.
    public var lineLength: Int
    public var labelsPerSample: Int
    public var samples: Int

    public init(lineLength: Int = 16_384, labelsPerSample: Int = 64, samples: Int = 50_000) {
        self.lineLength = lineLength
        self.labelsPerSample = labelsPerSample
        self.samples = samples
    }
}

/// The unit of the timestamps, which is all that a reader must know of the format beforehand.
public enum ExpositionFormat: Hashable, Sendable {
    /// Whole milliseconds.
    case prometheusText
    /// Seconds with a fraction.
    case openMetrics
    /// Told by the number: one below 10¹¹ (or with a fraction) is in seconds, for no clock shows 1973 or the year 5138.
    case either
}

/// Reads the Prometheus text format 0.0.4 and OpenMetrics 1.0, sample by sample, without making a text of any label.
///
/// Comments and exemplars are skipped. After an error `next()` goes on with the line after the broken one, so a caller may
/// keep the good lines; once there are too many samples every call throws.
public struct ExpositionReader {
    var cursor: ByteCursor
    private let format: ExpositionFormat
    private let limits: ExpositionLimits
    private var samples = 0
    private var ended = false

    /// - Parameter range: the part of `bytes` that is the text; all of it by default.
    public init(
        _ bytes: [UInt8], in range: Range<Int>? = nil, format: ExpositionFormat = .either,
        limits: ExpositionLimits = ExpositionLimits()
    ) {
        self.cursor = ByteCursor(bytes, range ?? 0..<bytes.count)
        self.format = format
        self.limits = limits
    }

    /// The next sample; `nil` at the end of the text or after `# EOF`.
    public mutating func next() throws(ExpositionError) -> ExpositionSample? {
        while !ended, cursor.startLine() {
            if cursor.lineLength > limits.lineLength {
                throw error("the line has \(cursor.lineLength) bytes, more than \(limits.lineLength)")
            }
            cursor.skipBlanks()
            if cursor.isAtLineEnd { continue }
            if cursor.peek == UInt8(ascii: "#") {
                ended = cursor.restOfLine == "# EOF"
                continue
            }
            guard samples < limits.samples else {
                let error = error("there are more than \(limits.samples) samples")
                cursor.returnToLineStart()
                throw error
            }
            let sample = try sampleLine()
            samples += 1
            return sample
        }
        return nil
    }

    private mutating func sampleLine() throws(ExpositionError) -> ExpositionSample {
        let start = cursor.position
        let labels = try SeriesScanner.scan(&cursor)
        if labels > limits.labelsPerSample {
            throw error("the sample has \(labels) labels, more than \(limits.labelsPerSample)")
        }
        let series = start..<cursor.position
        if !cursor.isValidText(series) { throw error("the series is not valid UTF-8") }
        cursor.skipBlanks()
        guard let value = cursor.number() else { throw error("expected a value") }
        cursor.skipBlanks()
        let time = try timestamp()
        cursor.skipBlanks()
        guard cursor.isAtLineEnd || cursor.peek == UInt8(ascii: "#") else {
            throw error("expected the end of the line")
        }
        return ExpositionSample(
            series: series, value: value, timestamp: time, hasExemplar: !cursor.isAtLineEnd, line: cursor.line)
    }

    private mutating func timestamp() throws(ExpositionError) -> Timestamp? {
        if cursor.isAtLineEnd || cursor.peek == UInt8(ascii: "#") { return nil }
        guard let token = cursor.token() else { throw error("expected a timestamp") }
        let whole = Int64(token)
        let inSeconds: Bool
        switch format {
        case .prometheusText: inSeconds = false
        case .openMetrics: inSeconds = true
        case .either: inSeconds = whole.map { $0.magnitude < 100_000_000_000 } ?? true
        }
        if !inSeconds, let whole { return Timestamp(milliseconds: whole) }
        guard inSeconds, let seconds = Double(token), seconds.magnitude < 9e15 else {
            throw error("'\(token)' is not a timestamp")
        }
        return Timestamp(milliseconds: Int64((seconds * 1000).rounded()))
    }

    private func error(_ message: String) -> ExpositionError {
        ExpositionError(line: cursor.line, column: cursor.column, message: message)
    }

    /// The labels of a sample of this reader, the metric's name as `__name__`.
    public func labels(of sample: ExpositionSample) -> [String: String] {
        ExpositionReader.labels(cursor.bytes, sample.series)
    }

    /// The labels of a series that a reader has found in a text, the metric's name as `__name__`.
    public static func labels(_ text: [UInt8], _ series: Range<Int>) -> [String: String] {
        SeriesDecoder.labels(text, series)
    }
}
