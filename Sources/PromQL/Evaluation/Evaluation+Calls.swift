import Series

extension Evaluation {
    func evaluate(_ call: Call, _ frame: Frame, _ place: SourceRange) throws(PromQLError) -> Evaluated {
        switch call.function.body {
        case .ofNumber(let transform):
            var block = try block(call.arguments[0], frame)
            block.mapFloats(transform)
            return .block(block)
        case .ofHistogram(let transform):
            var block = try block(call.arguments[0], frame)
            block.mapHistograms(transform)
            return .block(block)
        case .ofWindow(let body):
            return .block(try evaluate(call.function, body, call, frame, place))
        case .ofTime(let part): return .block(try dates(call, frame, part))
        case .ofScalars(let body):
            var arguments: [[Double]] = []
            for argument in call.arguments { arguments.append(try scalar(argument, frame)) }
            return .scalar((0..<frame.steps).map { step in body(arguments.map { $0[step] }) })
        case .special(let special): return try evaluate(special, call, frame, place)
        }
    }

    private func evaluate(
        _ special: Function.Special, _ call: Call, _ frame: Frame, _ place: SourceRange
    ) throws(PromQLError) -> Evaluated {
        switch special {
        case .time: return .scalar((0..<frame.steps).map { Double(frame.time($0)) / 1000 })
        case .scalar: return .scalar(onlyNumbers(try block(call.arguments[0], frame), frame))
        case .vector:
            var block = Block()
            block.append(.empty, dropsName: false, try scalar(call.arguments[0], frame).map(\.canonical))
            return .block(block)
        case .absent: return .block(try absent(call, frame))
        case .absentOverTime: return .block(try absentOverTime(call, frame, place))
        case .clamp, .clampMax, .clampMin: return .block(try clamp(special, call, frame))
        case .round: return .block(try round(call, frame))
        case .timestamp: return .block(try timestamps(call.arguments[0], frame))
        case .startTimestamp: return .block(try startTimestamps(call.arguments[0], frame))
        case .sort(let isDescending):
            return .block(sorted(try block(call.arguments[0], frame), isDescending, frame, place))
        case .sortByLabel(let isDescending):
            return .block(try sortedByLabel(call, isDescending, frame, place))
        case .labelReplace: return .block(try replaceLabel(call, frame))
        case .labelJoin: return .block(try joinLabels(call, frame))
        case .info: return .block(try information(call, frame))
        case .histogramQuantile: return .block(try histogramQuantile(call, frame))
        case .histogramQuantiles: return .block(try histogramQuantiles(call, frame))
        case .histogramFraction: return .block(try histogramFraction(call, frame))
        case .queryContext: throw PromQLError("the query was not prepared")
        }
    }

    func checkSmoothing(_ call: Call, _ frame: Frame) throws(PromQLError) {
        for (index, name) in [(1, "smoothing"), (2, "trend")] {
            let letter = name.prefix(1)
            for factor in try scalar(call.arguments[index], frame) where factor <= 0 || factor >= 1 {
                throw PromQLError(
                    "invalid \(name) factor. Expected: 0 < \(letter)f < 1, got: \(formatNumber(factor))")
            }
        }
    }

    // MARK: - Numbers

    private func onlyNumbers(_ block: Block, _ frame: Frame) -> [Double] {
        var values = [Double](repeating: .nan, count: frame.steps)
        var counts = [Int](repeating: 0, count: frame.steps)
        for row in block.rows {
            for step in row.steps {
                let value = block.values[row.offset + step - row.first]
                guard value.isFloat else { continue }
                counts[step] += 1
                values[step] = counts[step] == 1 ? value : .nan
            }
        }
        return values
    }

    /// Changes every number with what depends on the step.
    private func map(_ block: Block, _ transform: (Double, Int) -> Double) -> Block {
        var block = block
        for index in block.rows.indices {
            let row = block.rows[index]
            block.rows[index].dropsName = true
            for step in row.steps {
                let place = row.offset + step - row.first
                let value = block.values[place]
                if value.isFloat {
                    let changed = transform(value, step)
                    block.values[place] = changed.isAbsent ? changed : changed.canonical
                } else {
                    block.values[place] = PromQL.absent
                }
            }
        }
        block.histograms = []
        return block
    }

