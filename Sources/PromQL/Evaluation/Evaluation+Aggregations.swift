import Series

/// Which group each row of a block belongs to.
struct Grouping {
    var rows: [Int] = []
    var groups: [Labels] = []
    /// Whether some element of a group has lost its name.
    var dropsName: [Bool] = []

    init(_ aggregation: Aggregation, _ block: Block) {
        var table = GroupTable(
            aggregation.isWithout ? aggregation.grouping + [Labels.metricName] : aggregation.grouping,
            keeps: !aggregation.isWithout)
        rows.reserveCapacity(block.rows.count)
        for row in block.rows {
            let group = table.group(of: row.labels)
            rows.append(group)
            if group == dropsName.count {
                dropsName.append(row.dropsName)
            } else if row.dropsName {
                dropsName[group] = true
            }
        }
        groups = table.groups
    }
}

extension Evaluation {
    func evaluate(
        _ aggregation: Aggregation, _ frame: Frame, _ place: SourceRange
    ) throws(PromQLError) -> Block {
        if aggregation.function == .countValues { return try countValues(aggregation, frame) }
        let parameters = try aggregation.parameter.map { parameter throws(PromQLError) in
            try scalar(parameter, frame)
        }
        if let parameters, let expression = aggregation.parameter {
            try checkParameters(aggregation.function, parameters, expression.range)
        }
        let before = try block(aggregation.operand, frame)
        let grouping = Grouping(aggregation, before)
        try checkInterruption()
        let result: Block
        switch aggregation.function {
        case .topk, .bottomk, .limitk, .limitRatio:
            result = choose(aggregation, before, grouping, parameters ?? [], frame, place)
        case .quantile: result = quantiles(aggregation, before, grouping, parameters ?? [], frame)
        case .sum: result = fold(SumAccumulator.self, aggregation, before, grouping, frame)
        case .avg: result = fold(MeanAccumulator.self, aggregation, before, grouping, frame)
        case .count: result = fold(CountAccumulator.self, aggregation, before, grouping, frame)
        case .group: result = fold(GroupAccumulator.self, aggregation, before, grouping, frame)
        case .min: result = fold(LeastAccumulator.self, aggregation, before, grouping, frame)
        case .max: result = fold(GreatestAccumulator.self, aggregation, before, grouping, frame)
        case .stddev: result = fold(DeviationAccumulator.self, aggregation, before, grouping, frame)
        case .stdvar: result = fold(VarianceAccumulator.self, aggregation, before, grouping, frame)
        case .countValues: result = Block()
        }
        release(before.size)
        try hold(result.size)
        return result
    }

    private func checkParameters(
        _ function: Aggregator, _ values: [Double], _ place: SourceRange
    ) throws(PromQLError) {
        switch function {
        case .topk, .bottomk, .limitk:
            for value in values {
                if value.isNaN { throw PromQLError("Parameter value is NaN") }
                if value > 9.2e18 { throw PromQLError("Scalar value \(formatNumber(value)) overflows int64") }
                if value < -9.2e18 { throw PromQLError("Scalar value \(formatNumber(value)) underflows int64") }
            }
        case .limitRatio:
            for value in values {
                if value.isNaN { throw PromQLError("Ratio value is NaN") }
                if value.magnitude > 1 {
                    annotations.warn(
                        "ratio value should be between -1 and 1, got \(formatValue(value)), capping to \(value > 0 ? 1 : -1)",
                        at: place)
                }
            }
        case .quantile:
            for value in values where value.isNaN || value < 0 || value > 1 {
                annotations.warn(
                    "quantile value should be between 0 and 1, got \(formatValue(value))", at: place)
            }
        default: return
        }
    }

