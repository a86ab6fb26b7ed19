public import Values

/// How far a counter rose in a stretch of time, exactly: no extrapolation.
public struct CounterIncrease: Hashable, Sendable {
    public var value: Double
    /// How often the counter fell, which it may do only when its process starts again.
    public var resets: Int
    /// How many samples lay within the stretch.
    public var samples: Int
    /// True when a sample was NaN or infinite; it was left out.
    public var hasNaN: Bool
    /// True when a sample was negative; it was left out.
    public var hasNegative: Bool

    public init(
        value: Double = 0, resets: Int = 0, samples: Int = 0, hasNaN: Bool = false, hasNegative: Bool = false
    ) {
        self.value = value
        self.resets = resets
        self.samples = samples
        self.hasNaN = hasNaN
        self.hasNegative = hasNegative
    }
}

/// The increase of a counter in `(after, through]`.
///
/// It starts from the last sample at or before `after`, so the series should reach back at least one scrape. Without such a
/// sample it starts from 0 when the process started within the stretch or an earlier scrape of it did not show the series yet,
/// and else from the first sample within. A fall is a reset: the counter is taken to have started at 0 again.
/// - Complexity: O(samples).
public func increase(of series: SeriesSamples, after: Timestamp, through: Timestamp) -> CounterIncrease {
    increase(
        of: series.samples, startedAt: series.startedAt, absentAt: series.absentAt, after: after, through: through)
}

/// The same for samples that are not in a `SeriesSamples`.
public func increase(
    of samples: some Sequence<Sample>, startedAt: Timestamp?, absentAt: Timestamp?, after: Timestamp,
    through: Timestamp
) -> CounterIncrease {
    var result = CounterIncrease()
    let startsFromZero = absentAt != nil || startedAt.map { $0 > after } ?? false
    var last: Double? = startsFromZero ? 0 : nil
    for sample in samples {
        if sample.at > through { break }
        if sample.isStaleMarker { continue }
        let isWithin = sample.at > after
        if isWithin { result.samples += 1 }
        if !sample.value.isFinite {
            result.hasNaN = result.hasNaN || isWithin
        } else if sample.value < 0 {
            result.hasNegative = result.hasNegative || isWithin
        } else {
            if isWithin { result.rise(from: last ?? sample.value, to: sample.value) }
            last = sample.value
        }
    }
    return result
}

extension CounterIncrease {
    fileprivate mutating func rise(from base: Double, to next: Double) {
        if next >= base {
            value += next - base
        } else {
            value += next
            resets += 1
        }
    }
}
