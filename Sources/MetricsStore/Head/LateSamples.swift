import Chunks
import Series

/// Samples of a series that came after later ones, in the order of their times, until they are sealed.
struct LateSamples {
    var times: [Int64] = []
    var values: [Double] = []
    var starts: [Int64] = []
    var histograms: [Int64: FloatHistogram] = [:]

    var count: Int { times.count }

    /// Sealed when there are so many.
    static let limit = 64

    /// Where a time stands, or would stand.
    func place(of time: Int64) -> Int {
        var (low, high) = (0, times.count)
        while low < high {
            let middle = (low + high) / 2
            if times[middle] < time { low = middle + 1 } else { high = middle }
        }
        return low
    }

    mutating func insert(time: Int64, value: Double, start: Int64, histogram: FloatHistogram?) {
        let place = place(of: time)
        times.insert(time, at: place)
        values.insert(value, at: place)
        starts.insert(start, at: place)
        if let histogram { histograms[time] = histogram }
    }

    /// Appends the samples in `(after, through]`.
    func read(after: Int64, through: Int64, into buffer: inout SampleBuffer) {
        let first = after == .max ? times.count : place(of: after + 1)
        let end = through == .max ? times.count : place(of: through + 1)
        guard first < end else { return }
        for index in first..<end {
            if let histogram = histograms[times[index]] {
                buffer.append(time: times[index], histogram: histogram, start: starts[index])
            } else {
                buffer.append(time: times[index], value: values[index], start: starts[index])
            }
        }
    }
}
