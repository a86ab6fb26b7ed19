import Series

extension Window {
    /// Which samples an anchored or smoothed rate begins and ends with; `nil` when it has none.
    private func ends(_ range: Range<Int>, _ timeOf: (Int) -> Int64) -> (first: Int, last: Int)? {
        guard !range.isEmpty else { return nil }
        var last = range.upperBound - 1
        let first = max(range.lowerBound, partition(range.lowerBound..<last) { timeOf($0) > start } - 1)
        if reach == .smoothed { last = partition(range.lowerBound..<last) { timeOf($0) >= end } }
        if timeOf(last) <= start || (reach == .smoothed && timeOf(first) > end) { return nil }
        return (first, last)
    }

    /// The rise between the values at both ends of the range: the samples there (anchored), or what lies between them (smoothed).
    /// Nothing is extrapolated.
    func extendedRate(isCounter: Bool, isPerSecond: Bool) -> Double {
        guard var (first, last) = ends(floats, { times[$0] }) else { return absent }
        var left = values[first]
        if reach == .smoothed, times[first] < start {
            left = interpolate(
                values[first], times[first], values[first + 1], times[first + 1], at: start, isCounter: isCounter)
        }
        var right = values[last]
        if reach == .smoothed, last > floats.lowerBound, times[last] > end {
            right = interpolate(
                values[last - 1], times[last - 1], values[last], times[last], at: end, isCounter: isCounter)
        }
        var rise = right - left
        if isCounter {
            if times[first] <= start { first += 1 }
            if times[last] >= end { last -= 1 }
            var previous = left
            for index in first..<max(first, last + 1) {
                if values[index] < previous { rise += previous }
                previous = values[index]
            }
            if right < previous { rise += previous }
        }
        return isPerSecond ? rise / (Double(length) / 1000) : rise
    }

    mutating func extendedHistogramRate(isCounter: Bool, isPerSecond: Bool) -> Double {
        guard let (first, last) = ends(boxes, { histograms[$0].time }) else { return absent }
        let isCustom = histograms[first].value.usesCustomBuckets
        for index in first...last {
            guard histograms[index].value.usesCustomBuckets == isCustom else {
                warnSchemas()
                return absent
            }
            if isCounter, histograms[index].value.counterResetHint == .gauge { warnNotCounter() }
        }
        do throws(IncompatibleHistograms) {
            let left = try edge(first, isLeft: true, isCounter)
            let right = try edge(last, isLeft: false, isCounter)
            if !isCounter, left.counterResetHint != .gauge || right.counterResetHint != .gauge { warnNotGauge() }
            var rise = right
            if try rise.subtract(left).boundsReconciled { informReconciled("subtraction") }
            if isCounter { try addResets(first, last, left, right, &rise) }
            if isPerSecond { rise.divide(by: Double(length) / 1000) }
            rise.counterResetHint = .gauge
            return give(rise.compacted)
        } catch {
            warnSchemas()
            return absent
        }
    }

    private func edge(
        _ index: Int, isLeft: Bool, _ isCounter: Bool
    ) throws(IncompatibleHistograms) -> FloatHistogram {
        let point = histograms[index]
        guard reach == .smoothed else { return point.value }
        if isLeft, point.time < start {
            return try interpolate(
                point, histograms[index + 1], at: start, isCounter: isCounter, reconciled: informReconciled)
        }
        if !isLeft, index > boxes.lowerBound, point.time > end {
            return try interpolate(
                histograms[index - 1], point, at: end, isCounter: isCounter, reconciled: informReconciled)
        }
        return point.value
    }

    /// Adds what the counter lost at its resets between both ends. The samples at the ends themselves are represented by the values
    /// there.
    private func addResets(
        _ first: Int, _ last: Int, _ left: FloatHistogram, _ right: FloatHistogram, _ rise: inout FloatHistogram
    ) throws(IncompatibleHistograms) {
        var next = first + 1
        var previous = left
        if reach == .smoothed, histograms[first].time < start, first < last,
            histograms[first + 1].value.isReset(since: histograms[first].value)
        {
            // The value at the start was interpolated across this reset already.
            previous = histograms[first + 1].value
            next += 1
        }
        guard next <= last else { return }
        for index in next..<last {
            if histograms[index].value.isReset(since: previous),
                try rise.add(previous).boundsReconciled
            {
                informReconciled("addition")
            }
            previous = histograms[index].value
        }
        if right.isReset(since: previous), try rise.add(previous).boundsReconciled { informReconciled("addition") }
    }
}
