import Series

/// A series of numbers and histograms at times: what a subquery gives to the function over it.
struct RangeSeries {
    var labels: Labels
    var dropsName: Bool
    var points: SeriesPoints
}

/// What a range selector or a subquery means once it is prepared.
struct RangeSource {
    var length: Int64
    var shift: ResolvedShift
    var reach: Selector.Reach
    var place: SourceRange
}

extension Evaluation {
    /// Calls a function over a range at every step of every series.
    /// - Parameter pieceRows: so many rows at a time are given to `givePiece`; what is returned are the rest.
    func evaluate(
        _ function: Function, _ body: @escaping @Sendable (inout Window) -> Double, _ call: Call, _ frame: Frame,
        _ place: SourceRange, pieceRows: Int = .max, givePiece: (Block) -> Void = { _ in }
    ) throws(PromQLError) -> Block {
        if function.name == "double_exponential_smoothing" { try checkSmoothing(call, frame) }
        guard let position = call.arguments.firstIndex(where: { $0.type == .matrix }) else {
            throw PromQLError("\(function.name) needs a range vector")
        }
        var parameters: [[Double]] = []
        for (index, argument) in call.arguments.enumerated() where index != position {
            parameters.append(try scalar(argument, frame))
        }
        let argument = call.arguments[position]
        let argumentPlace = call.arguments.first?.range ?? place
        var runner = WindowRunner(
            evaluation: self, function: function, body: body, frame: frame, parameters: parameters,
            source: try source(argument), callPlace: argumentPlace)
        switch argument.form {
        case .range(let selector, _):
            try checkReach(selector.reach, function)
            let set = try set(selector)
            runner.block.rows.reserveCapacity(min(set.count, pieceRows))
            var points = SeriesPoints()
            for series in 0..<set.count {
                try read(set, series, selector) { buffer throws(PromQLError) in
                    guard buffer.count > 0 else { return }
                    points.take(&buffer)
                    try runner.run(points, set.labels(series), dropsName: function.dropsName)
                }
                if runner.block.rows.count >= pieceRows {
                    try hold(runner.block.size)
                    givePiece(runner.block)
                    runner.block.removeAll()
                }
            }
        case .subquery(let subquery):
            let series = try evaluate(subquery, frame)
            for one in series {
                try runner.run(one.points, one.labels, dropsName: function.dropsName || one.dropsName)
            }
            release(series.reduce(0) { $0 + $1.points.times.count })
        default: throw PromQLError("\(function.name) needs a range vector")
        }
        try hold(runner.block.size)
        return runner.block
    }

    private func checkReach(_ reach: Selector.Reach, _ function: Function) throws(PromQLError) {
        let allowed: [String]
        switch reach {
        case .within: return
        case .anchored: allowed = ["changes", "delta", "increase", "rate", "resets"]
        case .smoothed: allowed = ["delta", "increase", "rate"]
        }
        guard !allowed.contains(function.name) else { return }
        throw PromQLError(
            "\(reach.rawValue) modifier can only be used with: \(allowed.joined(separator: ", ")) - not with \(function.name)"
        )
    }

    func source(_ argument: Expression) throws(PromQLError) -> RangeSource {
        switch argument.form {
        case .range(let selector, let length):
            return RangeSource(
                length: length.milliseconds, shift: selector.shift.resolved, reach: selector.reach,
                place: argument.range)
        case .subquery(let subquery):
            return RangeSource(
                length: subquery.range.milliseconds, shift: subquery.shift.resolved, reach: .within,
                place: argument.range)
        default: throw PromQLError("expected a range vector")
        }
    }

    /// The operand of a subquery at every time that some step of the frame looks at.
    func evaluate(_ subquery: Subquery, _ frame: Frame) throws(PromQLError) -> [RangeSeries] {
        let inner = frame.inner(
            range: subquery.range.milliseconds, step: subquery.step?.milliseconds ?? limits.defaultStep,
            shift: subquery.shift.resolved)
        guard inner.steps > 0 else { return [] }
        // Each step takes memory, even if there is no series.
        try checkSamples(inner.steps)
        let block = try block(subquery.operand, inner)
        var all: [RangeSeries] = []
        all.reserveCapacity(block.rows.count)
        for row in block.rows {
            var points = SeriesPoints()
            for step in row.steps {
                let index = row.offset + step - row.first
                let value = block.values[index]
                if value.isHistogramMark, let box = block.histograms[index] {
                    points.histograms.append(
                        HistogramPoint(time: inner.time(step), start: 0, box: box.withoutResetHint))
                } else if value.isFloat {
                    points.times.append(inner.time(step))
                    points.values.append(value)
                }
            }
            all.append(RangeSeries(labels: row.labels, dropsName: row.dropsName, points: points))
        }
        return all
    }
}

