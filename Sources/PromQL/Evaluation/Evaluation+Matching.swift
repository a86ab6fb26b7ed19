import Series

/// The group of each row of two blocks whose elements look for each other.
struct Signatures {
    var left: [Int] = []
    var right: [Int] = []
    /// The labels that must be the same.
    var labels: [Labels] = []

    init(_ matching: VectorMatching, _ first: Block, _ second: Block) {
        let names = matching.isOn ? matching.labels : matching.labels + [Labels.metricName]
        var table = GroupTable(names, keeps: matching.isOn)
        left = first.rows.map { table.group(of: $0.labels) }
        right = second.rows.map { table.group(of: $0.labels) }
        labels = table.groups
    }
}

extension Evaluation {
    // MARK: - Sets

    /// `and`, `or` and `unless`
    func chosen(
        _ symbol: BinaryOperator, _ left: Block, _ right: Block, _ matching: VectorMatching, _ frame: Frame
    ) -> Block {
        let signatures = Signatures(matching, left, right)
        let (deciding, groups) = symbol == .or ? (left, signatures.left) : (right, signatures.right)
        // At which steps each group has an element on the side that decides.
        var present = [Bool](repeating: false, count: signatures.labels.count * frame.steps)
        for (index, row) in deciding.rows.enumerated() {
            for step in row.steps where !deciding.values[row.offset + step - row.first].isAbsent {
                present[groups[index] * frame.steps + step] = true
            }
        }
        func filtered(_ block: Block, _ groups: [Int], _ keepsPresent: Bool) -> Block {
            var block = block
            for (index, row) in block.rows.enumerated() {
                for step in row.steps where present[groups[index] * frame.steps + step] != keepsPresent {
                    block.values[row.offset + step - row.first] = absent
                }
            }
            return block.pruned()
        }
        switch symbol {
        case .and: return filtered(left, signatures.left, true)
        case .unless: return filtered(left, signatures.left, false)
        default: return joined(left, filtered(right, signatures.right, false), frame)
        }
    }

    /// The rows of both. Series that both have become one, because there is no step with an element on both sides.
    private func joined(_ left: Block, _ right: Block, _ frame: Frame) -> Block {
        var result = left
        var places: [Labels: Int] = [:]
        if frame.steps > 1 {
            for (index, row) in left.rows.enumerated() { places[row.labels] = index }
        }
        for (index, row) in right.rows.enumerated() {
            var values = (0..<frame.steps).map { right.value(index, $0) }
            var boxes = right.histograms.isEmpty ? [] : (0..<frame.steps).map { right.histogram(index, $0) }
            if let place = places[row.labels] {
                let other = result.rows[place]
                for step in other.steps {
                    let value = left.value(place, step)
                    guard !value.isAbsent else { continue }
                    values[step] = value
                    guard let box = left.histogram(place, step) else { continue }
                    if boxes.isEmpty { boxes = Array(repeating: nil, count: frame.steps) }
                    boxes[step] = box
                }
                for position in other.offset..<other.offset + other.count { result.values[position] = absent }
                result.append(row.labels, dropsName: row.dropsName || other.dropsName, values, boxes)
            } else {
                result.append(row.labels, dropsName: row.dropsName, values, boxes)
            }
        }
        return result.pruned()
    }

    // MARK: - Arithmetic and comparison

    /// Every element of the side with many and the one that it finds on the other side.
    func matched(
        _ left: Block, _ right: Block, _ operation: Operation, _ matching: VectorMatching, _ frame: Frame,
        _ place: SourceRange
    ) throws(PromQLError) -> Block {
        let isFilled = matching.fillLeft != nil || matching.fillRight != nil
        if left.rows.isEmpty && right.rows.isEmpty { return Block() }
        if (left.rows.isEmpty || right.rows.isEmpty) && !isFilled { return Block() }
        let signatures = Signatures(matching, left, right)
        var matcher = Matcher(
            evaluation: self, operation: operation, matching: matching, left: left, right: right,
            signatures: signatures, frame: frame, place: place)
        for step in 0..<frame.steps { try matcher.match(step) }
        return matcher.collector.block()
    }
}

/// Matches two blocks step by step.
struct Matcher {
    let evaluation: Evaluation
    let operation: Operation
    let matching: VectorMatching
    let frame: Frame
    let place: SourceRange
    let labels: [Labels]
    /// The side whose elements may share a group.
    let many: Block
    let one: Block
    let manyGroups: [Int]
    let oneGroups: [Int]
    let isSwapped: Bool
    var collector: RowCollector

    /// By group: the row on the side with one, and at which step that was noted.
    private var found: [Int]
    private var foundAt: [Int]
    private var matchedAt: [Int]
    /// By row of the many: with which row of the ones its result was last combined, and where that is.
    private var lastOne: [Int]
    private var lastRow: [Int]
    /// By row of the result: the last step it was set.
    private var setAt: [Int] = []

    init(
        evaluation: Evaluation, operation: Operation, matching: VectorMatching, left: Block, right: Block,
        signatures: Signatures, frame: Frame, place: SourceRange
    ) {
        self.evaluation = evaluation
        self.operation = operation
        self.matching = matching
        self.frame = frame
        self.place = place
        labels = signatures.labels
        isSwapped = matching.cardinality == .oneToMany
        many = isSwapped ? right : left
        one = isSwapped ? left : right
        manyGroups = isSwapped ? signatures.right : signatures.left
        oneGroups = isSwapped ? signatures.left : signatures.right
        collector = RowCollector(steps: frame.steps)
        found = [Int](repeating: -1, count: labels.count)
        foundAt = [Int](repeating: -1, count: labels.count)
        matchedAt = [Int](repeating: -1, count: labels.count)
        lastOne = [Int](repeating: -2, count: many.rows.count)
        lastRow = [Int](repeating: -1, count: many.rows.count)
    }

