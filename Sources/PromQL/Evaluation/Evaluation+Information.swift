import Series

/// Adds labels of information metrics to other series.
extension Evaluation {
    private static let identifying = ["instance", "job"]

    /// `info`
    func information(_ call: Call, _ frame: Frame) throws(PromQLError) -> Block {
        let base = try block(call.arguments[0], frame)
        guard call.arguments.count > 1, case .selector(let selector) = unwrapped(call.arguments[1]).form else {
            return base
        }
        let matchers = compiled(selector.matchers)
        let names = matchers.filter { $0.matcher.name == Labels.metricName }
        let data = matchers.filter { $0.matcher.name != Labels.metricName }
        let infos = try informationSeries(selector, frame)
        var groups = GroupTable([Labels.metricName] + Evaluation.identifying, keeps: true)
        let sources = infos.rows.map { groups.group(of: $0.labels) }
        let infoNames = Set(infos.rows.compactMap { $0.labels[Labels.metricName] }).sorted()
        var collector = RowCollector(steps: frame.steps)
        for row in base.rows.indices {
            let labels = base.rows[row].labels
            // Information is not enriched with information.
            let isIgnored =
                !names.isEmpty && names.allSatisfy { $0.matches(labels[Labels.metricName] ?? "") }
            let isIdentified = Evaluation.identifying.contains { labels[$0] != nil }
            let keys = isIgnored || !isIdentified ? [] : infoNames.map { key(labels, $0, &groups) }
            for step in base.rows[row].steps {
                let value = base.value(row, step)
                guard !value.isAbsent else { continue }
                var enriched: Labels? = labels
                if !isIgnored {
                    var found: [Labels] = []
                    for key in keys {
                        if let info = try newest(key, sources, infos, step) { found.append(info) }
                    }
                    enriched = try combined(labels, found, data)
                }
                guard let enriched else { continue }
                let place = collector.row(enriched, dropsName: base.rows[row].dropsName)
                guard !collector.hasValue(place, step) else {
                    throw PromQLError("vector cannot contain metrics with the same labelset")
                }
                collector.set(place, step, value, base.histogram(row, step))
            }
        }
        return collector.block()
    }

    private func unwrapped(_ expression: Expression) -> Expression {
        if case .constant(let inner) = expression.form { return inner.unwrapped }
        return expression.unwrapped
    }

    private func compiled(_ matchers: [LabelMatcher]) -> [CompiledMatcher] {
        // The parser has compiled them before.
        matchers.compactMap { try? CompiledMatcher($0) }
    }

    /// When each information series had its newest sample, at every step.
    private func informationSeries(_ selector: Selector, _ frame: Frame) throws(PromQLError) -> Block {
        var block = try instantTimes(selector, frame, ofStarts: false)
        for index in block.rows.indices { block.rows[index].dropsName = false }
        return block
    }

    private func key(_ labels: Labels, _ name: String, _ groups: inout GroupTable) -> Int {
        var builder = LabelsBuilder(labels.keeping(Evaluation.identifying))
        builder.set(Labels.metricName, name)
        return groups.group(of: builder.labels())
    }

    /// The information series of a group that is newest at a step.
    private func newest(_ key: Int, _ sources: [Int], _ infos: Block, _ step: Int) throws(PromQLError) -> Labels? {
        var best: (labels: Labels, time: Double)?
        for (row, source) in sources.enumerated() where source == key {
            let time = infos.value(row, step)
            guard time.isFloat else { continue }
            let labels = infos.rows[row].labels
            if let known = best, known.time == time {
                throw PromQLError(
                    "found duplicate series for info metric: existing \(labelsText(known.labels)) @ \(Int64(known.time * 1000)), new \(labelsText(labels)) @ \(Int64(time * 1000))"
                )
            }
            if time > best?.time ?? -.infinity { best = (labels, time) }
        }
        return best?.labels
    }

    /// - Returns: `nil` when the labels that are asked for are not there.
    private func combined(
        _ base: Labels, _ infos: [Labels], _ data: [CompiledMatcher]
    ) throws(PromQLError) -> Labels? {
        if infos.isEmpty { return data.allSatisfy { $0.matches("") } ? base : nil }
        let wanted = Set(data.map(\.matcher.name))
        var added: [String: String] = [:]
        for info in infos {
            for (name, value) in info.pairs where name != Labels.metricName {
                guard wanted.isEmpty || wanted.contains(name) else { continue }
                if let other = added[name], other != value { throw PromQLError("conflicting label: \(name)") }
                if base[name] == nil { added[name] = value }
            }
        }
        var builder = LabelsBuilder(base)
        for (name, value) in added { builder.set(name, value) }
        return builder.labels()
    }
}

/// Labels as messages of errors write them: `{__name__="up", job="a"}`.
func labelsText(_ labels: Labels) -> String {
    let pairs = labels.pairs.map { name, value in "\(QueryText.label(name))=\(quoted(value))" }
    return "{\(pairs.joined(separator: ", "))}"
}
