import Series
import Values

extension Parser {
    /// `name`, `name{…}` or `{…}`.
    mutating func selector() throws(PromQLError) -> Selector {
        let place = token.place
        var matchers: [LabelMatcher] = []
        if case .identifier(let name) = token.kind {
            matchers.append(LabelMatcher("__name__", .equal, name))
            _ = take()
        }
        if isSymbol("{") { try braces(&matchers) }
        guard matchers.contains(where: { !matchesEmpty($0) }) else {
            throw PromQLError("a selector needs at least one matcher that does not match the empty text", at: place)
        }
        return Selector(matchers: matchers, shift: TimeShift())
    }

    private func matchesEmpty(_ matcher: LabelMatcher) -> Bool {
        (try? CompiledMatcher(matcher))?.matches("") ?? false
    }

    private mutating func braces(_ matchers: inout [LabelMatcher]) throws(PromQLError) {
        try expect("{")
        while !skip("}") {
            let head = take()
            let name: String
            switch head.kind {
            case .identifier(let text) where !text.contains(":"): name = text
            case .string(let text): name = text
            default: throw PromQLError("expected a label name, found \(head.description)", at: head.place)
            }
            if case .string = head.kind, isSymbol(",") || isSymbol("}") {
                try addName(name, &matchers, head)
            } else {
                matchers.append(try matcher(name))
            }
            guard skip(",") || isSymbol("}") else { throw unexpected("expected ',' or '}'") }
        }
    }

    private func addName(_ name: String, _ matchers: inout [LabelMatcher], _ head: Token) throws(PromQLError) {
        if matchers.contains(where: { $0.name == "__name__" && $0.operation == .equal }) {
            throw PromQLError("the metric has a name already", at: head.place)
        }
        matchers.append(LabelMatcher("__name__", .equal, name))
    }

    private mutating func matcher(_ name: String) throws(PromQLError) -> LabelMatcher {
        guard case .symbol(let symbol) = token.kind, let operation = LabelMatcher.Operation(rawValue: symbol) else {
            throw unexpected("expected =, !=, =~ or !~")
        }
        _ = take()
        let value = take()
        guard case .string(let text) = value.kind else {
            throw PromQLError("expected a quoted label value, found \(value.description)", at: value.place)
        }
        let matcher = LabelMatcher(name, operation, text)
        do throws(RegularExpressionError) {
            _ = try CompiledMatcher(matcher)
        } catch {
            throw PromQLError("\(error)", at: value.place)
        }
        return matcher
    }

    /// `[5m]`, `[1h:1m]`, `offset 5m`, `@ 1600000000` behind an operand.
    mutating func suffixes(of operand: Expression) throws(PromQLError) -> Expression {
        var expression = operand
        while true {
            if isSymbol("[") {
                expression = try range(of: expression)
            } else if word == "offset" {
                let place = take().place
                let isNegative = skip("-")
                if !isNegative { _ = skip("+") }
                let period = try duration()
                try shift(&expression, place) { shift in
                    guard shift.offset == .zero else { return "the offset is given twice" }
                    shift.offset = .milliseconds(isNegative ? -period.milliseconds : period.milliseconds)
                    return nil
                }
            } else if isSymbol("@") {
                let place = take().place
                let anchor = try anchor()
                try shift(&expression, place) { shift in
                    guard shift.anchor == .evaluation else { return "the time after @ is given twice" }
                    shift.anchor = anchor
                    return nil
                }
            } else {
                return expression
            }
        }
    }

    private mutating func range(of operand: Expression) throws(PromQLError) -> Expression {
        let bracket = take()
        let period = try duration()
        guard period > .zero else { throw PromQLError("a range must be longer than 0", at: bracket.place) }
        if skip(":") {
            var step: Period?
            if !isSymbol("]") {
                step = try duration()
                guard step.map({ $0 > .zero }) ?? true else {
                    throw PromQLError("a step must be longer than 0", at: bracket.place)
                }
            }
            try expect("]")
            return Expression(
                form: .subquery(operand, range: period, step: step, TimeShift()), place: operand.place)
        }
        try expect("]")
        guard case .selector(let selector) = operand.form else {
            throw PromQLError("only a selector may have a range; write [5m:] for a subquery", at: bracket.place)
        }
        guard selector.shift == TimeShift() else {
            throw PromQLError("the range comes before offset and @", at: bracket.place)
        }
        return Expression(form: .range(selector, period), place: operand.place)
    }

    /// A duration, or a number of seconds.
    private mutating func duration() throws(PromQLError) -> Period {
        switch token.kind {
        case .duration(let milliseconds):
            _ = take()
            return .milliseconds(milliseconds)
        case .number(let seconds) where seconds.magnitude < 9e9:
            _ = take()
            return .milliseconds(Int64((seconds * 1000).rounded()))
        default: throw unexpected("expected a duration such as 5m")
        }
    }

    private mutating func anchor() throws(PromQLError) -> TimeShift.Anchor {
        if word == "start" || word == "end" {
            let name = take().text.lowercased()
            try expect("(")
            try expect(")")
            return name == "start" ? .start : .end
        }
        let isNegative = skip("-")
        if !isNegative { _ = skip("+") }
        let seconds: Double
        switch token.kind {
        case .number(let number) where number.magnitude < 9e12: seconds = number
        case .duration(let milliseconds): seconds = Double(milliseconds) / 1000
        default: throw unexpected("expected a time in seconds, start() or end()")
        }
        _ = take()
        return .time(Timestamp(milliseconds: Int64(((isNegative ? -seconds : seconds) * 1000).rounded())))
    }

    /// - Parameter change: returns what is wrong, or nil.
    private func shift(
        _ expression: inout Expression, _ place: PromQLError.Place, _ change: (inout TimeShift) -> String?
    ) throws(PromQLError) {
        let problem: String?
        switch expression.form {
        case .selector(var selector):
            problem = change(&selector.shift)
            expression.form = .selector(selector)
        case .range(var selector, let period):
            problem = change(&selector.shift)
            expression.form = .range(selector, period)
        case .subquery(let inner, let range, let step, var shift):
            problem = change(&shift)
            expression.form = .subquery(inner, range: range, step: step, shift)
        default: problem = "only a selector or a subquery may have offset and @"
        }
        if let problem { throw PromQLError(problem, at: place) }
    }
}
