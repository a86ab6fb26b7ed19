extension Expression {
    /// The expression on several lines where one would be too long, as `format_query` answers.
    public var formatted: String { pretty(0) }

    private static let widest = 100

    private func indent(_ level: Int) -> String { String(repeating: "  ", count: level) }

    private func pretty(_ level: Int) -> String {
        let plain = description
        guard plain.utf8.count > Expression.widest else { return indent(level) + plain }
        switch form {
        case .parenthesised(let inner): return "\(indent(level))(\n\(inner.pretty(level + 1))\n\(indent(level)))"
        case .signed(let inner, let isNegative):
            let text = inner.pretty(level)
            return indent(level) + (isNegative ? "-" : "+") + text.dropFirst(2 * level)
        case .operation(let operation):
            return operation.left.pretty(level + 1) + "\n" + indent(level) + operation.symbolText + "\n"
                + operation.right.pretty(level + 1)
        case .aggregation(let aggregation):
            var parts = aggregation.parameter.map { [$0.pretty(level + 1)] } ?? []
            parts.append(aggregation.operand.pretty(level + 1))
            return "\(indent(level))\(aggregation.head)(\n\(parts.joined(separator: ",\n"))\n\(indent(level)))"
        case .call(let call):
            let parts = call.arguments.map { $0.pretty(level + 1) }.joined(separator: ",\n")
            return "\(indent(level))\(call.function.name)(\n\(parts)\n\(indent(level)))"
        case .subquery(let subquery):
            let whole = plain.utf8.count - subquery.operand.description.utf8.count
            return subquery.operand.pretty(level) + String(decoding: plain.utf8.suffix(whole), as: UTF8.self)
        default: return indent(level) + plain
        }
    }
}
