public import Series

/// What one request or scrape brings in, whatever its format: series, and their samples in flat arrays that are used again for
/// the next batch.
///
/// The labels of a series stay the bytes that were received (`LabelSyntax`), so that a store may look a known series up by their
/// hash and parse them only when it does not know them.
public struct IngestBatch: Sendable {
    /// How the labels of a batch are written in `labelBytes`.
    public enum LabelSyntax: Sendable {
        /// Fields 1 of a remote-write 1.0 `TimeSeries`, each a `Label`: as they were received, with the tags.
        case protobuf
        /// As in `Labels`, but in any order: name and value, each with its length (LEB128) before it.
        case plain
    }

    public struct Series: Sendable {
        /// Where the labels lie in `labelBytes`.
        public var labels: Range<Int>
        /// Which samples are its own.
        public var samples: Range<Int>
        /// The values are what was added since the sample before.
        public var isDelta = false

        init(labels: Range<Int>, samples: Range<Int>) {
            (self.labels, self.samples) = (labels, samples)
        }
    }

    public var syntax = LabelSyntax.plain
    public var labelBytes: [UInt8] = []
    public var series: [Series] = []
    /// Milliseconds since the epoch.
    public var times: [Int64] = []
    public var values: [Double] = []
    /// When each sample's counter started, 0 where unknown; empty when none is known.
    public var starts: [Int64] = []
    /// Histogram samples with the index of their time, in its order.
    public var histograms: [(index: Int, value: FloatHistogram)] = []
    public var metadata: [MetricMetadata] = []
    /// Exemplars are not kept; this many were left out.
    public var exemplars = 0
    /// What was left out of the batch and why, as far as its protocol keeps the rest; at most `maximumProblems`.
    public var problems: [String] = []
    /// How many samples or points were left out.
    public var refused = 0

    public static let maximumProblems = 10

    public init() {}

    /// Empties it and keeps its memory.
    public mutating func removeAll() {
        labelBytes.removeAll(keepingCapacity: true)
        series.removeAll(keepingCapacity: true)
        times.removeAll(keepingCapacity: true)
        values.removeAll(keepingCapacity: true)
        starts.removeAll(keepingCapacity: true)
        histograms.removeAll(keepingCapacity: true)
        metadata.removeAll(keepingCapacity: true)
        problems.removeAll(keepingCapacity: true)
        (exemplars, refused) = (0, 0)
    }

    @inline(__always)
    mutating func append(time: Int64, value: Double) {
        if !starts.isEmpty { starts.append(0) }
        times.append(time)
        values.append(value)
    }

    mutating func append(time: Int64, value: Double, start: Int64) {
        setStart(start)
        times.append(time)
        values.append(value)
    }

    mutating func append(time: Int64, histogram: FloatHistogram, start: Int64) {
        setStart(start)
        histograms.append((times.count, histogram))
        times.append(time)
        values.append(.nan)
    }

    private mutating func setStart(_ start: Int64) {
        if starts.isEmpty {
            guard start != 0 else { return }
            starts.append(contentsOf: repeatElement(0, count: times.count))
        }
        starts.append(start)
    }

    mutating func refuse(_ count: Int = 1, _ problem: @autoclosure () -> String) {
        refused += count
        if problems.count < IngestBatch.maximumProblems { problems.append(problem()) }
    }

    /// Appends a label in the syntax `plain`.
    mutating func appendLabel(_ name: some Collection<UInt8>, _ value: some Collection<UInt8>) {
        appendText(name)
        appendText(value)
    }

    mutating func appendText(_ text: some Collection<UInt8>) {
        labelBytes.append(length: text.count)
        labelBytes.append(contentsOf: text)
    }
}

extension Array where Element == UInt8 {
    /// A length in LEB128.
    mutating func append(length: Int) {
        var length = length
        while length >= 0x80 {
            append(UInt8(truncatingIfNeeded: length) | 0x80)
            length >>= 7
        }
        append(UInt8(length))
    }
}

/// Why a whole request is refused.
public enum FormatError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What is wrong at which byte.
    case malformed(String, offset: Int)
    /// It is, or would become, larger than allowed.
    case tooLarge(String)
    /// A line of a text; from 1.
    case text(String, line: Int, column: Int)

    public var description: String {
        switch self {
        case .malformed(let message, let offset): "\(message), at byte \(offset)"
        case .tooLarge(let message): message
        case .text(let message, let line, let column): "line \(line), column \(column): \(message)"
        }
    }
}
