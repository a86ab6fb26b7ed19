import Series
import Values

/// Reads expressions: operators by precedence, everything else by what comes next.
struct Parser {
    let text: String
    let tokens: [Token]
    var position = 0
    private var depth = 0

    /// Deeper nesting is no human's, and would need much stack.
    private static let deepest = 400

    static func parse(_ text: String) throws(PromQLError) -> Expression {
        var parser = Parser(text: text, tokens: try Lexer.tokens(text))
        guard parser.token.kind != .end else { throw parser.error("no expression found in input", at: 0) }
        let expression = try parser.expression(1)
        guard parser.token.kind == .end else { throw parser.unexpected() }
        return expression
    }

    private init(text: String, tokens: [Token]) {
        self.text = text
        self.tokens = tokens
    }

    // MARK: - Tokens

    var token: Token { tokens[position] }
    var following: Token { tokens[min(position + 1, tokens.count - 1)] }
    /// Where the last token that was taken ends.
    var end: Int { position > 0 ? tokens[position - 1].range.end : 0 }

    mutating func take() -> Token {
        let taken = token
        if position < tokens.count - 1 { position += 1 }
        return taken
    }

    func isSymbol(_ symbol: String) -> Bool { token.kind == .symbol && token.text == symbol }

    func isWord(_ word: String) -> Bool { token.kind == .identifier && token.text.lowercased() == word }

    mutating func skip(_ symbol: String) -> Bool {
        guard isSymbol(symbol) else { return false }
        position += 1
        return true
    }

    mutating func expect(_ symbol: String, in context: String, expected: String? = nil) throws(PromQLError) {
        guard skip(symbol) else { throw unexpected(in: context, expected: expected ?? quoted(symbol)) }
    }

    func error(_ message: String, at offset: Int) -> PromQLError {
        PromQLError(message, at: .init(of: offset, in: text), kind: .badExpression)
    }

    func unexpected(in context: String? = nil, expected: String? = nil) -> PromQLError {
        var message = "unexpected \(token.described)"
        if let context { message += " in \(context)" }
        if let expected { message += ", expected \(expected)" }
        return error(message, at: token.range.start)
    }

    // MARK: - Operators

    /// Operands with operators of at least so much precedence between them.
    mutating func expression(_ precedence: Int) throws(PromQLError) -> Expression {
        depth += 1
        defer { depth -= 1 }
        try checkDepth(depth)
        var left = try operand()
        var operators = 0
        while let symbol = binaryOperator(), symbol.precedence >= precedence {
            let operatorRange = take().range
            // A long chain is as deep as nesting.
            operators += 1
            try checkDepth(depth + operators)
            var operation = Operation(symbol: symbol, left: left, right: left, returnsBool: false, matching: nil)
            try modifiers(of: &operation)
            // Only ^ binds to the right.
            operation.right = try expression(symbol == .power ? symbol.precedence : symbol.precedence + 1)
            let range = SourceRange(start: left.range.start, end: operation.right.range.end)
            try check(&operation, range, operatorRange)
            left = Expression(form: .operation(operation), range: range)
        }
        return left
    }

    private func checkDepth(_ depth: Int) throws(PromQLError) {
        guard depth <= Parser.deepest else {
            throw error("the expression is nested more than \(Parser.deepest) times", at: token.range.start)
        }
    }

    private func binaryOperator() -> BinaryOperator? {
        switch token.kind {
        case .symbol: return BinaryOperator(rawValue: token.text)
        case .identifier:
            let word = token.text.lowercased()
            return ["and", "or", "unless", "atan2"].contains(word) ? BinaryOperator(rawValue: word) : nil
        default: return nil
        }
    }

    private mutating func operand() throws(PromQLError) -> Expression {
        guard isSymbol("-") || isSymbol("+") else { return try postfixed(try primary()) }
        let sign = take()
        let isNegative = sign.text == "-"
        // A sign binds like a product: -1 ^ 2 is -(1 ^ 2).
        let operand = try expression(BinaryOperator.power.precedence)
        let range = SourceRange(start: sign.range.start, end: operand.range.end)
        if case .number(let value, let isDuration) = operand.form {
            return Expression(form: .number(isNegative ? -value : value, isDuration: isDuration), range: range)
        }
        guard operand.type == .scalar || operand.type == .vector else {
            throw error(
                "unary expression only allowed on expressions of type scalar or instant vector, got "
                    + quoted(operand.type.described), at: range.start)
        }
        return Expression(form: .signed(operand, isNegative: isNegative), range: range)
    }

    // MARK: - Operands

    private mutating func primary() throws(PromQLError) -> Expression {
        switch token.kind {
        case .number:
            let number = take()
            return Expression(
                form: .number(parseNumber(number.text) ?? .nan, isDuration: false), range: number.range)
        case .duration:
            let range = token.range
            return Expression(form: .number(try durationLiteral(), isDuration: true), range: range)
        case .string:
            let string = take()
            return Expression(form: .string(string.text), range: string.range)
        case .identifier: return try named()
        case .symbol where token.text == "(":
            let start = take().range.start
            let inner = try expression(1)
            guard skip(")") else { throw unexpected(in: "paren expression", expected: "\")\"") }
            return Expression(form: .parenthesised(inner), range: .init(start: start, end: end))
        case .symbol where token.text == "{": return try selector(name: nil)
        case .symbol, .end: throw unexpected()
        }
    }

    /// What begins with a word: an aggregation, a call or a metric.
    private mutating func named() throws(PromQLError) -> Expression {
        let word = token.text.lowercased()
        let next = following
        let opens = next.kind == .symbol && next.text == "("
        if let aggregator = Aggregator(rawValue: word) {
            let isGrouped = next.kind == .identifier && ["by", "without"].contains(next.text.lowercased())
            if opens || isGrouped { return try aggregation(aggregator) }
        }
        if opens { return try call() }
        if ["bool", "on", "ignoring", "group_left", "group_right", "atan2"].contains(word) { throw unexpected() }
        return try selector(name: take())
    }

    private mutating func call() throws(PromQLError) -> Expression {
        let name = take()
        let key = Function.queryContext.contains(name.text.lowercased()) ? name.text.lowercased() : name.text
        guard let function = Function.named(key) else {
            var message = "unknown function with name \(quoted(name.text))"
            if let near = nearest(to: name.text, among: Function.all.map(\.name)) {
                message += "; did you mean \(quoted(near))?"
            }
            throw error(message, at: name.range.start)
        }
        let arguments = try arguments()
        let range = SourceRange(start: name.range.start, end: end)
        let call = Call(function: function, arguments: arguments)
        try check(call, range)
        return Expression(form: .call(call), range: range)
    }

    mutating func arguments() throws(PromQLError) -> [Expression] {
        try expect("(", in: "function call")
        var arguments: [Expression] = []
        if skip(")") { return arguments }
        while true {
            arguments.append(try expression(1))
            if skip(")") { return arguments }
            let comma = token.range.start
            guard skip(",") else { throw unexpected(in: "function call", expected: "\",\" or \")\"") }
            if isSymbol(")") { throw error("trailing commas not allowed in function call args", at: comma) }
        }
    }

    // MARK: - What follows an operand

    private mutating func postfixed(_ operand: Expression) throws(PromQLError) -> Expression {
        var operand = operand
        while true {
            if isSymbol("[") {
                operand = try bracketed(operand)
            } else if isSymbol("@") {
                operand = try anchored(operand)
            } else if isWord("offset") {
                operand = try shifted(operand)
            } else if isWord("smoothed") || isWord("anchored") {
                operand = try extended(operand)
            } else {
                return operand
            }
        }
    }
}
