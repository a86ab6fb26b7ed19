import Series
import Values

extension Evaluator {
    func value(
        of operation: Operation, at time: Timestamp, _ place: PromQLError.Place
    ) throws(PromQLError) -> Value {
        let left = try value(of: operation.left, at: time)
        let right = try value(of: operation.right, at: time)
        let symbol = operation.symbol
        switch (left, right) {
        case (.scalar(let one), .scalar(let other)):
            return .scalar(symbol.isComparison ? (symbol.holds(one, other) ? 1 : 0) : symbol.calculate(one, other))
        case (.vector(let elements), .scalar(let number)):
            return .vector(
                elements.compactMap { operation.apply($0.value, number, keeping: $0.value, of: $0) })
        case (.scalar(let number), .vector(let elements)):
            return .vector(
                elements.compactMap { operation.apply(number, $0.value, keeping: $0.value, of: $0) })
        case (.vector(let one), .vector(let other)):
            if symbol.isSet { return .vector(operation.combine(one, other)) }
            return .vector(try operation.match(one, other, place))
        default:
            throw PromQLError("the operator '\(symbol.rawValue)' does not take these operands", at: place)
        }
    }
}

extension Operation {
    /// One element's result; `nil` when a comparison does not hold.
    fileprivate func apply(_ left: Double, _ right: Double, keeping kept: Double, of element: Element) -> Element? {
        guard symbol.isComparison else {
            return element.with(symbol.calculate(left, right), dropsName: true)
        }
        let holds = symbol.holds(left, right)
        if returnsBool { return element.with(holds ? 1 : 0, dropsName: true) }
        return holds ? element.with(kept, dropsName: false) : nil
    }

    private func key(_ labels: [String: String]) -> [String: String] {
        if matching.isOn { return labels.filter { matching.labels.contains($0.key) } }
        return labels.filter { $0.key != "__name__" && !matching.labels.contains($0.key) }
    }

    fileprivate func combine(_ left: [Element], _ right: [Element]) -> [Element] {
        switch symbol {
        case .or:
            let known = Set(left.map { key($0.labels) })
            return left + right.filter { !known.contains(key($0.labels)) }
        case .and:
            let wanted = Set(right.map { key($0.labels) })
            return left.filter { wanted.contains(key($0.labels)) }
        default:
            let unwanted = Set(right.map { key($0.labels) })
            return left.filter { !unwanted.contains(key($0.labels)) }
        }
    }

    fileprivate func match(
        _ left: [Element], _ right: [Element], _ place: PromQLError.Place
    ) throws(PromQLError) -> [Element] {
        let isSwapped = matching.cardinality == .oneToMany
        let (many, one) = isSwapped ? (right, left) : (left, right)
        var partners: [[String: String]: Element] = [:]
        for element in one where partners.updateValue(element, forKey: key(element.labels)) != nil {
            let side = isSwapped ? "left" : "right"
            throw PromQLError(
                "several series on the \(side) have the labels \(described(key(element.labels))), so that it is not clear "
                    + "which one belongs to the other side's", at: place)
        }
        var results: [Element] = []
        var taken = Set<[String: String]>()
        for element in many {
            let key = key(element.labels)
            guard let partner = partners[key] else { continue }
            let (first, second) = isSwapped ? (partner, element) : (element, partner)
            let made = apply(first.value, second.value, keeping: first.value, of: element)
            let labels = resultLabels(element, partner, key)
            // A comparison that does not hold still makes the match ambiguous.
            let identity = matching.cardinality == .oneToOne ? key : labels
            guard taken.insert(identity).inserted else {
                throw PromQLError(
                    "several series on the left match one on the right; write group_left or group_right if that is meant",
                    at: place)
            }
            if var made {
                made.labels = labels
                results.append(made)
            }
        }
        return results
    }

    private func resultLabels(_ many: Element, _ one: Element, _ key: [String: String]) -> [String: String] {
        var labels = many.labels
        if matching.cardinality == .oneToOne {
            let name = labels["__name__"]
            labels = key
            if !matching.isOn { labels["__name__"] = name }
        }
        for name in matching.included {
            labels[name] = one.labels[name].flatMap { $0.isEmpty ? nil : $0 }
        }
        return labels
    }
}

extension BinaryOperator {
    func holds(_ left: Double, _ right: Double) -> Bool {
        switch self {
        case .equal: return left == right
        case .notEqual: return left != right
        case .less: return left < right
        case .lessOrEqual: return left <= right
        case .greater: return left > right
        default: return left >= right
        }
    }

    func calculate(_ left: Double, _ right: Double) -> Double {
        switch self {
        case .plus: return left + right
        case .minus: return left - right
        case .times: return left * right
        case .divided: return left / right
        case .modulo: return left.truncatingRemainder(dividingBy: right)
        case .power: return raised(left, to: right)
        default: return arcTangent(left, right)
        }
    }
}
