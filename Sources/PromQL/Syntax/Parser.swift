import Series
import Values

/// Reads an expression, loosest operator first (after Pratt).
struct Parser {
    private let tokens: [Token]
    private var index = 0
    private var depth = 0

    /// - Throws: with the place of what is wrong.
    static func parse(_ text: String) throws(PromQLError) -> Expression {
        var parser = Parser(tokens: try Lexer.tokens(text))
        if parser.token.kind == .end { throw PromQLError("the expression is empty", at: parser.token.place) }
        let expression = try parser.expression(above: 0)
        guard parser.token.kind == .end else {
            throw parser.unexpected("expected an operator or the end")
        }
        return expression
    }

    private init(tokens: [Token]) {
        self.tokens = tokens
    }

    var token: Token { tokens[index] }

    func unexpected(_ wanted: String) -> PromQLError {
        PromQLError("\(wanted), found \(token.description)", at: token.place)
    }

    mutating func take() -> Token {
        let taken = tokens[index]
        if taken.kind != .end { index += 1 }
        return taken
    }

    func isSymbol(_ symbol: String) -> Bool { token.kind == .symbol(symbol) }

    mutating func skip(_ symbol: String) -> Bool {
        guard isSymbol(symbol) else { return false }
        index += 1
        return true
    }

    mutating func expect(_ symbol: String) throws(PromQLError) {
        guard skip(symbol) else { throw unexpected("expected '\(symbol)'") }
    }

    /// The token in lower case when it is a word, for keywords.
    var word: String? {
        if case .identifier(let name) = token.kind { return name.lowercased() }
        return nil
    }

    mutating func skipWord(_ keyword: String) -> Bool {
        guard word == keyword else { return false }
        index += 1
        return true
    }

    /// The token after the next.
    var following: Token { tokens[min(index + 1, tokens.count - 1)] }

    // MARK: - Operators

    mutating func expression(above minimum: Int) throws(PromQLError) -> Expression {
        depth += 1
        defer { depth -= 1 }
        guard depth <= 150 else { throw PromQLError("the expression is nested too deeply", at: token.place) }
        var left = try operand()
        while let symbol = binaryOperator, symbol.precedence > minimum {
            let place = take().place
            var operation = Operation(
                symbol: symbol, left: left, right: left, returnsBool: false, matching: VectorMatching())
            try modifiers(&operation)
            // Only the power binds to the right: 2^3^2 is 2^9.
            operation.right = try expression(above: symbol == .power ? symbol.precedence - 1 : symbol.precedence)
            left = Expression(form: .operation(operation), place: place)
        }
        return left
    }

    private var binaryOperator: BinaryOperator? {
        switch token.kind {
        case .symbol(let symbol): return BinaryOperator(rawValue: symbol)
        case .identifier(let name): return BinaryOperator(rawValue: name.lowercased())
        default: return nil
        }
    }

    private mutating func modifiers(_ operation: inout Operation) throws(PromQLError) {
        if operation.symbol.isSet { operation.matching.cardinality = .manyToMany }
        if word == "bool" {
            guard operation.symbol.isComparison else { throw unexpected("only a comparison may have 'bool'") }
            operation.returnsBool = true
            _ = take()
        }
        guard word == "on" || word == "ignoring", following.kind == .symbol("(") else { return }
        operation.matching.isOn = take().text.lowercased() == "on"
        operation.matching.labels = try labelNames()
        guard word == "group_left" || word == "group_right" else { return }
        guard !operation.symbol.isSet else { throw unexpected("'\(operation.symbol.rawValue)' cannot be grouped") }
        let group = take()
        operation.matching.cardinality = group.text.lowercased() == "group_left" ? .manyToOne : .oneToMany
        guard isSymbol("(") else { return }
        operation.matching.included = try labelNames()
        let twice = operation.matching.included.first(where: operation.matching.labels.contains)
        if operation.matching.isOn, let twice {
            throw PromQLError("the label '\(twice)' must not be in both on and group", at: group.place)
        }
    }

