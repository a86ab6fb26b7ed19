import Series

extension Evaluation {
    func evaluate(
        _ operation: Operation, _ frame: Frame, _ place: SourceRange
    ) throws(PromQLError) -> Evaluated {
        switch (operation.left.type, operation.right.type) {
        case (.scalar, .scalar):
            let left = try scalar(operation.left, frame)
            let right = try scalar(operation.right, frame)
            return .scalar(left.indices.map { scalarValue(operation.symbol, left[$0], right[$0]) })
        case (.vector, .scalar):
            let block = try block(operation.left, frame)
            let numbers = try scalar(operation.right, frame)
            return .block(combined(block, numbers, operation, isSwapped: false, place))
        case (.scalar, .vector):
            let numbers = try scalar(operation.left, frame)
            let block = try block(operation.right, frame)
            return .block(combined(block, numbers, operation, isSwapped: true, place))
        default:
            let left = try block(operation.left, frame)
            let right = try block(operation.right, frame)
            let matching = operation.matching ?? VectorMatching()
            let result =
                operation.symbol.isSet
                ? chosen(operation.symbol, left, right, matching, frame)
                : try matched(left, right, operation, matching, frame, place)
            release(left.size + right.size)
            try hold(result.size)
            return .block(result)
        }
    }

    private func scalarValue(_ symbol: BinaryOperator, _ left: Double, _ right: Double) -> Double {
        if symbol.isComparison { return holds(symbol, left, right) ? 1 : 0 }
        return calculated(symbol, left, right)
    }

    /// Every element with a number.
    private func combined(
        _ block: Block, _ numbers: [Double], _ operation: Operation, isSwapped: Bool, _ place: SourceRange
    ) -> Block {
        let symbol = operation.symbol
        var block = block
        let drops = symbol.changesMeaning || operation.returnsBool
        let trims = symbol == .trimUpper || symbol == .trimLower
        for index in block.rows.indices {
            let row = block.rows[index]
            if drops { block.rows[index].dropsName = true }
            for step in row.steps {
                let position = row.offset + step - row.first
                let value = block.values[position]
                if value.isAbsent { continue }
                if value.isHistogramMark || trims {
                    let element = Element(value, block.histograms.isEmpty ? nil : block.histograms[position])
                    let number = Element(numbers[step], nil)
                    let result = combine(
                        operation, isSwapped ? number : element, isSwapped ? element : number, place)
                    block.values[position] = result.value
                    if !block.histograms.isEmpty { block.histograms[position] = result.box }
                    continue
                }
                let (left, right) = isSwapped ? (numbers[step], value) : (value, numbers[step])
                if symbol.isComparison {
                    let isTrue = holds(symbol, left, right)
                    if operation.returnsBool {
                        block.values[position] = isTrue ? 1 : 0
                    } else if !isTrue {
                        block.values[position] = absent
                    }
                } else {
                    block.values[position] = calculated(symbol, left, right).canonical
                }
            }
        }
        return block
    }
}

/// A number or a histogram, or nothing.
struct Element {
    var value: Double
    var box: HistogramBox?

    @inline(__always)
    init(_ value: Double, _ box: HistogramBox?) {
        self.value = value
        self.box = box
    }

    static let none = Element(absent, nil)

    var kind: String { box == nil ? "float" : "histogram" }
}

@inline(__always)
func holds(_ symbol: BinaryOperator, _ left: Double, _ right: Double) -> Bool {
    switch symbol {
    case .equal: return left == right
    case .notEqual: return left != right
    case .less: return left < right
    case .lessOrEqual: return left <= right
    case .greater: return left > right
    case .greaterOrEqual: return left >= right
    default: return false
    }
}

@inline(__always)
func calculated(_ symbol: BinaryOperator, _ left: Double, _ right: Double) -> Double {
    switch symbol {
    case .plus: return left + right
    case .minus: return left - right
    case .times: return left * right
    case .divided: return left / right
    case .power: return Mathematics.power(left, right)
    case .modulo: return Mathematics.remainder(left, right)
    case .atan2: return Mathematics.arcTangent(left, right)
    default: return .nan
    }
}

extension Evaluation {
    /// One element with another, of whatever kinds they are.
    func combine(_ operation: Operation, _ left: Element, _ right: Element, _ place: SourceRange) -> Element {
        let symbol = operation.symbol
        switch (left.box, right.box) {
        case (nil, nil):
            if symbol.isComparison {
                let isTrue = holds(symbol, left.value, right.value)
                if operation.returnsBool { return Element(isTrue ? 1 : 0, nil) }
                return isTrue ? left : .none
            }
            if symbol == .trimLower || symbol == .trimUpper { return incompatible(symbol, left, right, place) }
            return Element(calculated(symbol, left.value, right.value).canonical, nil)
        case (nil, let histogram?):
            guard symbol == .times else { return incompatible(symbol, left, right, place) }
            return element(histogram.value.scaled(by: left.value).compacted)
        case (let histogram?, nil):
            switch symbol {
            case .times: return element(histogram.value.scaled(by: right.value).compacted)
            case .divided: return element(histogram.value.divided(by: right.value).compacted)
            case .trimUpper, .trimLower:
                return element(histogram.value.trimmed(at: right.value, keepsBelow: symbol == .trimUpper))
            default: return incompatible(symbol, left, right, place)
            }
        case (let first?, let second?):
            return combine(operation, first, second, left, right, place)
        }
    }

    private func combine(
        _ operation: Operation, _ first: HistogramBox, _ second: HistogramBox, _ left: Element, _ right: Element,
        _ place: SourceRange
    ) -> Element {
        switch operation.symbol {
        case .plus, .minus:
            let isSum = operation.symbol == .plus
            var result = first.value
            do throws(IncompatibleHistograms) {
                let outcome = isSum ? try result.add(second.value) : try result.subtract(second.value)
                if !isSum { result.counterResetHint = .gauge }
                let what = isSum ? "addition" : "subtraction"
                if outcome.hintsCollide {
                    annotations.warn("conflicting counter resets during histogram \(what)", at: place)
                }
                if outcome.boundsReconciled {
                    annotations.inform("mismatched custom buckets were reconciled during \(what)", at: place)
                }
            } catch {
                annotations.warn(
                    "incompatible bucket layout encountered for binary operator \(operation.symbol.rawValue)", at: place
                )
                return .none
            }
            return element(result.compacted)
        case .equal, .notEqual:
            let isTrue = first.value.compacted.isSame(as: second.value.compacted) == (operation.symbol == .equal)
            if operation.returnsBool { return Element(isTrue ? 1 : 0, nil) }
            return isTrue ? left : .none
        default: return incompatible(operation.symbol, left, right, place)
        }
    }

    private func element(_ histogram: FloatHistogram) -> Element { Element(histogramMark, HistogramBox(histogram)) }

    private func incompatible(
        _ symbol: BinaryOperator, _ left: Element, _ right: Element, _ place: SourceRange
    ) -> Element {
        annotations.inform(
            "incompatible sample types encountered for binary operator \(quoted(symbol.rawValue)): \(left.kind) \(symbol.rawValue) \(right.kind)",
            at: place)
        return .none
    }
}
