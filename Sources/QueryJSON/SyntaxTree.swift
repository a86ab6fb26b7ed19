import PromQL
import Series

extension BodyWriter {
    /// An expression as `parse_query` answers it.
    mutating func tree(_ expression: Expression) {
        switch expression.form {
        case .number(let value, _):
            open("numberLiteral")
            text("val", formatNumber(value))
        case .string(let value):
            open("stringLiteral")
            text("val", value)
        case .selector(let selector):
            open("vectorSelector")
            self.selector(selector)
        case .range(let selector, let length):
            open("matrixSelector")
            self.selector(selector)
            number("range", length)
        case .subquery(let subquery):
            open("subquery")
            child("expr", subquery.operand)
            number("range", subquery.range)
            number("step", subquery.step)
            shift(subquery.shift)
        case .parenthesised(let inner):
            open("parenExpr")
            child("expr", inner)
        case .signed(let inner, let isNegative):
            open("unaryExpr")
            text("op", isNegative ? "-" : "+")
            child("expr", inner)
        case .operation(let operation): self.operation(operation)
        case .aggregation(let aggregation): self.aggregation(aggregation)
        case .call(let call): self.call(call)
        case .constant(let inner):
            tree(inner)
            return
        }
        raw("}")
    }

    private mutating func open(_ type: String) {
        raw("{\"type\":")
        string(type)
    }

    private mutating func key(_ name: String) {
        raw(",")
        string(name)
        raw(":")
    }

    private mutating func text(_ name: String, _ value: String) {
        key(name)
        string(value)
    }

    private mutating func flag(_ name: String, _ value: Bool) {
        key(name)
        bool(value)
    }

    private mutating func texts(_ name: String, _ values: [String]) {
        key(name)
        list(values) { json, value in json.string(value) }
    }

    private mutating func child(_ name: String, _ expression: Expression) {
        key(name)
        tree(expression)
    }

    /// A length of time in milliseconds; 0 for what is not known before the query runs.
    private mutating func number(_ name: String, _ duration: Duration?) {
        key(name)
        if case .milliseconds(let count)? = duration { raw(String(count)) } else { raw("0") }
    }

    private mutating func shift(_ shift: TimeShift) {
        number("offset", shift.offset)
        key("timestamp")
        if case .time(let time) = shift.anchor { raw(String(time)) } else { raw("null") }
        key("startOrEnd")
        switch shift.anchor {
        case .start: string("start")
        case .end: string("end")
        case .time, .evaluation: raw("null")
        }
    }

    private mutating func selector(_ selector: Selector) {
        text("name", selector.name ?? "")
        key("matchers")
        list(selector.matchers) { json, matcher in
            json.raw("{\"name\":")
            json.string(matcher.name)
            json.text("value", matcher.value)
            json.text("type", matcher.operation.rawValue)
            json.raw("}")
        }
        shift(selector.shift)
        flag("anchored", selector.reach == .anchored)
        flag("smoothed", selector.reach == .smoothed)
    }

    private mutating func operation(_ operation: Operation) {
        open("binaryExpr")
        text("op", operation.symbol.rawValue)
        child("lhs", operation.left)
        child("rhs", operation.right)
        flag("bool", operation.returnsBool)
        key("matching")
        guard let matching = operation.matching else {
            raw("null")
            return
        }
        raw("{\"card\":")
        string(matching.cardinality.rawValue)
        texts("labels", matching.labels)
        flag("on", matching.isOn)
        texts("include", matching.included)
        key("fillValues")
        raw("{\"lhs\":")
        raw(matching.fillLeft.map(fill) ?? "null")
        key("rhs")
        raw(matching.fillRight.map(fill) ?? "null")
        raw("}}")
    }

    /// JSON knows no infinity, and no NaN.
    private func fill(_ value: Double) -> String {
        value.isFinite ? formatValue(value) : "\"\(formatValue(value))\""
    }

    private mutating func aggregation(_ aggregation: Aggregation) {
        open("aggregation")
        text("op", aggregation.function.rawValue)
        child("expr", aggregation.operand)
        key("param")
        if let parameter = aggregation.parameter { tree(parameter) } else { raw("null") }
        texts("grouping", aggregation.grouping)
        flag("without", aggregation.isWithout)
    }

    private mutating func call(_ call: Call) {
        open("call")
        key("func")
        raw("{\"name\":")
        string(call.function.name)
        texts("argTypes", call.function.arguments.map(\.rawValue))
        key("variadic")
        raw(String(call.function.variadic))
        text("returnType", call.function.result.rawValue)
        raw("}")
        key("args")
        list(call.arguments) { json, argument in json.tree(argument) }
    }
}
