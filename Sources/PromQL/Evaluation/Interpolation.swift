import Series

/// The value between two samples, linearly. A counter that falls began at 0 after the first.
func interpolate(
    _ first: Double, _ firstTime: Int64, _ second: Double, _ secondTime: Int64, at time: Int64, isCounter: Bool
) -> Double {
    let base = isCounter && second < first ? 0 : first
    return base + (second - base) * Double(time - firstTime) / Double(secondTime - firstTime)
}

/// The same for histograms.
func interpolate(
    _ first: HistogramPoint, _ second: HistogramPoint, at time: Int64, isCounter: Bool,
    reconciled: (String) -> Void
) throws(IncompatibleHistograms) -> FloatHistogram {
    if time == first.time { return first.value }
    if time == second.time { return second.value }
    guard first.value.usesCustomBuckets == second.value.usesCustomBuckets else { throw IncompatibleHistograms() }
    let share = Double(time - first.time) / Double(second.time - first.time)
    var result = second.value
    if isCounter, result.isReset(since: first.value) { return result.scaled(by: share) }
    if try result.subtract(first.value).boundsReconciled { reconciled("subtraction") }
    result.scale(by: share)
    if try result.add(first.value).boundsReconciled { reconciled("addition") }
    return result
}

/// Interpolates the samples of one series for a smoothed instant selector.
struct Smoother {
    let points: SeriesPoints
    let lookback: Int64
    let metric: String
    let place: SourceRange
    let annotations: Annotations

    func value(at time: Int64) -> (Double, HistogramBox?) {
        let floats = range(points.times.count, time) { points.times[$0] }
        let histograms = range(points.histograms.count, time) { points.histograms[$0].time }
        if !floats.isEmpty, !histograms.isEmpty {
            annotations.warn(
                "encountered a mix of histograms and floats for metric name \(quoted(metric))", at: place)
            return (absent, nil)
        }
        if !histograms.isEmpty { return histogram(at: time, histograms) }
        guard let next = floats.first(where: { points.times[$0] >= time }) else {
            return (floats.isEmpty ? absent : points.values[floats.upperBound - 1].canonical, nil)
        }
        if points.times[next] == time { return (points.values[next].canonical, nil) }
        guard next > floats.lowerBound else { return (absent, nil) }
        let value = interpolate(
            points.values[next - 1], points.times[next - 1], points.values[next], points.times[next], at: time,
            isCounter: false)
        return (value.canonical, nil)
    }

    /// Which samples lie in (time − lookback, time + lookback].
    private func range(_ count: Int, _ time: Int64, _ timeOf: (Int) -> Int64) -> Range<Int> {
        let lower = partition(0..<count) { timeOf($0) > time - lookback }
        return lower..<partition(lower..<count) { timeOf($0) > time + lookback }
    }

    private func histogram(at time: Int64, _ range: Range<Int>) -> (Double, HistogramBox?) {
        let all = points.histograms
        guard let next = range.first(where: { all[$0].time >= time }) else {
            return (histogramMark, all[range.upperBound - 1].box)
        }
        if all[next].time == time { return (histogramMark, all[next].box) }
        guard next > range.lowerBound else { return (absent, nil) }
        do throws(IncompatibleHistograms) {
            let value = try interpolate(
                all[next - 1], all[next], at: time, isCounter: all[next].value.counterResetHint != .gauge
            ) { operation in
                annotations.inform("mismatched custom buckets were reconciled during \(operation)", at: place)
            }
            return (histogramMark, HistogramBox(value))
        } catch {
            annotations.warn(
                "vector contains a mix of histograms with exponential and custom buckets schemas for metric name \(quoted(metric))",
                at: place)
            return (absent, nil)
        }
    }
}

/// The first index of a range from which on a condition holds, by halving.
@inline(__always)
func partition(_ range: Range<Int>, _ holds: (Int) -> Bool) -> Int {
    var (low, high) = (range.lowerBound, range.upperBound)
    while low < high {
        let middle = (low + high) / 2
        if holds(middle) { high = middle } else { low = middle + 1 }
    }
    return low
}
