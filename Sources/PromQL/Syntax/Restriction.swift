public import Series

extension Expression {
    /// The same expression over less: every selector gets these conditions besides its own.
    public func restricted(to conditions: [LabelMatcher]) -> Expression {
        mapped { selector in
            var selector = selector
            // The name stays the last, where the selector expects it.
            selector.matchers.insert(contentsOf: conditions, at: 0)
            return selector
        }
    }

    /// Every selector, from left to right.
    public var selectors: [Selector] {
        var found: [Selector] = []
        _ = mapped { selector in
            found.append(selector)
            return selector
        }
        return found
    }

    /// The same expression with other selectors.
    private func mapped(_ change: (Selector) -> Selector) -> Expression {
        var expression = self
        switch form {
        case .number, .string: break
        case .selector(let selector): expression.form = .selector(change(selector))
        case .range(let selector, let length): expression.form = .range(change(selector), length)
        case .subquery(var subquery):
            subquery.operand = subquery.operand.mapped(change)
            expression.form = .subquery(subquery)
        case .parenthesised(let inner): expression.form = .parenthesised(inner.mapped(change))
        case .constant(let inner): expression.form = .constant(inner.mapped(change))
        case .signed(let inner, let isNegative):
            expression.form = .signed(inner.mapped(change), isNegative: isNegative)
        case .operation(var operation):
            operation.left = operation.left.mapped(change)
            operation.right = operation.right.mapped(change)
            expression.form = .operation(operation)
        case .aggregation(var aggregation):
            aggregation.parameter = aggregation.parameter?.mapped(change)
            aggregation.operand = aggregation.operand.mapped(change)
            expression.form = .aggregation(aggregation)
        case .call(var call):
            call.arguments = call.arguments.map { $0.mapped(change) }
            expression.form = .call(call)
        }
        return expression
    }
}