    private func clamp(_ special: Function.Special, _ call: Call, _ frame: Frame) throws(PromQLError) -> Block {
        let block = try block(call.arguments[0], frame)
        let first = try scalar(call.arguments[1], frame)
        var least = [Double](repeating: -.infinity, count: frame.steps)
        var most = [Double](repeating: .infinity, count: frame.steps)
        switch special {
        case .clampMax: most = first
        case .clampMin: least = first
        default:
            least = first
            most = try scalar(call.arguments[2], frame)
        }
        return map(block) { value, step in
            if most[step] < least[step] { return PromQL.absent }
            return greater(least[step], lesser(most[step], value))
        }
    }

    private func round(_ call: Call, _ frame: Frame) throws(PromQLError) -> Block {
        let block = try block(call.arguments[0], frame)
        let nearest =
            call.arguments.count > 1
            ? try scalar(call.arguments[1], frame) : [Double](repeating: 1, count: frame.steps)
        // Dividing by the inverse loses less.
        return map(block) { value, step in
            let inverse = 1 / nearest[step]
            return (value * inverse + 0.5).rounded(.down) / inverse
        }
    }

    private func dates(
        _ call: Call, _ frame: Frame, _ part: (CivilTime) -> Double
    ) throws(PromQLError) -> Block {
        guard let argument = call.arguments.first else {
            var block = Block()
            block.append(
                .empty, dropsName: false, (0..<frame.steps).map { part(CivilTime(frame.time($0))) })
            return block
        }
        var block = try block(argument, frame)
        block.mapFloats { part(CivilTime($0)) }
        return block
    }

    // MARK: - Times of samples

    private func selector(_ argument: Expression) -> (selector: Selector, isConstant: Bool)? {
        switch argument.form {
        case .selector(let selector): return (selector, false)
        case .constant(let inner): return selector(inner).map { ($0.selector, true) }
        default: return nil
        }
    }

    private func timestamps(_ argument: Expression, _ frame: Frame) throws(PromQLError) -> Block {
        if let (selector, _) = selector(argument), selector.reach == .within {
            return try instantTimes(selector, frame, ofStarts: false)
        }
        var block = try block(argument, frame)
        for index in block.rows.indices {
            let row = block.rows[index]
            block.rows[index].dropsName = true
            for step in row.steps {
                let place = row.offset + step - row.first
                if !block.values[place].isAbsent { block.values[place] = Double(frame.time(step)) / 1000 }
            }
        }
        block.histograms = []
        return block
    }

    private func startTimestamps(_ argument: Expression, _ frame: Frame) throws(PromQLError) -> Block {
        guard let (selector, _) = selector(argument), selector.reach == .within else { return Block() }
        return try instantTimes(selector, frame, ofStarts: true)
    }

    // MARK: - Absence

    private func absent(_ call: Call, _ frame: Frame) throws(PromQLError) -> Block {
        let block = try block(call.arguments[0], frame)
        return missing(block, frame, absentLabels(call.arguments[0]), dropsName: false)
    }

    private func absentOverTime(
        _ call: Call, _ frame: Frame, _ place: SourceRange
    ) throws(PromQLError) -> Block {
        let block = try evaluate(call.function, { _ in 1 }, call, frame, place)
        return missing(block, frame, absentLabels(call.arguments[0]), dropsName: true)
    }

    /// 1 at every step at which no row has a value.
    private func missing(_ block: Block, _ frame: Frame, _ labels: Labels, dropsName: Bool) -> Block {
        var row = [Double](repeating: 1, count: frame.steps)
        for series in block.rows {
            for step in series.steps where !block.values[series.offset + step - series.first].isAbsent {
                row[step] = PromQL.absent
            }
        }
        var result = Block()
        result.append(labels, dropsName: dropsName, row)
        return result
    }

    /// What a selector says of labels exactly and once.
    private func absentLabels(_ argument: Expression) -> Labels {
        let matchers: [LabelMatcher]
        switch argument.form {
        case .selector(let selector), .range(let selector, _): matchers = selector.matchers
        case .constant(let inner): return absentLabels(inner)
        default: return .empty
        }
        var builder = LabelsBuilder()
        var known: Set<String> = []
        for matcher in matchers where matcher.name != Labels.metricName {
            if matcher.operation == .equal, known.insert(matcher.name).inserted {
                builder.set(matcher.name, matcher.value)
            } else {
                builder.remove(matcher.name)
            }
        }
        return builder.labels()
    }
}