    // As in Prometheus, the sides change their places for group_right, and the values for what is missing do not.
    private var fillMany: Double? { matching.fillLeft }
    private var fillOne: Double? { matching.fillRight }

    mutating func match(_ step: Int) throws(PromQLError) {
        // Where one side is empty nothing can match, and nothing can be ambiguous.
        guard fillMany != nil || fillOne != nil || many.rows.indices.contains(where: { !many.value($0, step).isAbsent })
        else { return }
        var hasOne = false
        for row in one.rows.indices where !one.value(row, step).isAbsent {
            hasOne = true
            let group = oneGroups[row]
            if foundAt[group] == step { throw duplicate(group, row, found[group]) }
            found[group] = row
            foundAt[group] = step
        }
        guard hasOne || fillOne != nil else { return }
        var hasMany = false
        for row in many.rows.indices {
            let value = many.value(row, step)
            guard !value.isAbsent else { continue }
            hasMany = true
            let group = manyGroups[row]
            let element = Element(value, many.histogram(row, step))
            if foundAt[group] == step {
                let other = Element(one.value(found[group], step), one.histogram(found[group], step))
                try combine(row, found[group], group, element, other, step)
            } else if let fillOne {
                try combine(row, -1, group, element, Element(fillOne, nil), step)
            }
        }
        guard let fillMany, hasMany || hasOne else { return }
        for row in one.rows.indices where !one.value(row, step).isAbsent && matchedAt[oneGroups[row]] != step {
            let element = Element(one.value(row, step), one.histogram(row, step))
            try combine(-1, row, oneGroups[row], Element(fillMany, nil), element, step)
        }
    }

    private mutating func combine(
        _ manyRow: Int, _ oneRow: Int, _ group: Int, _ manyElement: Element, _ oneElement: Element, _ step: Int
    ) throws(PromQLError) {
        let (left, right) = isSwapped ? (oneElement, manyElement) : (manyElement, oneElement)
        let result = evaluation.combine(operation, left, right, place)
        // What cannot be combined at all matches nothing.
        let keeps = !result.value.isAbsent
        if !keeps, !operation.symbol.isComparison { return }
        if matching.cardinality == .oneToOne {
            if matchedAt[group] == step {
                throw PromQLError(
                    "multiple matches for labels: many-to-one matching must be explicit (group_left/group_right)")
            }
        }
        matchedAt[group] = step
        if !keeps, matching.cardinality == .oneToOne { return }
        let row: Int
        if manyRow >= 0, lastOne[manyRow] == oneRow, frame.steps > 1 {
            row = lastRow[manyRow]
        } else {
            row = collector.row(
                resultLabels(manyRow, oneRow, group), dropsName: drops(manyRow, oneRow),
                unique: matching.cardinality != .oneToOne)
            while setAt.count <= row { setAt.append(-1) }
            if manyRow >= 0 {
                lastOne[manyRow] = oneRow
                lastRow[manyRow] = row
            }
        }
        if matching.cardinality != .oneToOne, setAt[row] == step {
            throw PromQLError("multiple matches for labels: grouping labels must ensure unique matches")
        }
        setAt[row] = step
        guard keeps else { return }
        guard !collector.hasValue(row, step) else {
            throw PromQLError("vector cannot contain metrics with the same labelset")
        }
        collector.set(row, step, result.value, result.box)
    }

    /// Arithmetic takes the name away at once; a comparison keeps it, unless it gives 0 and 1.
    private func drops(_ manyRow: Int, _ oneRow: Int) -> Bool {
        if operation.returnsBool { return true }
        guard !operation.symbol.changesMeaning else { return false }
        return manyRow >= 0 ? many.rows[manyRow].dropsName : false
    }

    private func resultLabels(_ manyRow: Int, _ oneRow: Int, _ group: Int) -> Labels {
        var result = manyRow >= 0 ? many.rows[manyRow].labels : labels[group]
        if operation.symbol.changesMeaning { result = result.dropping(metadataLabels) }
        if matching.cardinality == .oneToOne {
            result = matching.isOn ? result.keeping(matching.labels) : result.dropping(matching.labels)
        }
        guard !matching.included.isEmpty else { return result }
        var builder = LabelsBuilder(result)
        for name in matching.included {
            builder.set(name, oneRow >= 0 ? one.rows[oneRow].labels[name] ?? "" : "")
        }
        return builder.labels()
    }

    private func duplicate(_ group: Int, _ row: Int, _ other: Int) -> PromQLError {
        let names = matching.isOn ? matching.labels : matching.labels + [Labels.metricName]
        let labels = one.rows[row].labels
        let matched = matching.isOn ? labels.keeping(names) : labels.dropping(names)
        let twins = [labels, one.rows[other].labels].sorted().map(labelsText).joined(separator: ", ")
        return PromQLError(
            "found duplicate series for the match group \(labelsText(matched)) on the \(isSwapped ? "left" : "right") hand-side of the operation: [\(twins)];many-to-many matching not allowed: matching labels must be unique on one side"
        )
    }
}
