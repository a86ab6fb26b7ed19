public import Series

/// How far a native histogram rose in a stretch of time, exactly: no extrapolation.
public struct HistogramIncrease: Sendable {
    /// What came in; `nil` when nothing is known of it.
    public private(set) var value: FloatHistogram?
    /// How many samples lay within the stretch.
    public private(set) var samples = 0
    /// Exponential and custom buckets cannot be added up; what could not be was left out.
    public private(set) var isMixed = false

    public init() {}

    /// How far a histogram rose in `(after, through]`, in milliseconds since the epoch: as `CounterIncrease` counts.
    ///
    /// - Parameter knownFrom: from where on all samples are in the buffer.
    public init(of buffer: SampleBuffer, after: Int64, through: Int64, knownFrom: Int64) {
        var last: (time: Int64, value: FloatHistogram)?
        for (index, histogram) in buffer.histograms {
            let time = buffer.times[index]
            if time > through { break }
            if histogram.isStaleMarker { continue }
            if time > after {
                samples += 1
                let start = buffer.starts.isEmpty ? 0 : buffer.starts[index]
                if let last, start <= last.time, !histogram.isReset(since: last.value) {
                    add(histogram, without: last.value)
                } else if last != nil || start > knownFrom {
                    add(histogram)
                }
            }
            last = (time, histogram)
        }
    }

    private mutating func add(_ histogram: FloatHistogram, without earlier: FloatHistogram) {
        var rise = histogram
        do throws(IncompatibleHistograms) {
            _ = try rise.subtract(earlier)
            add(rise)
        } catch {
            isMixed = true
        }
    }

    private mutating func add(_ histogram: FloatHistogram) {
        do throws(IncompatibleHistograms) {
            if value == nil { value = histogram } else { _ = try value?.add(histogram) }
        } catch {
            isMixed = true
        }
    }

    public static func += (sum: inout HistogramIncrease, other: HistogramIncrease) {
        sum.samples += other.samples
        sum.isMixed = sum.isMixed || other.isMixed
        if let value = other.value { sum.add(value) }
    }
}

/// Buckets that stay the same while histograms come and go: exponential ones of one resolution over whole powers of two, or custom
/// bounds.
public struct BucketLayout: Hashable, Codable, Sendable {
    /// As in `FloatHistogram`; `FloatHistogram.customSchema` for custom bounds.
    public private(set) var schema: Int32
    /// The powers of two between which the bounds of exponential buckets lie.
    public private(set) var powers: ClosedRange<Int32>
    public private(set) var customBounds: [Double]

    /// Finer buckets than a ninth of a value tell nothing more of a service.
    private static let finest: Int32 = 3
    private static let widest: ClosedRange<Int32> = -40...40

    /// The upper bounds of the buckets, rising; the first holds everything below, the last everything above.
    public var edges: [Double] {
        if schema == FloatHistogram.customSchema { return customBounds + [.infinity] }
        return indices.map { FloatHistogram.bound($0, schema: schema, custom: []) } + [.infinity]
    }

    private var indices: ClosedRange<Int32> { scaled(powers.lowerBound)...scaled(powers.upperBound) }

    private func scaled(_ power: Int32) -> Int32 { schema >= 0 ? power << schema : power >> -schema }

    /// The layout that holds these histograms; `known`, grown as far as it must be, so that buckets seldom change.
    ///
    /// - Returns: `nil` when exponential and custom buckets, or different custom bounds, are mixed.
    public init?(holding histograms: [FloatHistogram], known: BucketLayout? = nil) {
        guard let first = histograms.first else { return nil }
        let isCustom = first.usesCustomBuckets
        guard histograms.allSatisfy({ $0.usesCustomBuckets == isCustom }) else { return nil }
        if isCustom {
            guard histograms.allSatisfy({ $0.customValues == first.customValues }) else { return nil }
            (schema, powers, customBounds) = (FloatHistogram.customSchema, 0...0, first.customValues)
            return
        }
        let other = known.flatMap { $0.schema == FloatHistogram.customSchema ? nil : $0 }
        let finest = min(BucketLayout.finest, other?.schema ?? BucketLayout.finest)
        schema = histograms.reduce(finest) { min($0, $1.schema) }
        customBounds = []
        powers = other?.powers ?? 0...0
        var needed = other?.powers
        for histogram in histograms {
            for bucket in histogram.positiveBucketList where bucket.count > 0 {
                let top = BucketLayout.power(above: bucket.upper)
                // One power more on each side, so that the next tick fits as well.
                let range = max(top - 2, -40)...min(max(top + 1, -39), 40)
                let isInside = needed.map { $0.contains(top) && $0.contains(top - 1) } ?? false
                if !isInside {
                    let known = needed ?? range
                    let (low, high) = (range.lowerBound, range.upperBound)
                    needed = min(known.lowerBound, low)...max(known.upperBound, high)
                }
            }
        }
        powers = needed.map { $0.clamped(to: BucketLayout.widest) } ?? powers
    }

    /// The least power of two that is no smaller.
    private static func power(above bound: Double) -> Int32 {
        guard bound.isFinite, bound > 0 else { return bound > 0 ? 40 : -40 }
        let exponent = Int32(clamping: bound.exponent)
        return min(40, max(-40, bound.significand == 1 ? exponent : exponent + 1))
    }

    /// How many values of a histogram fell into each bucket. What is zero or negative is in the first.
    public func counts(of histogram: FloatHistogram) -> [Double] {
        if schema == FloatHistogram.customSchema {
            return (0...Int32(customBounds.count)).map { max(0, histogram.positive.count(at: $0)) }
        }
        var reduced = histogram
        reduced.reduce(to: schema)
        var counts = [Double](repeating: 0, count: indices.count + 1)
        counts[0] = max(0, reduced.zeroCount) + reduced.negativeBuckets.reduce(0) { $0 + max(0, $1) }
        let side = reduced.positive
        for (position, index) in side.indices.enumerated() {
            let place = min(max(0, Int(index) - Int(indices.lowerBound)), counts.count - 1)
            counts[place] += max(0, side.counts[position])
        }
        return counts
    }
}
