import Series

extension Function {
    static let regressions = [
        Function(
            "deriv", [.matrix], "The slope of a gauge per second, by linear regression over the range.",
            .ofWindow { window in
                guard let line = window.line(at: window.floats.first.map { window.times[$0] }) else { return absent }
                return line.slope
            }),
        Function(
            "predict_linear", [.matrix, .scalar],
            "What a gauge will be so many seconds after the time of evaluation, by linear regression over the range.",
            .ofWindow { window in
                guard let line = window.line(at: window.time) else { return absent }
                return line.slope * window.parameters[0] + line.intercept
            }),
        Function(
            "double_exponential_smoothing", [.matrix, .scalar, .scalar], isExperimental: true,
            "The last value of the range smoothed with a factor for levels and a factor for the trend, both between 0 and 1 (Holt's linear method).",
            .ofWindow { $0.doublySmoothed() }),
    ]
}

extension Window {
    /// The straight line nearest to the numbers (least squares): its slope per second, and its value at a time.
    fileprivate func line(at time: Int64?) -> (slope: Double, intercept: Double)? {
        guard let time, floats.count >= 2 else {
            if floats.count == 1 { informIgnored() }
            return nil
        }
        informIgnored()
        let first = values[floats.lowerBound]
        var isLevel = true
        var (sumX, sumY, sumXY, sumXX) = (AccurateSum(), AccurateSum(), AccurateSum(), AccurateSum())
        for index in floats {
            if values[index] != first { isLevel = false }
            let x = Double(times[index] - time) / 1000
            sumX.add(x)
            sumY.add(values[index])
            sumXY.add(x * values[index])
            sumXX.add(x * x)
        }
        if isLevel { return first.isInfinite ? (.nan, .nan) : (0, first) }
        let count = Double(floats.count)
        let (x, y) = (sumX.sum + sumX.lost, sumY.sum + sumY.lost)
        let covariance = sumXY.sum + sumXY.lost - x * y / count
        let variance = sumXX.sum + sumXX.lost - x * x / count
        let slope = covariance / variance
        return (slope, y / count - slope * x / count)
    }

    fileprivate func doublySmoothed() -> Double {
        guard floats.count >= 2 else {
            if floats.count == 1 { informIgnored() }
            return absent
        }
        informIgnored()
        let (level, trend) = (parameters[0], parameters[1])
        var previous = 0.0
        var smoothed = values[floats.lowerBound]
        var slope = values[floats.lowerBound + 1] - smoothed
        for (count, index) in floats.dropFirst().enumerated() {
            if count > 0 { slope = trend * (smoothed - previous) + (1 - trend) * slope }
            previous = smoothed
            smoothed = level * values[index] + (1 - level) * (smoothed + slope)
        }
        return smoothed
    }
}
