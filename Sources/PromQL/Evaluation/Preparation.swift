import Series

/// Calculates what depends on a query's times: durations, `@ start()`, `step()`; finds what is the same at every step; and lists
/// what must be selected.
struct Preparation {
    /// The frame of the whole query: `start()` and `end()` mean this one, also in subqueries.
    let outer: Frame
    let step: Int64
    let limits: QueryLimits
    private(set) var selections: [SelectRequest] = []

    init(frame: Frame, step: Int64, limits: QueryLimits) {
        outer = frame
        self.step = step
        self.limits = limits
    }

    mutating func prepare(_ expression: Expression) throws(PromQLError) -> Expression {
        let prepared = try visit(expression, outer, Hints())
        return prepared.isConstant && prepared.mayWrap ? wrapped(prepared.expression) : prepared.expression
    }

    /// What is around an expression.
    private struct Hints {
        var function = ""
        var needsNoBuckets = false
        var isInSubquery = false
    }

    private struct Prepared {
        var expression: Expression
        /// Whether it is the same at every step.
        var isConstant = false
        /// Whether it is worth to be evaluated once only.
        var mayWrap = false
    }

    private func wrapped(_ expression: Expression) -> Expression {
        Expression(form: .constant(expression), range: expression.range)
    }

    private mutating func visit(
        _ expression: Expression, _ frame: Frame, _ hints: Hints
    ) throws(PromQLError) -> Prepared {
        var result = expression
        switch expression.form {
        case .number, .string: return Prepared(expression: expression, isConstant: true)
        case .parenthesised(let inner):
            var prepared = try visit(inner, frame, hints)
            prepared.expression = Expression(form: .parenthesised(prepared.expression), range: expression.range)
            return prepared
        case .signed(let inner, let isNegative):
            var prepared = try visit(inner, frame, hints)
            prepared.expression = Expression(
                form: .signed(prepared.expression, isNegative: isNegative), range: expression.range)
            return prepared
        case .constant(let inner): return try visit(inner, frame, hints)
        case .selector(var selector):
            try select(&selector, nil, frame, hints)
            result.form = .selector(selector)
            let isConstant = selector.shift.anchor != .evaluation
            return Prepared(expression: result, isConstant: isConstant, mayWrap: isConstant)
        case .range(var selector, let length):
            let resolved = try seconds(length, false)
            try select(&selector, resolved, frame, hints)
            result.form = .range(selector, .milliseconds(resolved))
            return Prepared(expression: result, isConstant: selector.shift.anchor != .evaluation)
        case .subquery(let subquery): return try visit(subquery, expression.range, frame, hints)
        case .operation(let operation): return try visit(operation, expression.range, frame, hints)
        case .aggregation(let aggregation): return try visit(aggregation, expression.range, frame, hints)
        case .call(let call): return try visit(call, expression.range, frame, hints)
        }
    }

    private mutating func visit(
        _ operation: Operation, _ range: SourceRange, _ frame: Frame, _ hints: Hints
    ) throws(PromQLError) -> Prepared {
        let left = try visit(operation.left, frame, hints)
        let right = try visit(operation.right, frame, hints)
        let isConstant = left.isConstant && right.isConstant
        var changed = operation
        changed.left = !isConstant && left.isConstant && left.mayWrap ? wrapped(left.expression) : left.expression
        changed.right = !isConstant && right.isConstant && right.mayWrap ? wrapped(right.expression) : right.expression
        return Prepared(
            expression: Expression(form: .operation(changed), range: range), isConstant: isConstant,
            mayWrap: isConstant)
    }

    private mutating func visit(
        _ aggregation: Aggregation, _ range: SourceRange, _ frame: Frame, _ hints: Hints
    ) throws(PromQLError) -> Prepared {
        var changed = aggregation
        var hints = hints
        hints.function = aggregation.function.rawValue
        if let parameter = aggregation.parameter {
            changed.parameter = try visit(parameter.unwrapped, frame, Hints()).expression
        }
        let operand = try visit(aggregation.operand.unwrapped, frame, hints)
        changed.operand = operand.expression
        // A parameter that changes changes the result.
        let isConstant = operand.isConstant && aggregation.parameter.map(isLiteral) ?? true
        if operand.isConstant, !isConstant, operand.mayWrap { changed.operand = wrapped(operand.expression) }
        return Prepared(
            expression: Expression(form: .aggregation(changed), range: range), isConstant: isConstant,
            mayWrap: isConstant)
    }

    private func isLiteral(_ expression: Expression) -> Bool {
        switch expression.unwrapped.form {
        case .number, .string: return true
        case .signed(let inner, _): return isLiteral(inner)
        default: return false
        }
    }

