public import Series

/// An expression that was read and checked, ready to be evaluated.
public struct Query: Hashable, Sendable {
    public let text: String
    public let expression: Expression

    /// - Throws: with the place of what is wrong.
    public init(_ text: String) throws(PromQLError) {
        self.text = text
        self.expression = try parse(text)
    }

    init(text: String, expression: Expression) {
        self.text = text
        self.expression = expression
    }

    public var type: ValueType { expression.type }

    /// The query at one time, in milliseconds since the epoch.
    public func prepared(at time: Int64, limits: QueryLimits = QueryLimits()) throws(PromQLError) -> PreparedQuery {
        try PreparedQuery(self, Frame(start: time, end: time, interval: 1), isRange: false, step: 0, limits: limits)
    }

    /// The query at every step from `start` through `end`, all in milliseconds.
    ///
    /// - Throws: when the expression is no number and no instant vector, or the step is not positive.
    public func prepared(
        from start: Int64, through end: Int64, step: Int64, limits: QueryLimits = QueryLimits()
    ) throws(PromQLError) -> PreparedQuery {
        guard type == .scalar || type == .vector else {
            throw PromQLError(
                "invalid expression type \(quoted(type.described)) for range query, must be Scalar or instant Vector",
                kind: .badExpression)
        }
        guard step > 0 else {
            throw PromQLError(
                "zero or negative query resolution step widths are not accepted. Try a positive integer",
                kind: .badExpression)
        }
        guard start <= end else {
            throw PromQLError("end timestamp must not be before start time", kind: .badExpression)
        }
        return try PreparedQuery(
            self, Frame(start: start, end: end, interval: step), isRange: true, step: step, limits: limits)
    }
}

/// A query with its times: what to select is known, and once that is there it can be evaluated.
///
/// ```
/// let query = try Query("sum(rate(requests_total[5m]))").prepared(at: now)
/// var sets: [any SeriesSet] = []
/// for request in query.selections { sets.append(try await source.select(request)) }
/// let result = try query.evaluate(with: sets)
/// ```
public struct PreparedQuery: Sendable {
    public let query: Query
    /// One for every selector.
    public let selections: [SelectRequest]
    let expression: Expression
    let frame: Frame
    let isRange: Bool
    let limits: QueryLimits

    init(_ query: Query, _ frame: Frame, isRange: Bool, step: Int64, limits: QueryLimits) throws(PromQLError) {
        guard max(frame.start.magnitude, frame.end.magnitude) <= Frame.latest else {
            throw PromQLError("the time is too far from 1970", kind: .badExpression)
        }
        guard frame.steps <= limits.samples else {
            throw PromQLError("query processing would load too many samples into memory in query execution")
        }
        var preparation = Preparation(frame: frame, step: step, limits: limits)
        self.query = query
        self.expression = try preparation.prepare(query.expression)
        self.selections = preparation.selections
        self.frame = frame
        self.isRange = isRange
        self.limits = limits
    }

    /// Evaluates the query over the series that were selected, one set for each of `selections`.
    ///
    /// Pure and synchronous. `interruption` is asked again and again whether to end early; `reserve` is told of every change of
    /// how many samples are held, and may say that there are too many. What is still held at the end is not given back to it.
    /// - Throws: when the data do not fit the expression, limits are exceeded, or the evaluation is interrupted.
    public func evaluate(
        with sets: [any SeriesSet], interruption: @escaping () -> Interruption? = { nil },
        reserve: @escaping (Int) -> Bool = { _ in true }
    ) throws(PromQLError) -> QueryResult {
        guard sets.count == selections.count else {
            throw PromQLError("\(selections.count) selections were asked for, and \(sets.count) sets given")
        }
        let evaluation = Evaluation(self, sets, interruption, reserve)
        return try evaluation.run()
    }
}
