/// How far a counter rose in a stretch of time, exactly: no extrapolation.
public struct CounterIncrease: Hashable, Sendable {
    public var value: Double
    /// How often the counter fell, which it may do only when its process starts again.
    public var resets: Int
    /// How often it fell although its process is known not to have started again: then it is no counter.
    public var falls: Int
    /// How many samples lay within the stretch.
    public var samples: Int
    /// True when a sample was NaN or infinite; it was left out.
    public var hasNaN: Bool
    /// True when a sample was negative; it was left out.
    public var hasNegative: Bool

    public init(
        value: Double = 0, resets: Int = 0, falls: Int = 0, samples: Int = 0, hasNaN: Bool = false,
        hasNegative: Bool = false
    ) {
        self.value = value
        self.resets = resets
        self.falls = falls
        self.samples = samples
        self.hasNaN = hasNaN
        self.hasNegative = hasNegative
    }
}

extension CounterIncrease {
    /// How far a counter rose in `(after, through]`, in milliseconds since the epoch.
    ///
    /// It counts from the last sample at or before `after`, so the samples should reach back at least one scrape. Each sample may
    /// say when its counter started: it was 0 then, so that nothing that was counted between the start and the first scrape is
    /// lost, and a restart is seen even where the new count is larger. Without a start a fall is a restart, and the first sample
    /// of all counts nothing.
    ///
    /// - Parameter knownFrom: from where on all samples are in the buffer: a counter that started behind it has no earlier ones.
    /// - Complexity: O(samples).
    public init(of buffer: SampleBuffer, after: Int64, through: Int64, knownFrom: Int64? = nil) {
        self.init()
        var last: (time: Int64, value: Double)?
        for index in buffer.times.indices {
            let (time, value) = (buffer.times[index], buffer.values[index])
            if time > through { break }
            if value.bitPattern == Sample.staleMarker.bitPattern { continue }
            let isWithin = time > after
            if isWithin { samples += 1 }
            guard value.isFinite, value >= 0 else {
                if isWithin { if value.isFinite { hasNegative = true } else { hasNaN = true } }
                continue
            }
            let start = buffer.starts.isEmpty ? 0 : buffer.starts[index]
            if isWithin { rise(to: value, start, last, knownFrom ?? after) }
            last = (time, value)
        }
    }

    private mutating func rise(
        to next: Double, _ start: Int64, _ last: (time: Int64, value: Double)?, _ knownFrom: Int64
    ) {
        guard let last else {
            if start > knownFrom { value += next }
            return
        }
        if start > last.time || next < last.value {
            resets += 1
            if start != 0, start <= last.time { falls += 1 }
            value += next
        } else {
            value += next - last.value
        }
    }

    /// Adds up two counters.
    public static func += (sum: inout CounterIncrease, other: CounterIncrease) {
        sum.value += other.value
        sum.resets += other.resets
        sum.falls += other.falls
        sum.samples += other.samples
        sum.hasNaN = sum.hasNaN || other.hasNaN
        sum.hasNegative = sum.hasNegative || other.hasNegative
    }
}

/// How far the counters of a group rose together.
public struct GroupIncrease: Hashable, Sendable {
    /// The labels by which the group was made.
    public var labels: Labels
    public var increase: CounterIncrease
    /// How many series there are in the group.
    public var series: Int

    public init(labels: Labels, increase: CounterIncrease = CounterIncrease(), series: Int = 0) {
        self.labels = labels
        self.increase = increase
        self.series = series
    }
}
