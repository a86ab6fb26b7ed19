import Series

extension Function {
    static let absent = Function(
        name: "absent", parameters: [.vector], result: .vector,
        usage: "absent(x)",
        documentation: "1, with the labels that the selector demands, when there is no element; else nothing."
    ) { call throws(PromQLError) in
        guard call.elements(0).isEmpty else { return .vector([]) }
        return .vector([Element(labels: demandedLabels(call.expressions[0]), value: 1)])
    }
}

/// The labels that a selector pins to one value.
func demandedLabels(_ expression: Expression) -> [String: String] {
    if case .parenthesised(let inner) = expression.form { return demandedLabels(inner) }
    let selector: Selector
    switch expression.form {
    case .selector(let plain): selector = plain
    case .range(let ranged, _): selector = ranged
    default: return [:]
    }
    var labels: [String: String] = [:]
    var ambiguous = Set<String>()
    for matcher in selector.matchers where matcher.name != "__name__" {
        if matcher.operation == .equal, labels[matcher.name] == nil, !matcher.value.isEmpty {
            labels[matcher.name] = matcher.value
        } else {
            ambiguous.insert(matcher.name)
        }
    }
    return labels.filter { !ambiguous.contains($0.key) }
}