extension HistogramBox {
    /// Between the samples of a subquery there may have been others, so that what the hint says may be wrong.
    fileprivate var withoutResetHint: HistogramBox {
        guard value.counterResetHint == .reset || value.counterResetHint == .notReset else { return self }
        var copy = value
        copy.counterResetHint = .unknown
        return HistogramBox(copy)
    }
}

/// Slides the window of a range function over one series after the other.
struct WindowRunner {
    let evaluation: Evaluation
    let function: Function
    let body: @Sendable (inout Window) -> Double
    let frame: Frame
    let parameters: [[Double]]
    let source: RangeSource
    let callPlace: SourceRange
    var block = Block()
    private var row: [Double] = []
    private var lastMetric: [UInt8] = []

    init(
        evaluation: Evaluation, function: Function, body: @escaping @Sendable (inout Window) -> Double, frame: Frame,
        parameters: [[Double]], source: RangeSource, callPlace: SourceRange
    ) {
        self.evaluation = evaluation
        self.function = function
        self.body = body
        self.frame = frame
        self.parameters = parameters
        self.source = source
        self.callPlace = callPlace
        row = [Double](repeating: absent, count: frame.steps)
    }

    mutating func run(_ points: SeriesPoints, _ labels: Labels, dropsName: Bool) throws(PromQLError) {
        try evaluation.checkSamples(points.times.count + block.values.count)
        let resets = function.countsResets && source.reach == .within ? points.resets() : []
        var boxes: [HistogramBox?] = []
        var hasAny = false
        points.times.withUnsafeBufferPointer { times in
            points.values.withUnsafeBufferPointer { values in
                points.starts.withUnsafeBufferPointer { starts in
                    var window = Window(
                        times: times, values: values, starts: starts, histograms: points.histograms, resets: resets,
                        length: source.length, reach: source.reach, labels: labels, place: source.place,
                        callPlace: callPlace, annotations: evaluation.annotations)
                    hasAny = slide(&window, &boxes)
                }
            }
        }
        guard hasAny else { return }
        if function.expectsCounter, row.contains(where: \.isFloat) { noteName(labels) }
        block.append(labels, dropsName: dropsName, row, boxes)
    }

    private mutating func slide(_ window: inout Window, _ boxes: inout [HistogramBox?]) -> Bool {
        let lookback = evaluation.limits.lookback
        let before = source.reach == .within ? 0 : lookback
        let after = source.reach == .smoothed ? lookback : 0
        var (low, high, lowBox, highBox) = (0, 0, 0, 0)
        var hasAny = false
        if !parameters.isEmpty { window.parameters = [Double](repeating: 0, count: parameters.count) }
        for step in 0..<frame.steps {
            let time = frame.time(step)
            window.time = time
            window.end = source.shift.apply(to: time)
            window.start = window.end - source.length
            while high < window.times.count, window.times[high] <= window.end + after { high += 1 }
            while low < high, window.times[low] <= window.start - before { low += 1 }
            window.floats = low..<high
            if !window.histograms.isEmpty {
                while highBox < window.histograms.count, window.histograms[highBox].time <= window.end + after {
                    highBox += 1
                }
                while lowBox < highBox, window.histograms[lowBox].time <= window.start - before { lowBox += 1 }
                window.boxes = lowBox..<highBox
            }
            guard low < high || lowBox < highBox else {
                row[step] = absent
                continue
            }
            for index in parameters.indices { window.parameters[index] = parameters[index][step] }
            let value = body(&window)
            row[step] = value
            hasAny = hasAny || !value.isAbsent
            if value.isHistogramMark {
                if boxes.isEmpty { boxes = Array(repeating: nil, count: frame.steps) }
                boxes[step] = window.result
            } else if value.isNaN, value.isFloat {
                row[step] = .nan
            }
        }
        return hasAny
    }

    /// Counters have names that end in a few known ways.
    private mutating func noteName(_ labels: Labels) {
        guard let range = labels.valueRange(of: Labels.metricName) else { return }
        let name = labels.bytes[range]
        guard !name.elementsEqual(lastMetric) else { return }
        lastMetric = Array(name)
        let text = String(decoding: name, as: UTF8.self)
        if let type = labels["__type__"] {
            guard type != "counter", type != "histogram" else { return }
            evaluation.annotations.inform(
                "metric might not be a counter, __type__ label is not set to \"counter\" or \"histogram\", got \(quoted(type)): \(quoted(text))",
                at: callPlace)
            return
        }
        guard !["_total", "_sum", "_count", "_bucket"].contains(where: text.hasSuffix) else { return }
        evaluation.annotations.inform(
            "metric might not be a counter, name does not end in _total/_sum/_count/_bucket: \(quoted(text))",
            at: callPlace)
    }
}
