public import Series
public import Values

/// Reads an expression and checks that its parts fit together.
///
/// - Throws: with the place of what is wrong.
public func parse(_ expression: String) throws(PromQLError) -> Expression {
    let parsed = try Parser.parse(expression)
    try Selector.checkAll(in: parsed, expression)
    return parsed
}

/// The matchers of a plain selector such as `http_requests_total{code=~"5.."}`.
///
/// - Throws: when it is anything else, with the place.
public func parseSelector(_ text: String) throws(PromQLError) -> [LabelMatcher] {
    let expression = try parse(text)
    let place = PromQLError.Place(of: expression.range.start, in: text)
    guard case .selector(let selector) = expression.form else {
        throw PromQLError("expected a selector such as requests_total{code=\"500\"}", at: place, kind: .badExpression)
    }
    guard selector.shift == TimeShift(), selector.reach == .within else {
        throw PromQLError("a selector must not have offset or @ here", at: place, kind: .badExpression)
    }
    return selector.matchers
}

/// A comparison that must hold, such as `x < 14.4`.
public struct QueryComparison: Hashable, Sendable {
    public let symbol: BinaryOperator
    public let left: Query
    public let right: Query
    /// The comparison with 1 for what holds, and 0 for what does not.
    public let returningBool: Query
}

/// The two sides of an expression that is a comparison.
///
/// - Throws: when it is anything else, with the place.
public func parseComparison(_ text: String) throws(PromQLError) -> QueryComparison {
    let parsed = try parse(text).unwrapped
    let place = PromQLError.Place(of: parsed.range.start, in: text)
    guard case .operation(var operation) = parsed.form, operation.symbol.isComparison else {
        throw PromQLError("expected a comparison such as x < 14.4", at: place, kind: .badExpression)
    }
    guard !operation.returnsBool else {
        throw PromQLError(
            "leave out 'bool': the comparison itself is what must hold", at: place, kind: .badExpression)
    }
    operation.returnsBool = true
    return QueryComparison(
        symbol: operation.symbol, left: Query(text: text, expression: operation.left),
        right: Query(text: text, expression: operation.right),
        returningBool: Query(text: text, expression: Expression(form: .operation(operation), range: parsed.range)))
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

/// What is wrong with an expression that gives a number for each host; `nil` when it is fine.
public func checkValue(_ text: String) -> String? {
    do throws(PromQLError) {
        let query = try parse(text)
        if query.type == .vector { return nil }
        return query.type == .matrix
            ? "it gives stretches of time: wrap it in a function such as rate(…)" : "it gives one number for all hosts"
    } catch {
        return error.description
    }
}

/// How much an evaluation over a `Queryable` may take.
public struct EvaluationBounds: Sendable {
    public var limits: QueryLimits
    /// Series of one selector; 0 leaves it to who has the data.
    public var series: Int
    /// Asked again and again whether to end early.
    public var interruption: @Sendable () -> Interruption?

    public init(
        limits: QueryLimits = QueryLimits(), series: Int = 0,
        interruption: @escaping @Sendable () -> Interruption? = { nil }
    ) {
        (self.limits, self.series, self.interruption) = (limits, series, interruption)
    }
}

extension Query {
    /// What the query gives at one time over what a `Queryable` knows.
    public func evaluate(
        at time: Timestamp, data: any Queryable, within bounds: EvaluationBounds = EvaluationBounds()
    ) throws(PromQLError) -> QueryResult {
        let prepared = try prepared(at: time.milliseconds, limits: bounds.limits)
        let sets = try selected(prepared, data, series: bounds.series)
        return try prepared.evaluate(with: sets, interruption: bounds.interruption)
    }

    /// What the query gives at every `step` from `start` through `end`.
    public func evaluate(
        from start: Timestamp, through end: Timestamp, step: Period, data: any Queryable
    ) throws(PromQLError) -> QueryResult {
        let prepared = try prepared(
            from: start.milliseconds, through: end.milliseconds, step: step.milliseconds)
        return try prepared.evaluate(with: try selected(prepared, data))
    }

    private func selected(
        _ prepared: PreparedQuery, _ data: any Queryable, series: Int = 0
    ) throws(PromQLError) -> [any SeriesSet] {
        var sets: [any SeriesSet] = []
        for var request in prepared.selections {
            request.limitSeries = series
            do throws(QueryError) {
                sets.append(try data.series(request))
            } catch {
                throw PromQLError(error.text, kind: error.kind)
            }
        }
        return sets
    }
}
