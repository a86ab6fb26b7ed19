import Series

extension Function {
    /// Functions that take the samples of a range together.
    static let overTime = [
        Function(
            "avg_over_time", [.matrix], "The mean of the samples in the range.", .ofWindow { $0.average() }),
        Function(
            "count_over_time", [.matrix], "How many samples are in the range.",
            .ofWindow { Double($0.floats.count + $0.boxes.count) }),
        Function(
            "first_over_time", [.matrix], isExperimental: true, "The oldest sample in the range; the name stays.",
            .ofWindow { $0.endmost(isFirst: true) }),
        Function(
            "last_over_time", [.matrix], "The newest sample in the range; the name stays.",
            .ofWindow { $0.endmost(isFirst: false) }),
        Function(
            "mad_over_time", [.matrix], isExperimental: true,
            "The median distance of the numbers in the range from their median.", .ofWindow { $0.medianDeviation() }),
        Function(
            "max_over_time", [.matrix], "The greatest number in the range; NaN only when there is nothing else.",
            .ofWindow { $0.extreme(givesTime: false) { $0 > $1 } }),
        Function(
            "min_over_time", [.matrix], "The smallest number in the range; NaN only when there is nothing else.",
            .ofWindow { $0.extreme(givesTime: false) { $0 < $1 } }),
        Function(
            "present_over_time", [.matrix], "1 for every series that has a sample in the range.", .ofWindow { _ in 1 }),
        Function(
            "quantile_over_time", [.scalar, .matrix],
            "The number below which the share of the first argument (0 to 1) of the numbers in the range lies, between neighbours in proportion.",
            .ofWindow { $0.quantile() }),
        Function(
            "stddev_over_time", [.matrix],
            "The standard deviation of the numbers in the range (of a whole population).",
            .ofWindow { $0.variance { $0.squareRoot() } }),
        Function(
            "stdvar_over_time", [.matrix], "The variance of the numbers in the range (of a whole population).",
            .ofWindow { $0.variance { $0 } }),
        Function("sum_over_time", [.matrix], "The sum of the samples in the range.", .ofWindow { $0.sum() }),
        Function(
            "ts_of_first_over_time", [.matrix], isExperimental: true,
            "When the oldest sample in the range was taken, in seconds.", .ofWindow { $0.endmostTime(isFirst: true) }),
        Function(
            "ts_of_last_over_time", [.matrix], isExperimental: true,
            "When the newest sample in the range was taken, in seconds.", .ofWindow { $0.endmostTime(isFirst: false) }),
        Function(
            "ts_of_max_over_time", [.matrix], isExperimental: true,
            "When the greatest number in the range was taken (the last such), in seconds.",
            .ofWindow { $0.extreme(givesTime: true) { $0 >= $1 } }),
        Function(
            "ts_of_min_over_time", [.matrix], isExperimental: true,
            "When the smallest number in the range was taken (the last such), in seconds.",
            .ofWindow { $0.extreme(givesTime: true) { $0 <= $1 } }),
    ]
}

extension Window {
    fileprivate mutating func average() -> Double {
        if isMixed {
            warnMixed()
            return absent
        }
        guard floats.isEmpty else {
            var mean = RunningMean(values[floats.lowerBound])
            for index in floats.dropFirst() { mean.add(values[index]) }
            return mean.mean
        }
        var mean = HistogramMean(histograms[boxes.lowerBound].value)
        return total(&mean) { mean in mean.mean }
    }

    fileprivate mutating func sum() -> Double {
        if isMixed {
            warnMixed()
            return absent
        }
        guard floats.isEmpty else {
            var sum = AccurateSum()
            for index in floats { sum.add(values[index]) }
            return sum.total
        }
        var sum = HistogramTotal(histograms[boxes.lowerBound].value)
        return total(&sum) { sum in sum.total }
    }

    /// Takes the other histograms of the range into account, and tells what was wrong with them.
    private mutating func total<A: HistogramAggregate>(
        _ aggregate: inout A, _ result: (A) -> FloatHistogram
    ) -> Double {
        var hints = ResetHints()
        hints.note(histograms[boxes.lowerBound].value)
        var isReconciled = false
        for index in boxes.dropFirst() {
            hints.note(histograms[index].value)
            do throws(IncompatibleHistograms) {
                isReconciled = try aggregate.add(histograms[index].value) || isReconciled
            } catch {
                warnSchemas()
                return absent
            }
        }
        if hints.collide {
            annotations.warn("conflicting counter resets during histogram aggregation", at: place)
        }
        if isReconciled { informReconciled("aggregation") }
        return give(result(aggregate))
    }

    private mutating func histogram(_ index: Int) -> Double {
        result = histograms[index].box
        return histogramMark
    }

    fileprivate mutating func endmost(isFirst: Bool) -> Double {
        guard !boxes.isEmpty else { return values[isFirst ? floats.lowerBound : floats.upperBound - 1] }
        let box = isFirst ? boxes.lowerBound : boxes.upperBound - 1
        guard !floats.isEmpty else { return histogram(box) }
        let number = isFirst ? floats.lowerBound : floats.upperBound - 1
        let isNumber = isFirst ? times[number] < histograms[box].time : times[number] > histograms[box].time
        return isNumber ? values[number] : histogram(box)
    }

    fileprivate func endmostTime(isFirst: Bool) -> Double {
        var found: [Int64] = []
        if !floats.isEmpty { found.append(times[isFirst ? floats.lowerBound : floats.upperBound - 1]) }
        if !boxes.isEmpty { found.append(histograms[isFirst ? boxes.lowerBound : boxes.upperBound - 1].time) }
        let time = isFirst ? found.min() : found.max()
        return Double(time ?? 0) / 1000
    }

    fileprivate func extreme(givesTime: Bool, _ isBetter: (Double, Double) -> Bool) -> Double {
        guard let first = floats.first else { return absent }
        informIgnored()
        var best = values[first]
        var time = times[first]
        for index in floats where isBetter(values[index], best) || best.isNaN {
            best = values[index]
            time = times[index]
        }
        return givesTime ? Double(time) / 1000 : best
    }

    fileprivate func quantile() -> Double {
        guard !floats.isEmpty else { return absent }
        let share = parameters[0]
        if share.isNaN || share < 0 || share > 1 {
            annotations.warn(
                "quantile value should be between 0 and 1, got \(formatValue(share))", at: callPlace)
        }
        informIgnored()
        var sorted = Array(values[floats])
        return PromQL.quantile(share, &sorted)
    }

    fileprivate func medianDeviation() -> Double {
        guard !floats.isEmpty else { return absent }
        informIgnored()
        var sorted = Array(values[floats])
        if sorted.contains(where: \.isNaN) { return .nan }
        let median = PromQL.quantile(0.5, &sorted)
        for index in sorted.indices { sorted[index] = (sorted[index] - median).magnitude }
        return PromQL.quantile(0.5, &sorted)
    }

    /// After Welford, with what rounding loses made good.
    fileprivate func variance(_ finish: (Double) -> Double) -> Double {
        guard !floats.isEmpty else { return absent }
        informIgnored()
        var count = 0.0
        var mean = AccurateSum()
        var squares = AccurateSum()
        for index in floats {
            count += 1
            let distance = values[index] - (mean.sum + mean.lost)
            mean.add(distance / count)
            squares.add(distance * (values[index] - (mean.sum + mean.lost)))
        }
        return finish((squares.sum + squares.lost) / count)
    }
}
