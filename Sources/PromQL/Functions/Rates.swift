import Series

extension Function {
    static let rates = [
        Function(
            "delta", [.matrix],
            "How far a gauge moved between the first and the last sample of the range, extrapolated to the whole range.",
            .ofWindow { $0.rate(isCounter: false, isPerSecond: false) }),
        Function(
            "idelta", [.matrix], "The difference of the last two samples of the range.",
            .ofWindow { $0.instantRate(isRate: false) }),
        Function(
            "increase", [.matrix],
            "How far a counter rose in the range, extrapolated to the whole range; a fall is a reset of the counter.",
            .ofWindow { $0.rate(isCounter: true, isPerSecond: false) }),
        Function(
            "irate", [.matrix], "How fast a counter rose between the last two samples of the range, per second.",
            .ofWindow { $0.instantRate(isRate: true) }),
        Function(
            "rate", [.matrix],
            "How fast a counter rose in the range, per second: its increase by the seconds of the range.",
            .ofWindow { $0.rate(isCounter: true, isPerSecond: true) }),
    ]
}

extension Window {
    fileprivate mutating func rate(isCounter: Bool, isPerSecond: Bool) -> Double {
        if isMixed {
            warnMixed()
            return absent
        }
        if reach != .within {
            return boxes.isEmpty
                ? extendedRate(isCounter: isCounter, isPerSecond: isPerSecond)
                : extendedHistogramRate(isCounter: isCounter, isPerSecond: isPerSecond)
        }
        if !boxes.isEmpty { return histogramRate(isCounter: isCounter, isPerSecond: isPerSecond) }
        return floatRate(isCounter: isCounter, isPerSecond: isPerSecond)
    }

    private mutating func floatRate(isCounter: Bool, isPerSecond: Bool) -> Double {
        let (first, last) = (floats.lowerBound, floats.upperBound - 1)
        var rise = values[last] - values[first]
        var firstStart: Int64 = 0
        if isCounter {
            for reset in resets where reset > first && reset <= last { rise += values[reset - 1] }
            if !starts.isEmpty {
                noteOverlaps(first, last)
                firstStart = starts[first]
            }
        }
        let hasStart = isCounter && firstStart != 0 && firstStart > start && firstStart < times[first]
        guard last > first || hasStart else { return absent }
        if hasStart { rise += values[first] }
        let factor = extrapolation(
            first: times[first], last: times[last], count: floats.count, countedFrom: hasStart ? firstStart : nil,
            // So far back that it cannot matter need not be divided.
            zeroShare: isCounter && values[first] >= 0 && values[first] < 2 * rise ? values[first] / rise : nil,
            isCounter: isCounter)
        return rise * (isPerSecond ? factor / (Double(length) / 1000) : factor)
    }

    private func noteOverlaps(_ first: Int, _ last: Int) {
        guard last > first else { return }
        for index in first + 1...last
        where startOverlaps(previousStart: starts[index - 1], previousTime: times[index - 1], start: starts[index]) {
            warnOverlap()
            return
        }
    }

    func warnOverlap() {
        warn("sample has start time that overlaps with previous sample timestamp for metric \(quoted(metric))")
    }

    /// By how much a rise between the samples must be stretched to stand for the whole range.
    ///
    /// A gap to the edge of the range counts as a whole when it is at most 1.1 times as long as the samples are apart on average;
    /// else half of that average does. A counter does not reach back beyond the time when it was zero.
    /// - Parameters:
    ///   - countedFrom: when the counter is known to have started with 0 within the range; then nothing is missing before.
    ///   - zeroShare: how far back the counter was zero, as a share of the time between first and last.
    func extrapolation(
        first: Int64, last: Int64, count: Int, countedFrom: Int64?, zeroShare: Double?, isCounter: Bool
    ) -> Double {
        var before = Double(first - start) / 1000
        var after = Double(end - last) / 1000
        var interval = Double(last - first) / 1000
        let average = count > 1 ? interval / Double(count - 1) : 0
        let threshold = average * 1.1
        if let countedFrom {
            before = 0
            interval = Double(last - countedFrom) / 1000
        } else {
            if before >= threshold { before = average / 2 }
            if isCounter, let zeroShare { before = min(before, interval * zeroShare) }
        }
        if after >= threshold { after = average / 2 }
        return interval == 0 ? 1 : (interval + before + after) / interval
    }

    fileprivate mutating func instantRate(isRate: Bool) -> Double {
        guard floats.count + boxes.count >= 2 else { return absent }
        // The last two samples of any kind.
        let lastFloats = floats.suffix(2).map { (time: times[$0], index: $0, isFloat: true) }
        let lastBoxes = boxes.suffix(2).map { (time: histograms[$0].time, index: $0, isFloat: false) }
        let two = (lastFloats + lastBoxes).sorted { $0.time < $1.time }.suffix(2)
        guard let first = two.first, let second = two.last, second.time > first.time else { return absent }
        let seconds = Double(second.time - first.time) / 1000
        guard first.isFloat == second.isFloat else {
            annotations.warn(
                "encountered a mix of histograms and floats for metric name \(quoted(metric))", at: callPlace)
            return absent
        }
        guard first.isFloat else { return instantHistogramRate(first.index, second.index, seconds, isRate: isRate) }
        let (old, new) = (values[first.index], values[second.index])
        let isReset =
            new < old
            || isStartReset(
                previousStart: start(ofFloat: first.index), previousTime: first.time,
                start: start(ofFloat: second.index), time: second.time)
        if isRate { return (isReset ? new : new - old) / seconds }
        return new - old
    }

    private mutating func instantHistogramRate(
        _ first: Int, _ second: Int, _ seconds: Double, isRate: Bool
    ) -> Double {
        let (old, new) = (histograms[first], histograms[second])
        let areGauges = old.value.counterResetHint == .gauge && new.value.counterResetHint == .gauge
        let isGauge = old.value.counterResetHint == .gauge || new.value.counterResetHint == .gauge
        if isRate, isGauge { warnNotCounter() }
        if !isRate, !areGauges { warnNotGauge() }
        var result = new.value
        let isReset =
            isStartReset(
                previousStart: old.start, previousTime: old.time, start: new.start, time: new.time)
            || new.value.isReset(since: old.value)
        if !isRate || !isReset {
            do throws(IncompatibleHistograms) {
                if try result.subtract(old.value).boundsReconciled { informReconciled("subtraction") }
            } catch {
                warnSchemas()
                return absent
            }
        }
        result.counterResetHint = .gauge
        if isRate { result.divide(by: seconds) }
        return give(result.compacted)
    }
}
