public import Series
public import Values

/// Reads an expression and checks that its parts fit together.
///
/// - Throws: with the place of what is wrong.
public func parse(_ expression: String) throws(PromQLError) -> Expression {
    let parsed = try Parser.parse(expression)
    _ = try TypeCheck.type(of: parsed)
    return parsed
}

/// What an expression gives at one time, with the semantics of Prometheus 3.
public func evaluate(_ expression: String, at time: Timestamp, data: any Queryable) throws(PromQLError) -> Value {
    try evaluate(try parse(expression), at: time, data: data)
}

/// What an expression that `parse` has read gives at one time.
public func evaluate(
    _ expression: Expression, at time: Timestamp, data: any Queryable
) throws(PromQLError) -> Value {
    let evaluator = Evaluator(data: data, start: time, end: time)
    let value = try evaluator.value(of: expression, at: time)
    switch value {
    case .vector(let elements): return .vector(try evaluator.finished(elements, expression.place))
    case .matrix(var range):
        range.series.sort { isOrderedBefore($0.labels, $1.labels) }
        return .matrix(range)
    case .scalar, .string: return value
    }
}

/// What an expression gives at every `step` from `start` through `end`, by series.
public func evaluate(
    _ expression: String, from start: Timestamp, through end: Timestamp, step: Period, data: any Queryable
) throws(PromQLError) -> [SeriesSamples] {
    let parsed = try parse(expression)
    let type = try TypeCheck.type(of: parsed)
    guard type == .scalar || type == .vector else {
        throw PromQLError("a range query needs a number or an instant vector, not \(type.described)", at: parsed.place)
    }
    let steps = step > .zero ? (end - start).milliseconds / step.milliseconds : -1
    guard steps >= 0, start <= end, steps < Evaluator.maximumSteps else {
        throw PromQLError("a range query needs 1 to \(Evaluator.maximumSteps) steps")
    }
    let times = stride(from: start.milliseconds, through: end.milliseconds, by: Int(step.milliseconds))
        .map(Timestamp.init(milliseconds:))
    return try Evaluator(data: data, start: start, end: end).series(of: parsed, at: times)
}

/// The matchers of a plain selector such as `http_requests_total{code=~"5.."}`.
///
/// - Throws: when it is anything else, with the place.
public func parseSelector(_ text: String) throws(PromQLError) -> [LabelMatcher] {
    let expression = try parse(text)
    guard case .selector(let selector) = expression.form else {
        throw PromQLError("expected a selector such as requests_total{code=\"500\"}", at: expression.place)
    }
    guard selector.shift == TimeShift() else {
        throw PromQLError("a selector must not have offset or @ here", at: expression.place)
    }
    return selector.matchers
}

/// The two sides of an expression that is a comparison, such as `x < 14.4`.
///
/// - Throws: when it is anything else, with the place.
public func parseComparison(_ text: String) throws(PromQLError) -> Operation {
    var expression = try parse(text)
    while case .parenthesised(let inner) = expression.form { expression = inner }
    guard case .operation(let operation) = expression.form, operation.symbol.isComparison else {
        throw PromQLError("expected a comparison such as x < 14.4", at: expression.place)
    }
    guard !operation.returnsBool else {
        throw PromQLError("leave out 'bool': the comparison itself is what must hold", at: expression.place)
    }
    return operation
}

/// What is wrong with a selector; `nil` when it is fine.
public func checkSelector(_ text: String) -> String? {
    do throws(PromQLError) {
        _ = try parseSelector(text)
        return nil
    } catch {
        return error.description
    }
}

/// What is wrong with a guardrail's comparison; `nil` when it is fine.
public func checkExpression(_ text: String) -> String? {
    do throws(PromQLError) {
        _ = try parseComparison(text)
        return nil
    } catch {
        return error.description
    }
}