    /// Takes the numbers of every group together at every step, series by series.
    private func fold<A: Accumulator>(
        _ kind: A.Type, _ aggregation: Aggregation, _ block: Block, _ grouping: Grouping, _ frame: Frame
    ) -> Block {
        let steps = frame.steps
        var cells = [A](repeating: A(), count: grouping.groups.count * steps)
        var histograms = HistogramCells(kind: aggregation.function, place: aggregation.operand.range, annotations)
        cells.withUnsafeMutableBufferPointer { cells in
            block.values.withUnsafeBufferPointer { values in
                for (index, row) in block.rows.enumerated() {
                    let base = grouping.rows[index] * steps + row.first
                    for place in 0..<row.count {
                        let value = values[row.offset + place]
                        if value.isFloat {
                            cells[base + place].add(value)
                        } else if value.isHistogramMark, let box = block.histograms[row.offset + place] {
                            if A.countsHistograms {
                                cells[base + place].add(0)
                            } else {
                                histograms.add(box.value, row.labels, at: base + place)
                            }
                        }
                    }
                }
            }
        }
        var result = Block()
        var row = [Double](repeating: absent, count: steps)
        for group in grouping.groups.indices {
            var boxes: [HistogramBox?] = []
            for step in 0..<steps {
                let cell = cells[group * steps + step]
                row[step] = cell.isEmpty ? absent : cell.value.canonical
                guard !histograms.isEmpty, let box = histograms.result(at: group * steps + step, row[step]) else {
                    continue
                }
                row[step] = box.value
                if let histogram = box.histogram {
                    if boxes.isEmpty { boxes = Array(repeating: nil, count: steps) }
                    boxes[step] = histogram
                }
            }
            result.append(grouping.groups[group], dropsName: grouping.dropsName[group], row, boxes)
        }
        return result
    }

    private func quantiles(
        _ aggregation: Aggregation, _ block: Block, _ grouping: Grouping, _ shares: [Double], _ frame: Frame
    ) -> Block {
        var collector = RowCollector(steps: frame.steps)
        var collected = [[Double]](repeating: [], count: grouping.groups.count)
        let places = grouping.groups.indices.map { index in
            collector.row(grouping.groups[index], dropsName: grouping.dropsName[index])
        }
        for step in 0..<frame.steps {
            for (index, group) in grouping.rows.enumerated() {
                let value = block.value(index, step)
                if value.isFloat { collected[group].append(value) }
                if value.isHistogramMark { noteIgnored("quantile", aggregation.operand.range) }
            }
            for group in grouping.groups.indices where !collected[group].isEmpty {
                let value = PromQL.quantile(shares[step], &collected[group])
                collector.set(places[group], step, value.canonical)
                collected[group].removeAll(keepingCapacity: true)
            }
        }
        return collector.block()
    }

    func noteIgnored(_ function: String, _ place: SourceRange) {
        annotations.inform("ignored histogram in \(function) aggregation", at: place)
    }

    /// How often every value occurs.
    private func countValues(_ aggregation: Aggregation, _ frame: Frame) throws(PromQLError) -> Block {
        guard let parameter = aggregation.parameter else { return Block() }
        let label = text(parameter)
        guard isLabelName(label) else {
            let (start, end) = (parameter.unwrapped.range.start, parameter.unwrapped.range.end)
            let written = Array(prepared.query.text.utf8)[start..<end]
            throw PromQLError("invalid label name \(String(decoding: written, as: UTF8.self))")
        }
        let block = try block(aggregation.operand, frame)
        var grouping = aggregation.grouping + (aggregation.isWithout ? [Labels.metricName] : [])
        if !aggregation.isWithout { grouping.append(label) }
        if aggregation.isWithout { grouping.removeAll { $0 == label } }
        var table = GroupTable(grouping, keeps: !aggregation.isWithout)
        var counts: [[Double]] = []
        for (index, row) in block.rows.enumerated() {
            for step in row.steps {
                let value = block.value(index, step)
                guard !value.isAbsent else { continue }
                var builder = LabelsBuilder(row.labels)
                builder.set(label, block.histogram(index, step)?.value.text ?? formatNumber(value))
                let group = table.group(of: builder.labels())
                if group == counts.count { counts.append([Double](repeating: absent, count: frame.steps)) }
                counts[group][step] = counts[group][step].isAbsent ? 1 : counts[group][step] + 1
            }
        }
        var result = Block()
        for (group, row) in counts.enumerated() { result.append(table.groups[group], dropsName: false, row) }
        return result
    }
}
