import Series

/// Takes histograms together one by one.
protocol HistogramAggregate {
    /// - Returns: whether custom bounds were reconciled.
    mutating func add(_ histogram: FloatHistogram) throws(IncompatibleHistograms) -> Bool
}

struct HistogramTotal: HistogramAggregate {
    private var sum: HistogramSum

    init(_ first: FloatHistogram) { sum = HistogramSum(first) }

    mutating func add(_ histogram: FloatHistogram) throws(IncompatibleHistograms) -> Bool { try sum.add(histogram) }

    var total: FloatHistogram { sum.total.compacted }
}

/// The sum by the count for as long as nothing overflows, and from then on the mean corrected one by one.
struct HistogramMean: HistogramAggregate {
    private var sum: HistogramSum
    private var count = 1.0
    private var isIncremental = false

    init(_ first: FloatHistogram) { sum = HistogramSum(first) }

    mutating func add(_ histogram: FloatHistogram) throws(IncompatibleHistograms) -> Bool {
        count += 1
        if !isIncremental {
            var next = sum
            let reconciled = try next.add(histogram)
            if !next.sum.hasOverflow {
                sum = next
                return reconciled
            }
            isIncremental = true
            sum.divide(by: count - 1)
        }
        sum.scale(by: (count - 1) / count)
        return try sum.add(histogram.divided(by: count))
    }

    var mean: FloatHistogram {
        (isIncremental ? sum.total : sum.total.divided(by: count)).compacted
    }
}

/// Whether some histograms say that their counter was reset and others that it was not.
struct ResetHints {
    private var hasReset = false
    private var hasNoReset = false

    mutating func note(_ histogram: FloatHistogram) {
        if histogram.counterResetHint == .reset { hasReset = true }
        if histogram.counterResetHint == .notReset { hasNoReset = true }
    }

    var collide: Bool { hasReset && hasNoReset }
}
