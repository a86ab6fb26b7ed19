/// Samples of one series, oldest first, in arrays that are used again for the next series.
public struct SampleBuffer: Sendable {
    /// Milliseconds since the epoch, rising strictly.
    public var times: [Int64] = []
    /// One for each time; of a histogram sample it is NaN.
    public var values: [Double] = []
    /// When each sample's counter started, in milliseconds since the epoch, 0 where unknown; empty when none is known.
    public var starts: [Int64] = []
    /// The histogram samples, with the index of their time, in its order.
    public var histograms: [(index: Int, value: FloatHistogram)] = []

    public init() {}

    public var count: Int { times.count }

    @inline(__always)
    public mutating func append(time: Int64, value: Double) {
        if !starts.isEmpty { starts.append(0) }
        times.append(time)
        values.append(value)
    }

    public mutating func append(time: Int64, value: Double, start: Int64) {
        setStart(start)
        times.append(time)
        values.append(value)
    }

    /// Appends samples with the same start: as many times as values.
    public mutating func append(
        times newTimes: UnsafeBufferPointer<Int64>, values newValues: UnsafeBufferPointer<Double>, start: Int64
    ) {
        if start != 0 || !starts.isEmpty {
            starts.append(contentsOf: repeatElement(0, count: times.count - starts.count))
            starts.append(contentsOf: repeatElement(start, count: newTimes.count))
        }
        times.append(contentsOf: newTimes)
        values.append(contentsOf: newValues)
    }

    public mutating func append(time: Int64, histogram: FloatHistogram, start: Int64 = 0) {
        setStart(start)
        histograms.append((times.count, histogram))
        times.append(time)
        values.append(histogram.isStaleMarker ? Sample.staleMarker : .nan)
    }

    private mutating func setStart(_ start: Int64) {
        if starts.isEmpty {
            guard start != 0 else { return }
            starts.append(contentsOf: repeatElement(0, count: times.count))
        }
        starts.append(start)
    }

    /// Empties it and keeps its memory.
    public mutating func removeAll() {
        times.removeAll(keepingCapacity: true)
        values.removeAll(keepingCapacity: true)
        if !starts.isEmpty { starts.removeAll(keepingCapacity: true) }
        if !histograms.isEmpty { histograms.removeAll(keepingCapacity: true) }
    }
}
