import Series

extension Evaluation {
    /// `label_replace`
    func replaceLabel(_ call: Call, _ frame: Frame) throws(PromQLError) -> Block {
        let texts = call.arguments.dropFirst().map(text)
        let (target, replacement, source, pattern) = (texts[0], texts[1], texts[2], texts[3])
        let expression: RegularExpression
        do throws(RegularExpressionError) {
            expression = try RegularExpression(pattern)
        } catch {
            throw PromQLError("invalid regular expression in label_replace(): \(pattern)")
        }
        guard isLabelName(target) else {
            throw PromQLError("invalid destination label name in label_replace(): \(target)")
        }
        var block = try block(call.arguments[0], frame)
        let template = ReplacementTemplate(replacement)
        for index in block.rows.indices {
            let value = block.rows[index].labels[source] ?? ""
            guard let groups = expression.groups(in: value) else { continue }
            rename(&block.rows[index], target, template.filled(groups))
        }
        return try merged(block, frame)
    }

    /// `label_join`
    func joinLabels(_ call: Call, _ frame: Frame) throws(PromQLError) -> Block {
        let texts = call.arguments.dropFirst().map(text)
        guard isLabelName(texts[0]) else {
            throw PromQLError("invalid destination label name in label_join(): \(texts[0])")
        }
        if let wrong = texts.dropFirst(2).first(where: { !isLabelName($0) }) {
            throw PromQLError("invalid source label name in label_join(): \(wrong)")
        }
        var block = try block(call.arguments[0], frame)
        for index in block.rows.indices {
            let labels = block.rows[index].labels
            let values = texts.dropFirst(2).map { labels[$0] ?? "" }
            rename(&block.rows[index], texts[0], values.joined(separator: texts[1]))
        }
        return try merged(block, frame)
    }

    private func rename(_ row: inout Block.Row, _ name: String, _ value: String) {
        var builder = LabelsBuilder(row.labels)
        builder.set(name, value)
        row.labels = builder.labels()
        // A name that was given anew describes the values.
        if name == Labels.metricName { row.dropsName = false }
    }

    /// Rows with the same labels become one, when no step has a value in two of them.
    func merged(_ block: Block, _ frame: Frame) throws(PromQLError) -> Block {
        var places: [Labels: Int] = [:]
        places.reserveCapacity(block.rows.count)
        var hasTwins = false
        for (index, row) in block.rows.enumerated() {
            if places.updateValue(index, forKey: row.labels) != nil {
                hasTwins = true
                break
            }
        }
        guard hasTwins else { return block }
        var order: [Labels] = []
        var groups: [Labels: [Int]] = [:]
        for (index, row) in block.rows.enumerated() {
            if groups[row.labels] == nil { order.append(row.labels) }
            groups[row.labels, default: []].append(index)
        }
        var result = Block()
        for labels in order {
            var values = [Double](repeating: absent, count: frame.steps)
            var boxes: [HistogramBox?] = []
            var drops = false
            for index in groups[labels] ?? [] {
                let row = block.rows[index]
                drops = drops || row.dropsName
                for step in row.steps {
                    let value = block.values[row.offset + step - row.first]
                    guard !value.isAbsent else { continue }
                    guard values[step].isAbsent else {
                        throw PromQLError("vector cannot contain metrics with the same labelset")
                    }
                    values[step] = value
                    if let box = block.histogram(index, step) {
                        if boxes.isEmpty { boxes = Array(repeating: nil, count: frame.steps) }
                        boxes[step] = box
                    }
                }
            }
            result.append(labels, dropsName: drops, values, boxes)
        }
        return result
    }
}

/// Whether a label may be called so: anything but nothing, in UTF-8. What was not UTF-8 was replaced when the expression was read.
func isLabelName(_ text: String) -> Bool { !text.isEmpty && !text.unicodeScalars.contains("\u{fffd}") }
