import Series

extension Expression: CustomStringConvertible {
    /// The expression in its usual spelling, which means the same.
    public var description: String {
        switch form {
        case .number(let value, let isDuration):
            return DurationExpression.number(value, isDuration: isDuration).description
        case .string(let value): return quoted(value)
        case .selector(let selector): return selector.text(range: nil)
        case .range(let selector, let length): return selector.text(range: length)
        case .subquery(let subquery):
            let step = subquery.step.map(\.text) ?? ""
            return
                "\(subquery.operand)[\(subquery.range.text):\(step)]\(subquery.shift.anchorText)\(subquery.shift.offsetText)"
        case .parenthesised(let inner): return "(\(inner))"
        case .signed(let inner, let isNegative): return (isNegative ? "-" : "+") + inner.description
        case .operation(let operation): return operation.text
        case .aggregation(let aggregation): return aggregation.head + "(" + aggregation.body + ")"
        case .call(let call):
            return "\(call.function.name)(\(call.arguments.map(\.description).joined(separator: ", ")))"
        case .constant(let inner): return inner.description
        }
    }
}

extension Duration {
    var text: String {
        switch self {
        case .milliseconds(let count): return durationText(count)
        case .expression(let expression): return expression.description
        }
    }
}

extension DurationExpression: CustomStringConvertible {
    public var description: String {
        switch self {
        case .number(let value, true): return durationText(Int64((value * 1000).rounded()))
        case .number(let value, false): return formatNumber(value)
        case .step: return "step()"
        case .range: return "range()"
        case .negated(let inner): return "-\(inner)"
        case .parenthesised(let inner): return "(\(inner))"
        case .operation(let symbol, let left, let right): return "\(left) \(symbol.rawValue) \(right)"
        case .least(let left, let right): return "min_of(\(left), \(right))"
        case .greatest(let left, let right): return "max_of(\(left), \(right))"
        }
    }
}

extension TimeShift {
    var anchorText: String {
        switch anchor {
        case .evaluation: return ""
        case .time(let milliseconds):
            let thousandths = String(1000 + milliseconds.magnitude % 1000).dropFirst()
            return " @ \(milliseconds < 0 ? "-" : "")\(milliseconds.magnitude / 1000).\(thousandths)"
        case .start: return " @ start()"
        case .end: return " @ end()"
        }
    }

    var offsetText: String {
        guard let offset else { return "" }
        if case .milliseconds(0) = offset { return "" }
        return " offset \(offset.text)"
    }
}

extension Selector {
    func text(range: Duration?) -> String {
        var matchers = self.matchers
        var text = ""
        if let name, !matchers.isEmpty {
            text = name
            matchers.removeLast()
        }
        let conditions = matchers.map(\.text)
        if !conditions.isEmpty || name == nil { text += "{\(conditions.sorted().joined(separator: ","))}" }
        if let range { text += "[\(range.text)]" }
        let extension_ = reach == .within ? "" : " \(reach.rawValue)"
        text += range == nil ? shift.anchorText + extension_ : extension_ + shift.anchorText
        return text + shift.offsetText
    }
}

func labelListText(_ labels: [String]) -> String {
    labels.map(QueryText.label).joined(separator: ", ")
}

extension Aggregation {
    /// `sum by (a) `
    var head: String {
        if isWithout { return "\(function.rawValue) without (\(labelListText(grouping))) " }
        return grouping.isEmpty ? function.rawValue : "\(function.rawValue) by (\(labelListText(grouping))) "
    }

    var body: String {
        if let parameter { return "\(parameter), \(operand)" }
        return operand.description
    }
}

extension Operation {
    var text: String { "\(left) \(symbolText) \(right)" }

    /// The operator with all that modifies it.
    var symbolText: String {
        var text = symbol.rawValue + (returnsBool ? " bool" : "")
        guard let matching else { return text }
        let isGrouped = matching.cardinality == .manyToOne || matching.cardinality == .oneToMany
        if !matching.labels.isEmpty || matching.isOn || isGrouped {
            text += " \(matching.isOn ? "on" : "ignoring") (\(labelListText(matching.labels)))"
        }
        if isGrouped {
            let side = matching.cardinality == .manyToOne ? "left" : "right"
            text += " group_\(side) (\(labelListText(matching.included)))"
        }
        if let left = matching.fillLeft, let right = matching.fillRight, left.bitPattern == right.bitPattern {
            return text + " fill (\(formatNumber(left)))"
        }
        if let left = matching.fillLeft { text += " fill_left (\(formatNumber(left)))" }
        if let right = matching.fillRight { text += " fill_right (\(formatNumber(right)))" }
        return text
    }
}
