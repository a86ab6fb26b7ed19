import Series

/// Takes the numbers of groups of series together, piece by piece: what was added is not kept.
struct Folding<A: Accumulator> {
    private let steps: Int
    private var table: GroupTable
    /// Whether some element of a group has lost its name.
    private var dropsName: [Bool] = []
    /// For each group, one for each step.
    private var cells: [A] = []
    private var histograms: HistogramCells

    init(_ aggregation: Aggregation, _ frame: Frame, _ annotations: Annotations) {
        steps = frame.steps
        table = GroupTable(aggregation)
        histograms = HistogramCells(kind: aggregation.function, place: aggregation.operand.range, annotations)
    }

    mutating func add(_ block: Block) {
        for row in block.rows {
            let group = table.group(of: row.labels)
            if group == dropsName.count {
                dropsName.append(row.dropsName)
                cells.append(contentsOf: repeatElement(A(), count: steps))
            } else if row.dropsName {
                dropsName[group] = true
            }
            add(row, block, at: group * steps + row.first)
        }
    }

    private mutating func add(_ row: Block.Row, _ block: Block, at base: Int) {
        cells.withUnsafeMutableBufferPointer { cells in
            block.values.withUnsafeBufferPointer { values in
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

    /// A row for each group.
    func result() -> Block {
        var result = Block()
        var row = [Double](repeating: absent, count: steps)
        for group in dropsName.indices {
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
            result.append(table.groups[group], dropsName: dropsName[group], row, boxes)
        }
        return result
    }
}

extension GroupTable {
    init(_ aggregation: Aggregation) {
        self.init(
            aggregation.isWithout ? aggregation.grouping + [Labels.metricName] : aggregation.grouping,
            keeps: !aggregation.isWithout)
    }
}

extension Evaluation {
    /// Gives the value of an expression: as a whole, or some series at a time where it is a function over ranges of samples. They
    /// count for the limits as if they were all kept, as users know it.
    func eachPiece(of operand: Expression, _ frame: Frame, _ body: (Block) -> Void) throws(PromQLError) {
        let expression = operand.unwrapped
        guard case .call(let call) = expression.form, case .ofWindow(let window) = call.function.body,
            call.arguments.contains(where: { if case .range = $0.form { true } else { false } })
        else {
            let whole = try block(operand, frame)
            try checkInterruption()
            body(whole)
            release(whole.size)
            return
        }
        var size = 0
        // So few rows that they stay near the processor.
        let last = try evaluate(call.function, window, call, frame, expression.range, pieceRows: 16) { piece in
            size += piece.size
            body(piece)
        }
        body(last)
        release(size + last.size)
    }
}