    private mutating func visit(
        _ call: Call, _ range: SourceRange, _ frame: Frame, _ hints: Hints
    ) throws(PromQLError) -> Prepared {
        if let number = queryContext(call.function.name) {
            return Prepared(
                expression: Expression(form: .number(number, isDuration: false), range: range), isConstant: true)
        }
        var hints = hints
        hints.function = call.function.name
        if ["histogram_count", "histogram_sum", "histogram_avg"].contains(call.function.name) {
            hints.needsNoBuckets = !hints.isInSubquery
        }
        var arguments: [Prepared] = []
        var given = call.arguments
        if call.function.name == "info", given.count == 1 {
            let matcher = LabelMatcher(Labels.metricName, .equal, "target_info")
            given.append(
                Expression(form: .selector(Selector(name: nil, matchers: [matcher])), range: range))
        }
        for (index, argument) in given.enumerated() {
            var argumentHints = hints
            if ["histogram_quantile", "histogram_fraction", "histogram_quantiles"].contains(call.function.name) {
                argumentHints.needsNoBuckets = false
            }
            if call.function.name == "info" { argumentHints.function = index == 1 ? "info" : "" }
            arguments.append(try visit(argument.unwrapped, frame, argumentHints))
        }
        let isConstant = !call.function.dependsOnTime && arguments.allSatisfy(\.isConstant)
        var changed = call
        changed.arguments = arguments.map { argument in
            let wraps = !isConstant && argument.isConstant && argument.mayWrap
            return wraps ? wrapped(argument.expression) : argument.expression
        }
        return Prepared(
            expression: Expression(form: .call(changed), range: range), isConstant: isConstant,
            mayWrap: isConstant)
    }

    /// In seconds.
    private func queryContext(_ name: String) -> Double? {
        switch name {
        case "start": return Double(outer.start) / 1000
        case "end": return Double(outer.end) / 1000
        case "range": return Double(outer.end - outer.start) / 1000
        case "step": return Double(step) / 1000
        default: return nil
        }
    }

    private mutating func visit(
        _ subquery: Subquery, _ range: SourceRange, _ frame: Frame, _ hints: Hints
    ) throws(PromQLError) -> Prepared {
        var changed = subquery
        try resolve(&changed.shift)
        changed.range = .milliseconds(try seconds(subquery.range, false))
        let step = try subquery.step.map { step throws(PromQLError) in try seconds(step, false) } ?? limits.defaultStep
        changed.step = .milliseconds(max(step, 1))
        let inner = frame.inner(
            range: changed.range.milliseconds, step: max(step, 1), shift: changed.shift.resolved)
        var innerHints = Hints()
        innerHints.isInSubquery = true
        let operand = try visit(subquery.operand, inner, innerHints)
        changed.operand = operand.isConstant && operand.mayWrap ? wrapped(operand.expression) : operand.expression
        return Prepared(
            expression: Expression(form: .subquery(changed), range: range),
            isConstant: changed.shift.anchor != .evaluation)
    }

    // MARK: - Times

    private func seconds(_ duration: Duration, _ mayBeNegative: Bool) throws(PromQLError) -> Int64 {
        try duration.resolved(
            step: Double(step) / 1000, range: Double(outer.end - outer.start) / 1000, mayBeNegative: mayBeNegative)
    }

    private func resolve(_ shift: inout TimeShift) throws(PromQLError) {
        if let offset = shift.offset { shift.offset = .milliseconds(try seconds(offset, true)) }
        switch shift.anchor {
        case .start: shift.anchor = .time(outer.start)
        case .end: shift.anchor = .time(outer.end)
        case .time, .evaluation: break
        }
    }

    private mutating func select(
        _ selector: inout Selector, _ range: Int64?, _ frame: Frame, _ hints: Hints
    ) throws(PromQLError) {
        try resolve(&selector.shift)
        let shift = selector.shift.resolved
        var before = range ?? limits.lookback
        var after: Int64 = 0
        switch selector.reach {
        case .within: break
        case .anchored: before += range == nil ? 0 : limits.lookback
        case .smoothed:
            before += range == nil ? 0 : limits.lookback
            after = limits.lookback
        }
        selector.selection = selections.count
        var request = SelectRequest(
            matchers: selector.matchers, after: shift.apply(to: frame.start) - before,
            through: shift.apply(to: max(frame.end, frame.start)) + after,
            step: frame.steps > 1 ? frame.interval : 0, range: range ?? 0, function: hints.function)
        request.skipsHistogramBuckets = hints.needsNoBuckets && !hints.isInSubquery
        request.wantsNewestOnly =
            range == nil && frame.steps <= 1 && !hints.isInSubquery && selector.reach == .within
            && hints.function != "timestamp" && hints.function != "info"
        // Whether a counter was reset is seen from the sample before.
        if request.skipsHistogramBuckets, range != nil { request.after -= limits.lookback }
        if hints.function == "info", range == nil { request = widened(request, frame) }
        selections.append(request)
    }

    /// Information about series may come from a time shift of theirs, which is not known here.
    private func widened(_ request: SelectRequest, _ frame: Frame) -> SelectRequest {
        var request = request
        if !request.matchers.contains(where: { $0.name == Labels.metricName }) {
            request.matchers.append(LabelMatcher(Labels.metricName, .equal, "target_info"))
        }
        return request
    }
}
