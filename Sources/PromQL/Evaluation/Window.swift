import Series

/// A histogram sample of a series.
struct HistogramPoint {
    var time: Int64
    /// When the counter started, 0 where unknown.
    var start: Int64
    var box: HistogramBox

    var value: FloatHistogram { box.value }
}

/// The samples of one series that a range selector sees at one step, and what a function needs beside them.
///
/// It slides over the arrays of the series from step to step. The pointers are valid while the function runs.
struct Window {
    /// The numbers of the whole series.
    var times: UnsafeBufferPointer<Int64>
    var values: UnsafeBufferPointer<Double>
    /// Empty when no start is known.
    var starts: UnsafeBufferPointer<Int64>
    var histograms: [HistogramPoint]
    /// Where a counter of the series starts anew: indices of the first number after.
    var resets: [Int] = []

    /// Which numbers and histograms are seen at this step.
    var floats: Range<Int> = 0..<0
    var boxes: Range<Int> = 0..<0

    /// The time of the step.
    var time: Int64 = 0
    /// The stretch is open to the left: (start, end].
    var start: Int64 = 0
    var end: Int64 = 0
    /// How long the range is, in milliseconds.
    let length: Int64
    let reach: Selector.Reach

    /// The numbers given to the function at this step.
    var parameters: [Double] = []
    let labels: Labels
    /// The place of the range selector.
    let place: SourceRange
    /// The place of all arguments.
    let callPlace: SourceRange
    let annotations: Annotations
    /// The result when it is a histogram; `histogramMark` is returned then.
    var result: HistogramBox?

    @inline(__always)
    var isMixed: Bool { !floats.isEmpty && !boxes.isEmpty }

    var metric: String { labels[Labels.metricName] ?? "" }

    mutating func give(_ histogram: FloatHistogram) -> Double {
        result = HistogramBox(histogram)
        return histogramMark
    }

    func warn(_ message: String) { annotations.warn(message, at: place) }

    /// Tells that histograms among the numbers were left out.
    func informIgnored() {
        guard !boxes.isEmpty else { return }
        annotations.inform(
            "ignored histograms in a range containing both floats and histograms for metric name \(quoted(metric))",
            at: place)
    }

    func warnMixed() {
        warn("encountered a mix of histograms and floats for metric name \(quoted(metric))")
    }

    func warnSchemas() {
        warn(
            "vector contains a mix of histograms with exponential and custom buckets schemas for metric name \(quoted(metric))"
        )
    }

    func warnNotCounter() { warn("this native histogram metric is not a counter: \(quoted(metric))") }

    func warnNotGauge() { warn("this native histogram metric is not a gauge: \(quoted(metric))") }

    func informReconciled(_ operation: String) {
        annotations.inform("mismatched custom buckets were reconciled during \(operation)", at: place)
    }

    func start(ofFloat index: Int) -> Int64 { starts.isEmpty ? 0 : starts[index] }
}

/// Whether the start of a sample says that its counter began after the sample before.
///
/// A start at the very time of the sample before is that of a delta, unless the starts there are unknown as well.
func isStartReset(
    previousStart: Int64, previousTime: Int64, start: Int64, time: Int64
) -> Bool {
    guard start != 0, start < time, start >= previousTime else { return false }
    if start > previousTime { return true }
    if previousStart > previousTime { return false }
    return previousStart != 0 && previousStart != previousTime
}

/// Whether the stretches that two samples count overlap, which no exporter should say.
func startOverlaps(previousStart: Int64, previousTime: Int64, start: Int64) -> Bool {
    start != 0 && start < previousTime && start != previousStart
}
