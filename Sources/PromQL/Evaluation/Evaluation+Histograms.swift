import Series

/// The histograms of one vector, native and classic, at one step after the other.
struct HistogramInput {
    let block: Block
    /// Rows that may hold native histograms.
    var native: [Int] = []
    /// Classic histograms: their labels without `le`, and their rows with the bounds.
    var classic: [(labels: Labels, dropsName: Bool, buckets: [(row: Int, bound: Double)])] = []
    /// Rows of numbers without a bound, with what stands in its place.
    var malformed: [(row: Int, text: String)] = []

    init(_ block: Block) {
        self.block = block
        var table = GroupTable(["le"], keeps: false)
        var places: [Int: Int] = [:]
        for (index, row) in block.rows.enumerated() {
            let values = block.values[row.offset..<row.offset + row.count]
            if !block.histograms.isEmpty, values.contains(where: \.isHistogramMark) { native.append(index) }
            guard values.contains(where: \.isFloat) else { continue }
            let text = row.labels["le"] ?? ""
            guard let bound = parseBound(text) else {
                malformed.append((index, text))
                continue
            }
            let group = table.group(of: row.labels)
            if let place = places[group] {
                classic[place].buckets.append((index, bound))
            } else {
                places[group] = classic.count
                classic.append((row.labels.dropping(["le"]), true, [(index, bound)]))
            }
        }
    }

    private func parseBound(_ text: String) -> Double? {
        switch text.lowercased() {
        case "+inf", "inf", "infinity", "+infinity": return .infinity
        case "-inf", "-infinity": return -.infinity
        case "nan": return .nan
        default: return text.isEmpty ? nil : Double(text)
        }
    }
}

extension Evaluation {
    /// `histogram_quantile`
    func histogramQuantile(_ call: Call, _ frame: Frame) throws(PromQLError) -> Block {
        let shares = try scalar(call.arguments[0], frame)
        let input = HistogramInput(try block(call.arguments[1], frame))
        for share in shares { checkShare(share, call.arguments[0].range) }
        var collector = RowCollector(steps: frame.steps)
        quantiles(
            input, shares, frame, &collector, vectorPlace: call.arguments[1].range,
            place: call.arguments[1].range, liftPlace: call.arguments[1].range
        ) { $0 }
        return collector.block()
    }

    /// `histogram_quantiles`
    func histogramQuantiles(_ call: Call, _ frame: Frame) throws(PromQLError) -> Block {
        let input = HistogramInput(try block(call.arguments[0], frame))
        let label = text(call.arguments[1])
        var collector = RowCollector(steps: frame.steps)
        for argument in call.arguments.dropFirst(2) {
            let shares = try scalar(argument, frame)
            for share in shares { checkShare(share, argument.range) }
            // The label follows the share, which may change from step to step.
            for step in 0..<frame.steps {
                let name = openMetricsNumber(shares[step])
                quantiles(
                    input, shares, frame, &collector, only: step, vectorPlace: call.arguments[0].range,
                    place: call.arguments[0].range, liftPlace: call.arguments[0].range
                ) { labels in
                    var builder = LabelsBuilder(labels)
                    builder.set(label, name)
                    return builder.labels()
                }
            }
        }
        return try merged(collector.block(), frame)
    }

    private func openMetricsNumber(_ value: Double) -> String {
        let text = formatValue(value)
        return text.contains(where: { !$0.isNumber && $0 != "-" }) ? text : text + ".0"
    }

    private func checkShare(_ share: Double, _ place: SourceRange) {
        guard share.isNaN || share < 0 || share > 1 else { return }
        annotations.warn("quantile value should be between 0 and 1, got \(formatValue(share))", at: place)
    }

    private func quantiles(
        _ input: HistogramInput, _ shares: [Double], _ frame: Frame, _ collector: inout RowCollector,
        only: Int? = nil, vectorPlace: SourceRange, place: SourceRange, liftPlace: SourceRange,
        _ name: (Labels) -> Labels
    ) {
        each(input, frame, &collector, only: only, vectorPlace, name) { histogram, labels, step in
            let estimate = histogram.quantile(shares[step])
            note(estimate.remark, "histogram_quantile", labels, place)
            return estimate.value
        } classic: { histogram, labels, step in
            let quantile = histogram.quantile(shares[step])
            if let lift = quantile.lifted {
                annotations.lifted(
                    lift, metric: labels[Labels.metricName] ?? "", time: frame.time(step), at: liftPlace)
            }
            return quantile.value
        }
    }

