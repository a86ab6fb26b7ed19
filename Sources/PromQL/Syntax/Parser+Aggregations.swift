extension Parser {
    /// `sum by (label) (…)`, `sum(…) by (label)` and `topk(3, …)`.
    mutating func aggregation(_ aggregator: Aggregator) throws(PromQLError) -> Expression {
        let start = take().range.start
        var grouping = try groupingClause()
        guard isSymbol("(") else { throw unexpected(in: "aggregation", expected: "\"(\"") }
        var arguments = try arguments()
        if grouping == nil { grouping = try groupingClause() }
        let range = SourceRange(start: start, end: end)
        let wanted = aggregator.hasParameter ? 2 : 1
        guard !arguments.isEmpty else {
            throw error("no arguments for aggregate expression provided", at: start)
        }
        guard arguments.count == wanted else {
            throw error(
                "wrong number of arguments for aggregate expression provided, expected \(wanted), got \(arguments.count)",
                at: start)
        }
        let operand = arguments.removeLast()
        let aggregation = Aggregation(
            function: aggregator, parameter: arguments.first, operand: operand, grouping: grouping?.labels ?? [],
            isWithout: grouping?.isWithout ?? false)
        try expect(operand, .vector, "aggregation expression")
        if let parameter = aggregation.parameter, let type = aggregator.parameterType {
            try expect(parameter, type, "aggregation parameter")
        }
        return Expression(form: .aggregation(aggregation), range: range)
    }

    private mutating func groupingClause() throws(PromQLError) -> (labels: [String], isWithout: Bool)? {
        guard isWord("by") || isWord("without") else { return nil }
        let isWithout = take().text.lowercased() == "without"
        return (try labelList(), isWithout)
    }

    /// `(a, "b.c")`
    mutating func labelList() throws(PromQLError) -> [String] {
        guard skip("(") else { throw unexpected(in: "grouping opts", expected: "\"(\"") }
        var labels: [String] = []
        while !skip(")") {
            let name = token
            guard name.kind == .string || (name.kind == .identifier && !name.text.contains(":")), !name.text.isEmpty
            else { throw unexpected(in: "grouping opts", expected: "label") }
            labels.append(take().text)
            if skip(",") { continue }
            guard isSymbol(")") else { throw unexpected(in: "grouping opts", expected: "\",\" or \")\"") }
        }
        return labels
    }
}

extension Parser {
    /// `bool`, `on (…)`, `group_left (…)` and `fill (…)` after an operator.
    mutating func modifiers(of operation: inout Operation) throws(PromQLError) {
        var matching = VectorMatching()
        if isWord("bool"), !isName() {
            position += 1
            operation.returnsBool = true
        }
        if (isWord("on") || isWord("ignoring")) && opens() {
            matching.isOn = take().text.lowercased() == "on"
            matching.labels = try labelList()
            if isWord("group_left") || isWord("group_right") {
                matching.cardinality = take().text.lowercased() == "group_left" ? .manyToOne : .oneToMany
                if isSymbol("(") { matching.included = try labelList() }
            }
        } else if isWord("on") || isWord("ignoring") {
            position += 1
            throw unexpected(in: "grouping opts", expected: "\"(\"")
        }
        try fills(&matching)
        operation.matching = matching
    }

    /// `fill (0)`, or `fill_left (0)` and `fill_right (0)`; without a number in parentheses these are names of metrics.
    private mutating func fills(_ matching: inout VectorMatching) throws(PromQLError) {
        while isWord("fill") || isWord("fill_left") || isWord("fill_right"), opens() {
            let word = take()
            position += 1
            let isNegative = isSymbol("-")
            if isSymbol("-") || isSymbol("+") { position += 1 }
            guard token.kind == .number || token.kind == .duration else {
                throw unexpected(in: "fill value", expected: "number")
            }
            let value = token.kind == .number ? parseNumber(take().text) ?? .nan : try durationLiteral()
            try expect(")", in: "fill value")
            let filled = isNegative ? -value : value
            let name = word.text.lowercased()
            if (name != "fill_right" && matching.fillLeft != nil) || (name != "fill_left" && matching.fillRight != nil)
            {
                throw error("fill values must not be set twice", at: word.range.start)
            }
            if name != "fill_right" { matching.fillLeft = filled }
            if name != "fill_left" { matching.fillRight = filled }
        }
    }

    private func opens() -> Bool { following.kind == .symbol && following.text == "(" }

    /// Whether a word that may be a modifier is an operand: nothing that begins an operand follows.
    private func isName() -> Bool {
        switch following.kind {
        case .end: return true
        case .symbol: return !["(", "{", "-", "+"].contains(following.text)
        default: return false
        }
    }
}
