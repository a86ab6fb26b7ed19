extension Parser {
    /// A duration such as `5m`, in seconds.
    mutating func durationLiteral() throws(PromQLError) -> Double {
        let literal = take()
        guard let milliseconds = parseDuration(literal.text) else {
            let isLong = literal.text.utf8.count > 12
            throw error(
                isLong ? "duration out of range" : "not a valid duration string: \(quoted(literal.text))",
                at: literal.range.start)
        }
        return Double(milliseconds) / 1000
    }

    /// The length of a range or a step, which must be more than nothing.
    mutating func positiveDuration(_ context: String) throws(PromQLError) -> Duration {
        let start = token.range.start
        let expression = try durationExpression(4, context)
        guard case .number(let seconds, _) = expression else { return .expression(expression) }
        guard seconds > 0 else { throw error("duration must be greater than 0", at: start) }
        return try literal(seconds, start)
    }

    /// Only a literal, a call or parentheses, with a sign: `x offset 5m + 1` is `(x offset 5m) + 1`.
    mutating func offsetDuration() throws(PromQLError) -> Duration {
        let start = token.range.start
        let isNegative = isSymbol("-")
        if isSymbol("-") || isSymbol("+") { position += 1 }
        let expression = try durationOperand("offset")
        if case .number(let seconds, _) = expression { return try literal(isNegative ? -seconds : seconds, start) }
        return .expression(isNegative ? .negated(expression) : expression)
    }

    private func literal(_ seconds: Double, _ start: Int) throws(PromQLError) -> Duration {
        let milliseconds = (seconds * 1000).rounded()
        guard milliseconds.magnitude <= Double(longestDuration) else {
            throw error("duration out of range", at: start)
        }
        return .milliseconds(Int64(milliseconds))
    }

    private mutating func durationExpression(
        _ precedence: Int, _ context: String
    ) throws(PromQLError) -> DurationExpression {
        var left = try signedDuration(context)
        while token.kind == .symbol, let symbol = BinaryOperator(rawValue: token.text),
            symbol.precedence >= max(precedence, 4)
        {
            let place = take().range.start
            let right = try durationExpression(
                symbol == .power ? symbol.precedence : symbol.precedence + 1, context)
            if case .number(0, _) = right, symbol == .divided || symbol == .modulo {
                throw error(symbol == .divided ? "division by zero" : "modulo by zero", at: place)
            }
            left = .operation(symbol, left, right)
        }
        return left
    }

    private mutating func signedDuration(_ context: String) throws(PromQLError) -> DurationExpression {
        guard isSymbol("-") || isSymbol("+") else { return try durationOperand(context) }
        let isNegative = take().text == "-"
        let operand = try durationExpression(BinaryOperator.power.precedence, context)
        guard isNegative else { return operand }
        if case .number(let seconds, let isDuration) = operand { return .number(-seconds, isDuration: isDuration) }
        return .negated(operand)
    }

    private mutating func durationOperand(_ context: String) throws(PromQLError) -> DurationExpression {
        switch token.kind {
        case .number:
            let start = token.range.start
            let seconds = parseNumber(take().text) ?? .nan
            guard seconds.magnitude * 1000 <= Double(longestDuration) else {
                throw error("duration out of range", at: start)
            }
            return .number(seconds, isDuration: false)
        case .duration: return .number(try durationLiteral(), isDuration: true)
        case .symbol where token.text == "(":
            position += 1
            let inner = try durationExpression(4, context)
            try expect(")", in: context)
            return .parenthesised(inner)
        case .identifier where following.text == "(" && following.kind == .symbol:
            return try durationCall(context)
        default: throw unexpected(in: context, expected: "number, duration, step(), or range()")
        }
    }

    private mutating func durationCall(_ context: String) throws(PromQLError) -> DurationExpression {
        let word = token.text.lowercased()
        guard ["step", "range", "min_of", "max_of"].contains(word) else {
            throw unexpected(in: context, expected: "number, duration, step(), or range()")
        }
        position += 2
        if word == "step" || word == "range" {
            try expect(")", in: context)
            return word == "step" ? .step : .range
        }
        let first = try durationExpression(4, context)
        try expect(",", in: context)
        let second = try durationExpression(4, context)
        try expect(")", in: context)
        return word == "min_of" ? .least(first, second) : .greatest(first, second)
    }
}

extension DurationExpression {
    /// In seconds, once the query's step and range are known.
    func seconds(step: Double, range: Double) throws(PromQLError) -> Double {
        switch self {
        case .number(let value, _): return value
        case .step: return step
        case .range: return range
        case .negated(let inner): return -(try inner.seconds(step: step, range: range))
        case .parenthesised(let inner): return try inner.seconds(step: step, range: range)
        case .least(let left, let right):
            return min(try left.seconds(step: step, range: range), try right.seconds(step: step, range: range))
        case .greatest(let left, let right):
            return max(try left.seconds(step: step, range: range), try right.seconds(step: step, range: range))
        case .operation(let symbol, let left, let right):
            let a = try left.seconds(step: step, range: range)
            let b = try right.seconds(step: step, range: range)
            switch symbol {
            case .plus: return a + b
            case .minus: return a - b
            case .times: return a * b
            case .power: return Mathematics.power(a, b)
            case .divided:
                if b == 0 { throw PromQLError("division by zero") }
                return a / b
            default:
                if b == 0 { throw PromQLError("modulo by zero") }
                return Mathematics.remainder(a, b)
            }
        }
    }
}

extension Duration {
    /// - Throws: when it cannot be calculated, is too long, or is not positive where it must be.
    func resolved(step: Double, range: Double, mayBeNegative: Bool) throws(PromQLError) -> Int64 {
        guard case .expression(let expression) = self else { return milliseconds }
        let seconds = try expression.seconds(step: step, range: range)
        guard mayBeNegative || seconds > 0 else { throw PromQLError("duration must be greater than 0") }
        guard seconds.magnitude * 1000 <= Double(longestDuration) else { throw PromQLError("duration is out of range") }
        return Int64((seconds * 1000).rounded(.towardZero))
    }
}
