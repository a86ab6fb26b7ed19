import Series

/// Aggregations that give some of the elements themselves.
extension Evaluation {
    /// `topk`, `bottomk`, `limitk` and `limit_ratio`
    func choose(
        _ aggregation: Aggregation, _ block: Block, _ grouping: Grouping, _ parameters: [Double], _ frame: Frame,
        _ place: SourceRange
    ) -> Block {
        var members = [[Int]](repeating: [], count: grouping.groups.count)
        for (row, group) in grouping.rows.enumerated() { members[group].append(row) }
        var result = block
        result.values = [Double](repeating: absent, count: block.values.count)
        var order: [Int] = []
        for step in 0..<frame.steps {
            for rows in members {
                let present = rows.filter { !block.value($0, step).isAbsent }
                for row in chosen(aggregation.function, present, block, step, parameters[step], place) {
                    if let index = block.index(block.rows[row], step) { result.values[index] = block.values[index] }
                    if frame.steps == 1 { order.append(row) }
                }
            }
        }
        if frame.steps == 1 { result.rows = order.map { result.rows[$0] } }
        return result.pruned()
    }

    private func chosen(
        _ function: Aggregator, _ rows: [Int], _ block: Block, _ step: Int, _ parameter: Double, _ place: SourceRange
    ) -> [Int] {
        switch function {
        case .limitk:
            return parameter < 1 ? [] : Array(rows.prefix(Int(min(parameter, 1e9))))
        case .limitRatio:
            return rows.filter { row in
                // The labels decide, so that the same series are chosen again and again.
                let share = Double(block.rows[row].labels.hash64) / Double(UInt64.max)
                return parameter >= 0 ? share < parameter : share >= 1 + parameter
            }
        default:
            let numbers = rows.filter { block.value($0, step).isFloat }
            if numbers.count < rows.count, parameter >= 1 { noteIgnored(function.rawValue, place) }
            guard parameter >= 1 else { return [] }
            let most = Int(min(parameter, 1e9))
            return best(numbers.map { ($0, block.value($0, step)) }, most, isGreatest: function == .topk)
        }
    }

    /// The rows of the first few values in order, NaN last.
    private func best(_ values: [(row: Int, value: Double)], _ most: Int, isGreatest: Bool) -> [Int] {
        func isBefore(_ left: (row: Int, value: Double), _ right: (row: Int, value: Double)) -> Bool {
            if left.value.isNaN || right.value.isNaN {
                return left.value.isNaN == right.value.isNaN ? left.row < right.row : right.value.isNaN
            }
            if left.value == right.value { return left.row < right.row }
            return isGreatest ? left.value > right.value : left.value < right.value
        }
        guard values.count > 4 * most else { return values.sorted(by: isBefore).prefix(most).map(\.row) }
        // A few of many: keep a sorted list of the best so far.
        var kept: [(row: Int, value: Double)] = []
        for candidate in values {
            if kept.count == most, let last = kept.last, !isBefore(candidate, last) { continue }
            let position = kept.firstIndex { isBefore(candidate, $0) } ?? kept.count
            kept.insert(candidate, at: position)
            if kept.count > most { kept.removeLast() }
        }
        return kept.map(\.row)
    }
}
