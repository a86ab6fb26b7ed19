import Series

/// Which group each row of a block belongs to.
struct Grouping {
    var rows: [Int] = []
    var groups: [Labels] = []
    /// Whether some element of a group has lost its name.
    var dropsName: [Bool] = []

    init(_ aggregation: Aggregation, _ block: Block) {
        var table = GroupTable(aggregation)
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
        let result: Block
        switch aggregation.function {
        case .topk, .bottomk, .limitk, .limitRatio, .quantile:
            let before = try block(aggregation.operand, frame)
            let grouping = Grouping(aggregation, before)
            try checkInterruption()
            result =
                aggregation.function == .quantile
                ? quantiles(aggregation, before, grouping, parameters ?? [], frame)
                : choose(aggregation, before, grouping, parameters ?? [], frame, place)
            release(before.size)
        case .sum: result = try fold(SumAccumulator.self, aggregation, frame)
        case .avg: result = try fold(MeanAccumulator.self, aggregation, frame)
        case .count: result = try fold(CountAccumulator.self, aggregation, frame)
        case .group: result = try fold(GroupAccumulator.self, aggregation, frame)
        case .min: result = try fold(LeastAccumulator.self, aggregation, frame)
        case .max: result = try fold(GreatestAccumulator.self, aggregation, frame)
        case .stddev: result = try fold(DeviationAccumulator.self, aggregation, frame)
        case .stdvar: result = try fold(VarianceAccumulator.self, aggregation, frame)
        case .countValues: result = Block()
        }
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

    /// Takes the numbers of every group together at every step, series by series as they come.
    private func fold<A: Accumulator>(
        _ kind: A.Type, _ aggregation: Aggregation, _ frame: Frame
    ) throws(PromQLError) -> Block {
        var folding = Folding<A>(aggregation, frame, annotations)
        try eachPiece(of: aggregation.operand, frame) { folding.add($0) }
        return folding.result()
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