    /// `histogram_fraction`
    func histogramFraction(_ call: Call, _ frame: Frame) throws(PromQLError) -> Block {
        let lower = try scalar(call.arguments[0], frame)
        let upper = try scalar(call.arguments[1], frame)
        let input = HistogramInput(try block(call.arguments[2], frame))
        var collector = RowCollector(steps: frame.steps)
        each(input, frame, &collector, only: nil, call.arguments[2].range, { $0 }) { histogram, labels, step in
            let estimate = histogram.fraction(from: lower[step], to: upper[step])
            note(estimate.remark, "histogram_fraction", labels, call.arguments[2].range)
            return estimate.value
        } classic: { histogram, _, step in
            histogram.fraction(from: lower[step], to: upper[step])
        }
        return collector.block()
    }

    private func note(
        _ remark: HistogramEstimate.Remark, _ function: String, _ labels: Labels, _ place: SourceRange
    ) {
        let text: String
        switch remark {
        case .none: return
        case .isNaN: text = "result is NaN"
        case .isSkewed: text = "result is skewed higher"
        case .leavesOut: text = "which are excluded from all fractions"
        }
        let name = labels[Labels.metricName].map { " for metric name \(quoted($0))" } ?? ""
        annotations.inform("input to \(function) has NaN observations, \(text)\(name)", at: place)
    }

    private func warnMixed(_ labels: Labels, _ place: SourceRange) {
        let name = labels[Labels.metricName].map { " for metric name \(quoted($0))" } ?? ""
        annotations.warn("vector contains a mix of classic and native histograms\(name)", at: place)
    }

    /// Gives every histogram at every step (or at one) to the right closure, and collects the results.
    private func each(
        _ input: HistogramInput, _ frame: Frame, _ collector: inout RowCollector, only: Int?, _ place: SourceRange,
        _ name: (Labels) -> Labels, native: (FloatHistogram, Labels, Int) -> Double,
        classic: (inout ClassicHistogram, Labels, Int) -> Double
    ) {
        let steps = only.map { $0..<$0 + 1 } ?? 0..<frame.steps
        warnMalformed(input, steps, place)
        var nativeRows: [Labels: [Int]] = [:]
        for row in input.native {
            nativeRows[input.block.rows[row].labels.dropping([Labels.metricName]), default: []].append(row)
        }
        var mixed: [Int: Set<Int>] = [:]
        for histogram in input.classic {
            var target: Int?
            let twins = nativeRows[histogram.labels.dropping([Labels.metricName])] ?? []
            for step in steps {
                var buckets: [(upper: Double, count: Double)] = []
                buckets.reserveCapacity(histogram.buckets.count)
                for (row, bound) in histogram.buckets {
                    let value = input.block.value(row, step)
                    if value.isFloat { buckets.append((bound, value)) }
                }
                guard !buckets.isEmpty else { continue }
                let others = twins.filter { input.block.value($0, step).isHistogramMark }
                guard others.isEmpty else {
                    warnMixed(histogram.labels, place)
                    for row in others { mixed[row, default: []].insert(step) }
                    continue
                }
                var sorted = ClassicHistogram(buckets)
                let value = classic(&sorted, histogram.labels, step)
                let row = target ?? collector.row(name(histogram.labels), dropsName: histogram.dropsName)
                target = row
                collector.set(row, step, value.canonical)
            }
        }
        for row in input.native {
            let labels = input.block.rows[row].labels
            var target: Int?
            for step in steps {
                guard let box = input.block.histogram(row, step), mixed[row]?.contains(step) != true else { continue }
                let place = target ?? collector.row(name(labels), dropsName: true)
                target = place
                collector.set(place, step, native(box.value, labels, step).canonical)
            }
        }
    }

    private func warnMalformed(_ input: HistogramInput, _ steps: Range<Int>, _ place: SourceRange) {
        for (row, text) in input.malformed where steps.contains(where: { input.block.value(row, $0).isFloat }) {
            let metric = input.block.rows[row].labels[Labels.metricName]
            let name = metric.map { " for metric name \(quoted($0))" } ?? ""
            annotations.warn(
                "bucket label \"le\" is missing or has a malformed value of \(quoted(text))\(name)", at: place)
        }
    }
}
