import Series
import Values

/// Evaluates one expression at one time after another.
struct Evaluator {
    /// How far back an instant selector looks for a sample.
    static let lookBack = Period.minutes(5)
    /// The step of a subquery that does not give one.
    static let defaultStep = Period.minutes(1)
    /// A bound on the work of one subquery or range query.
    static let maximumSteps = 11_000

    let data: any Queryable
    let start: Timestamp
    let end: Timestamp

    func value(of expression: Expression, at time: Timestamp) throws(PromQLError) -> Value {
        switch expression.form {
        case .number(let number): return .scalar(number)
        case .string(let text): return .string(text)
        case .parenthesised(let inner): return try value(of: inner, at: time)
        case .selector(let selector): return .vector(try instant(selector, at: time, expression.place))
        case .range(let selector, let period): return .matrix(try range(selector, period, at: time, expression.place))
        case .subquery(let inner, let period, let step, let shift):
            return .matrix(try subquery(inner, period, step, shift, at: time, expression.place))
        case .negated(let inner): return try negated(inner, at: time)
        case .operation(let operation): return try value(of: operation, at: time, expression.place)
        case .aggregation(let aggregation): return .vector(try value(of: aggregation, at: time, expression.place))
        case .call(let name, let arguments): return try call(name, arguments, at: time, expression.place)
        }
    }

    private func call(
        _ name: String, _ expressions: [Expression], at time: Timestamp, _ place: PromQLError.Place
    ) throws(PromQLError) -> Value {
        guard let function = Function.table[name] else { throw PromQLError("unknown function '\(name)'", at: place) }
        var arguments: [Value] = []
        for expression in expressions { arguments.append(try value(of: expression, at: time)) }
        return try function.body(
            FunctionCall(arguments: arguments, expressions: expressions, time: time, place: place))
    }

    private func negated(_ inner: Expression, at time: Timestamp) throws(PromQLError) -> Value {
        switch try value(of: inner, at: time) {
        case .scalar(let number): return .scalar(-number)
        case .vector(let elements):
            return .vector(elements.map { $0.with(-$0.value, dropsName: true) })
        case .string, .matrix: throw PromQLError("only a number or an instant vector can be negated", at: inner.place)
        }
    }

    // MARK: - Selectors

    private func time(_ shift: TimeShift, at time: Timestamp) -> Timestamp {
        switch shift.anchor {
        case .evaluation: return time - shift.offset
        case .time(let fixed): return fixed - shift.offset
        case .start: return start - shift.offset
        case .end: return end - shift.offset
        }
    }

    private func instant(
        _ selector: Selector, at time: Timestamp, _ place: PromQLError.Place
    ) throws(PromQLError) -> [Element] {
        let through = self.time(selector.shift, at: time)
        return try select(selector, after: through - Self.lookBack, through: through, place).compactMap { series in
            guard let last = series.samples.last, !last.isStaleMarker else { return nil }
            return Element(labels: series.labels, value: last.value)
        }
    }

    private func range(
        _ selector: Selector, _ period: Period, at time: Timestamp, _ place: PromQLError.Place
    ) throws(PromQLError) -> RangeVector {
        let through = self.time(selector.shift, at: time)
        let after = through - period
        var found = try select(selector, after: after, through: through, place)
        for index in found.indices { found[index].samples.removeAll(where: \.isStaleMarker) }
        return RangeVector(series: found.filter { !$0.samples.isEmpty }, after: after, through: through)
    }

    private func select(
        _ selector: Selector, after: Timestamp, through: Timestamp, _ place: PromQLError.Place
    ) throws(PromQLError) -> [SeriesSamples] {
        do throws(QueryError) {
            return try data.select(selector.matchers, after: after, through: through)
        } catch {
            switch error {
            case .tooManySeries(let limit): throw PromQLError("the query touches more than \(limit) series", at: place)
            case .tooManySamples(let limit):
                throw PromQLError("the query touches more than \(limit) samples", at: place)
            case .unavailable(let reason): throw PromQLError("the data cannot be read: \(reason)", at: place)
            case .invalidMatcher(let reason): throw PromQLError(reason, at: place)
            }
        }
    }

    private func subquery(
        _ inner: Expression, _ period: Period, _ step: Period?, _ shift: TimeShift, at time: Timestamp,
        _ place: PromQLError.Place
    ) throws(PromQLError) -> RangeVector {
        let through = self.time(shift, at: time)
        let after = through - period
        let step = (step ?? Self.defaultStep).milliseconds
        guard period.milliseconds / step <= Int64(Self.maximumSteps) else {
            throw PromQLError("the subquery has more than \(Self.maximumSteps) steps", at: place)
        }
        // Steps lie on multiples of their length, so that they do not move with the time of the query.
        var position = after.milliseconds / step * step
        while position <= after.milliseconds { position += step }
        var times: [Timestamp] = []
        while position <= through.milliseconds {
            times.append(Timestamp(milliseconds: position))
            position += step
        }
        return RangeVector(series: try series(of: inner, at: times), after: after, through: through)
    }

    /// An expression's values at several times, by series.
    func series(of expression: Expression, at times: [Timestamp]) throws(PromQLError) -> [SeriesSamples] {
        var collected: [[String: String]: [Sample]] = [:]
        for time in times {
            switch try value(of: expression, at: time) {
            case .scalar(let number): collected[[:], default: []].append(Sample(at: time, value: number))
            case .vector(let elements):
                for element in try finished(elements, expression.place) {
                    collected[element.labels, default: []].append(Sample(at: time, value: element.value))
                }
            case .string, .matrix:
                throw PromQLError("expected a number or an instant vector", at: expression.place)
            }
        }
        return collected.sorted { isOrderedBefore($0.key, $1.key) }
            .map { SeriesSamples(labels: $0.key, samples: $0.value) }
    }

    /// Takes away the names that no longer apply.
    func finished(_ elements: [Element], _ place: PromQLError.Place) throws(PromQLError) -> [Element] {
        guard elements.contains(where: \.dropsName) else { return elements }
        var seen = Set<[String: String]>()
        var finished: [Element] = []
        for var element in elements {
            if element.dropsName { element.labels["__name__"] = nil }
            element.dropsName = false
            guard seen.insert(element.labels).inserted else {
                throw PromQLError(
                    "the result would have two series with the labels \(described(element.labels))", at: place)
            }
            finished.append(element)
        }
        return finished
    }
}

extension Element {
    func with(_ value: Double, dropsName: Bool) -> Element {
        var element = self
        element.value = value
        element.dropsName = self.dropsName || dropsName
        return element
    }
}

/// `{a="b"}`
func described(_ labels: [String: String]) -> String {
    let pairs = labels.filter { $0.key != "__name__" }.sorted { $0.key < $1.key }.map { "\($0.key)=\"\($0.value)\"" }
    return (labels["__name__"] ?? "") + "{\(pairs.joined(separator: ", "))}"
}

/// By label names, then values.
func isOrderedBefore(_ left: [String: String], _ right: [String: String]) -> Bool {
    let (left, right) = (left.sorted { $0.key < $1.key }, right.sorted { $0.key < $1.key })
    for (one, other) in zip(left, right) {
        if one.key != other.key { return one.key < other.key }
        if one.value != other.value { return one.value < other.value }
    }
    return left.count < right.count
}