    /// `(a, b)`
    mutating func labelNames() throws(PromQLError) -> [String] {
        try expect("(")
        var names: [String] = []
        while !skip(")") {
            switch token.kind {
            case .identifier(let name) where !name.contains(":"): names.append(name)
            case .string(let name) where !name.isEmpty: names.append(name)
            default: throw unexpected("expected a label name")
            }
            _ = take()
            guard skip(",") || isSymbol(")") else { throw unexpected("expected ',' or ')'") }
        }
        return names
    }

    private mutating func operand() throws(PromQLError) -> Expression {
        let place = token.place
        if skip("-") {
            let inner = try expression(above: BinaryOperator.times.precedence)
            return Expression(form: .negated(inner), place: place)
        }
        if skip("+") { return try expression(above: BinaryOperator.times.precedence) }
        return try suffixes(of: try primary())
    }

    // MARK: - Operands

    private mutating func primary() throws(PromQLError) -> Expression {
        let place = token.place
        func made(_ form: Expression.Form) -> Expression { Expression(form: form, place: place) }
        switch token.kind {
        case .number(let number):
            _ = take()
            return made(.number(number))
        case .duration(let milliseconds):
            _ = take()
            return made(.number(Double(milliseconds) / 1000))
        case .string(let text):
            _ = take()
            return made(.string(text))
        case .symbol("("):
            _ = take()
            let inner = try expression(above: 0)
            try expect(")")
            return made(.parenthesised(inner))
        case .symbol("{"): return made(.selector(try selector()))
        case .identifier(let name): return made(try named(name))
        default: throw unexpected("expected an expression")
        }
    }

    private mutating func named(_ name: String) throws(PromQLError) -> Expression.Form {
        let lower = name.lowercased()
        let next = following.kind
        if Aggregator.table[lower] != nil, next == .symbol("(") || isGrouping(following) {
            return .aggregation(try aggregation())
        }
        if lower == "inf" || lower == "nan", next != .symbol("(") && next != .symbol("{") {
            _ = take()
            return .number(lower == "inf" ? .infinity : .nan)
        }
        if next == .symbol("(") { return try call(name) }
        return .selector(try selector())
    }

    private func isGrouping(_ token: Token) -> Bool {
        guard case .identifier(let name) = token.kind else { return false }
        return ["by", "without"].contains(name.lowercased())
    }

    private mutating func call(_ name: String) throws(PromQLError) -> Expression.Form {
        guard Function.table[name] != nil else {
            let known = Array(Function.table.keys) + Array(Aggregator.table.keys)
            let hint = nearest(to: name, among: known.sorted()).map { "; did you mean '\($0)'?" } ?? ""
            throw PromQLError("unknown function '\(name)'\(hint)", at: token.place)
        }
        _ = take()
        return .call(name, try arguments())
    }

    mutating func arguments() throws(PromQLError) -> [Expression] {
        try expect("(")
        var arguments: [Expression] = []
        while !skip(")") {
            arguments.append(try expression(above: 0))
            guard isSymbol(")") || skip(",") else { throw unexpected("expected ',' or ')'") }
            if isSymbol(")"), tokens[index - 1].kind == .symbol(",") { throw unexpected("expected an argument") }
        }
        return arguments
    }

    private mutating func aggregation() throws(PromQLError) -> Aggregation {
        let head = take()
        let name = head.text.lowercased()
        var grouping: (labels: [String], isWithout: Bool)?
        if isGrouping(token) { grouping = try self.grouping() }
        var operands = try arguments()
        if grouping == nil, isGrouping(token) { grouping = try self.grouping() }
        let wanted = Aggregator.table[name]?.parameter == nil ? 1 : 2
        guard operands.count == wanted, let operand = operands.popLast() else {
            throw PromQLError(
                "'\(name)' takes \(wanted) argument\(wanted == 1 ? "" : "s"), found \(operands.count)", at: head.place)
        }
        return Aggregation(
            name: name, parameter: operands.first, operand: operand, grouping: grouping?.labels ?? [],
            isWithout: grouping?.isWithout ?? false)
    }

    private mutating func grouping() throws(PromQLError) -> (labels: [String], isWithout: Bool) {
        let isWithout = take().text.lowercased() == "without"
        return (try labelNames(), isWithout)
    }
}
