import Series

extension Window {
    /// The rise of a native histogram, extrapolated like that of a number.
    mutating func histogramRate(isCounter: Bool, isPerSecond: Bool) -> Double {
        let (first, last) = (boxes.lowerBound, boxes.upperBound - 1)
        var rise: FloatHistogram?
        if last > first {
            guard let found = histogramRise(isCounter) else { return absent }
            rise = found
        }
        let firstStart = histograms[first].start
        let hasStart = isCounter && firstStart != 0 && firstStart > start && firstStart < histograms[first].time
        if hasStart {
            guard var sum = rise else {
                rise = histograms[first].value
                return scaled(&rise, first, last, hasStart: true, isCounter, isPerSecond)
            }
            do throws(IncompatibleHistograms) {
                if try sum.add(histograms[first].value).boundsReconciled { informReconciled("addition") }
            } catch {
                warnSchemas()
                return absent
            }
            rise = sum
        } else if last == first {
            return absent
        }
        return scaled(&rise, first, last, hasStart: hasStart, isCounter, isPerSecond)
    }

    private mutating func scaled(
        _ rise: inout FloatHistogram?, _ first: Int, _ last: Int, hasStart: Bool, _ isCounter: Bool, _ isPerSecond: Bool
    ) -> Double {
        guard var result = rise else { return absent }
        let count = histograms[first].value.count
        let hasZero = isCounter && result.count > 0 && count >= 0
        let factor = extrapolation(
            first: histograms[first].time, last: histograms[last].time, count: boxes.count,
            countedFrom: hasStart ? histograms[first].start : nil, zeroShare: hasZero ? count / result.count : nil,
            isCounter: isCounter)
        result.scale(by: isPerSecond ? factor / (Double(length) / 1000) : factor)
        return give(result)
    }

    /// The last minus the first, and all that was lost at resets in between.
    private func histogramRise(_ isCounter: Bool) -> FloatHistogram? {
        let all = boxes.map { histograms[$0] }
        var previous = all[0].value
        let last = all[all.count - 1].value
        var isCustom = previous.usesCustomBuckets
        if isCounter, previous.counterResetHint == .gauge || last.counterResetHint == .gauge { warnNotCounter() }
        if isCounter {
            let second = all[1]
            let isStart = isStartReset(
                previousStart: all[0].start, previousTime: all[0].time, start: second.start, time: second.time)
            if isStart || second.value.isReset(since: previous) {
                // The first is not looked at: its layout must not matter.
                previous = FloatHistogram(
                    schema: second.value.schema, zeroThreshold: second.value.zeroThreshold,
                    customValues: second.value.customValues)
                isCustom = second.value.usesCustomBuckets
            }
        }
        guard last.usesCustomBuckets == isCustom else {
            warnSchemas()
            return nil
        }
        var schema = min(last.schema, previous.schema)
        if isCounter {
            for point in all[1..<all.count - 1] {
                if point.value.counterResetHint == .gauge { warnNotCounter() }
                schema = min(schema, point.value.schema)
                guard point.value.usesCustomBuckets == isCustom else {
                    warnSchemas()
                    return nil
                }
            }
        }
        var result = last
        result.reduce(to: schema)
        do throws(IncompatibleHistograms) {
            if try result.subtract(previous).boundsReconciled { informReconciled("subtraction") }
            if isCounter {
                try addResets(all, previous, &result)
            } else if all[0].value.counterResetHint != .gauge || last.counterResetHint != .gauge {
                warnNotGauge()
            }
        } catch {
            warnSchemas()
            return nil
        }
        result.counterResetHint = .gauge
        return result.compacted
    }

    private func addResets(
        _ all: [HistogramPoint], _ first: FloatHistogram, _ result: inout FloatHistogram
    ) throws(IncompatibleHistograms) {
        var previous = first
        var isNoted = false
        for index in all.indices.dropFirst() {
            let (before, point) = (all[index - 1], all[index])
            if !isNoted,
                startOverlaps(previousStart: before.start, previousTime: before.time, start: point.start)
            {
                warnOverlap()
                isNoted = true
            }
            let isStart = isStartReset(
                previousStart: before.start, previousTime: before.time, start: point.start, time: point.time)
            if isStart || point.value.isReset(since: previous) {
                if try result.add(previous).boundsReconciled { informReconciled("addition") }
            }
            previous = point.value
        }
    }
}
