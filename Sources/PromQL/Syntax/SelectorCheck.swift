import Series

extension Selector {
    /// A selector that would match every series is a slip of the keyboard.
    static func checkAll(in expression: Expression, _ text: String) throws(PromQLError) {
        switch expression.form {
        case .number, .string: return
        case .selector(let selector), .range(let selector, _): try selector.check(expression.range, text)
        case .subquery(let subquery): try checkAll(in: subquery.operand, text)
        case .parenthesised(let inner), .signed(let inner, _), .constant(let inner): try checkAll(in: inner, text)
        case .operation(let operation):
            try checkAll(in: operation.left, text)
            try checkAll(in: operation.right, text)
        case .aggregation(let aggregation):
            if let parameter = aggregation.parameter { try checkAll(in: parameter, text) }
            try checkAll(in: aggregation.operand, text)
        case .call(let call):
            for (index, argument) in call.arguments.enumerated() where call.function.name != "info" || index == 0 {
                try checkAll(in: argument, text)
            }
        }
    }

    private func check(_ range: SourceRange, _ text: String) throws(PromQLError) {
        guard name == nil else { return }
        let isLimited = matchers.contains { (try? CompiledMatcher($0))?.matches("") == false }
        guard !isLimited else { return }
        throw PromQLError(
            "vector selector must contain at least one non-empty matcher",
            at: .init(of: range.start, in: text), kind: .badExpression)
    }
}
