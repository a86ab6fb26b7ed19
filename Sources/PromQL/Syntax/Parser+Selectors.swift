import Series
import Values

extension Parser {
    /// `name{label="value"}`, `{"name", label="value"}` and so on; `name` was taken already.
    mutating func selector(name: Token?) throws(PromQLError) -> Expression {
        let start = name?.range.start ?? token.range.start
        var matchers: [LabelMatcher] = []
        if isSymbol("{") { matchers = try braces() }
        var selector = Selector(name: name?.text, matchers: matchers)
        let range = SourceRange(start: start, end: end)
        if let name {
            if let other = matchers.first(where: { $0.name == Labels.metricName }) {
                throw error(
                    "metric name must not be set twice: \(quoted(name.text)) or \(quoted(other.value))", at: start)
            }
            selector.matchers.append(LabelMatcher(Labels.metricName, .equal, name.text))
        }
        return Expression(form: .selector(selector), range: range)
    }

    private mutating func braces() throws(PromQLError) -> [LabelMatcher] {
        position += 1
        var matchers: [LabelMatcher] = []
        while !skip("}") {
            guard token.kind == .identifier || token.kind == .string else {
                throw unexpected(in: "label matching", expected: "identifier or \"}\"")
            }
            matchers.append(try matcher(matchers))
            if skip(",") { continue }
            guard isSymbol("}") else { throw unexpected(in: "label matching", expected: "\",\" or \"}\"") }
        }
        return matchers
    }

    private mutating func matcher(_ before: [LabelMatcher]) throws(PromQLError) -> LabelMatcher {
        let name = take()
        guard token.kind == .symbol, let operation = LabelMatcher.Operation(rawValue: token.text) else {
            // A quoted text alone is the metric's name.
            guard name.kind == .string, isSymbol(",") || isSymbol("}") else {
                throw unexpected(in: "label matching", expected: "label matching operator")
            }
            if let other = before.first(where: { $0.name == Labels.metricName && $0.operation == .equal }) {
                throw error(
                    "metric name must not be set twice: \(quoted(other.value)) or \(quoted(name.text))",
                    at: name.range.start)
            }
            return LabelMatcher(Labels.metricName, .equal, name.text)
        }
        position += 1
        guard token.kind == .string else { throw unexpected(in: "label matching", expected: "string") }
        let value = take()
        let matcher = LabelMatcher(name.text, operation, value.text)
        do throws(RegularExpressionError) {
            _ = try CompiledMatcher(matcher)
        } catch {
            throw self.error("error parsing regexp: \(error)", at: name.range.start)
        }
        return matcher
    }

    // MARK: - Ranges and subqueries

    /// `x[5m]` or `x[1h:1m]`
    mutating func bracketed(_ operand: Expression) throws(PromQLError) -> Expression {
        let open = take().range.start
        if isSymbol("]") || isSymbol(":") { throw unexpected(in: "subquery or range selector", expected: "duration") }
        let length = try positiveDuration("subquery or range selector")
        if skip(":") {
            let step = isSymbol("]") ? nil : try positiveDuration("subquery selector")
            guard skip("]") else { throw unexpected(in: "subquery selector", expected: "\"]\"") }
            let range = SourceRange(start: operand.range.start, end: end)
            guard operand.type == .vector else {
                throw error(
                    "subquery is only allowed on instant vector, got \(operand.type.rawValue) instead",
                    at: range.start)
            }
            let subquery = Subquery(operand: operand, range: length, step: step)
            return Expression(form: .subquery(subquery), range: range)
        }
        guard skip("]") else { throw unexpected(in: "subquery or range", expected: "\":\" or \"]\"") }
        guard case .selector(let selector) = operand.form else {
            throw error(
                "ranges only allowed for vector selectors; a subquery such as [5m:1m] takes any instant vector",
                at: open)
        }
        if selector.shift.offset != nil { throw error("no offset modifiers allowed before range", at: open) }
        if selector.shift.anchor != .evaluation { throw error("no @ modifiers allowed before range", at: open) }
        return Expression(
            form: .range(selector, length), range: .init(start: operand.range.start, end: end))
    }

    // MARK: - Modifiers

    /// Applies a change to the time shift of a selector, range or subquery.
    private func change(
        _ operand: Expression, _ what: String, _ body: (inout TimeShift) throws(PromQLError) -> Void
    ) throws(PromQLError) -> Expression {
        var changed = operand
        changed.range.end = end
        switch operand.form {
        case .selector(var selector):
            try body(&selector.shift)
            changed.form = .selector(selector)
        case .range(var selector, let length):
            try body(&selector.shift)
            changed.form = .range(selector, length)
        case .subquery(var subquery):
            try body(&subquery.shift)
            changed.form = .subquery(subquery)
        default:
            throw error(
                "\(what) modifier must be preceded by an instant vector selector or range vector selector or a subquery",
                at: operand.range.start)
        }
        return changed
    }

    mutating func shifted(_ operand: Expression) throws(PromQLError) -> Expression {
        position += 1
        let offset = try offsetDuration()
        return try change(operand, "offset") { shift throws(PromQLError) in
            if shift.offset != nil { throw error("offset may not be set multiple times", at: operand.range.start) }
            shift.offset = offset
        }
    }

    mutating func anchored(_ operand: Expression) throws(PromQLError) -> Expression {
        position += 1
        let anchor = try anchor(operand)
        return try change(operand, "@") { shift throws(PromQLError) in
            if shift.anchor != .evaluation {
                throw error("@ <timestamp> may not be set multiple times", at: operand.range.start)
            }
            shift.anchor = anchor
        }
    }

    private mutating func anchor(_ operand: Expression) throws(PromQLError) -> TimeShift.Anchor {
        if isWord("start") || isWord("end"), following.text == "(" {
            let word = take().text.lowercased()
            position += 1
            try expect(")", in: "@")
            return word == "start" ? .start : .end
        }
        let isNegative = isSymbol("-")
        if isSymbol("-") || isSymbol("+") { position += 1 }
        guard token.kind == .number || token.kind == .duration else {
            throw unexpected(in: "@", expected: "timestamp")
        }
        var seconds = token.kind == .number ? parseNumber(take().text) ?? .nan : try durationLiteral()
        if isNegative { seconds = -seconds }
        guard seconds.isFinite, seconds.magnitude * 1000 <= Double(Frame.latest) else {
            throw error("timestamp out of bounds for @ modifier: \(formatNumber(seconds))", at: operand.range.start)
        }
        return .time(Int64((seconds * 1000).rounded()))
    }

    mutating func extended(_ operand: Expression) throws(PromQLError) -> Expression {
        let word = take().text.lowercased()
        guard let reach = Selector.Reach(rawValue: word) else { return operand }
        var changed = operand
        changed.range.end = max(operand.range.end, end)
        func apply(_ selector: inout Selector) throws(PromQLError) {
            if selector.reach != .within, selector.reach != reach {
                throw error("anchored and smoothed modifiers cannot be used together", at: operand.range.start)
            }
            selector.reach = reach
        }
        switch operand.form {
        case .selector(var selector):
            try apply(&selector)
            changed.form = .selector(selector)
        case .range(var selector, let length):
            try apply(&selector)
            changed.form = .range(selector, length)
        case .subquery: throw error("\(word) modifier is not supported for subqueries", at: operand.range.start)
        default: throw error("\(word) modifier not implemented", at: operand.range.start)
        }
        return changed
    }
}
