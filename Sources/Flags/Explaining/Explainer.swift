import Documents

/// Walks a rule as it was written, and notes what it finds on the way.
struct Explainer {
    let scope: Scope
    let shared: SharedRules
    private(set) var steps: [FlagExplanation.Step] = []
    private(set) var matched: Int?
    private(set) var bucket: FlagExplanation.Bucket?

    init(scope: Scope, shared: SharedRules) {
        self.scope = scope
        self.shared = shared
    }

    /// Explains a rule whose value is the answer.
    mutating func answer(_ node: Node, depth: Int = 0) {
        if let (attribute, spread) = guardedSplit(node) { return split(spread, by: attribute, depth) }
        switch node.call {
        case ("if", let arguments)?, ("?:", let arguments)?: choose(arguments, depth)
        case ("fractional", let arguments)?: split(node, arguments, depth)
        case ("$ref", _)? where shared.rule(node) != nil:
            note(.note, "\(phrase(node)) answers", depth)
            answer(shared.rule(node) ?? node, depth: depth + 1)
        case (let name, _)? where Operator.byName[name] == nil: note(.note, unknown(name, node), depth)
        case (_, _)?: note(.note, "\(phrase(node)) gives \(shown(value(node)))\(facts(node))", depth)
        case nil: break
        }
    }

    /// A split by an attribute, for those who have it: what `bucketBy` is made.
    private func guardedSplit(_ node: Node) -> (attribute: String, split: Node)? {
        guard case ("if", let arguments)? = node.call, arguments.count == 3, arguments[2].value == .null,
            case ("var", let path)? = arguments[0].call, path.count == 1, case .string(let attribute) = path[0].value,
            case ("fractional", let shares)? = arguments[1].call, shares.first?.paths == [attribute]
        else { return nil }
        return (attribute, arguments[1])
    }

    private mutating func split(_ node: Node, by attribute: String, _ depth: Int) {
        guard value(at: attribute).isTruthy, let call = node.call else {
            return note(.note, "\(attribute) is not set, and the shares are spread by it: the default counts", depth)
        }
        split(node, call.arguments, depth)
    }

    private mutating func choose(_ arguments: [Node], _ depth: Int) {
        var index = 0
        var isDecided = false
        while index + 1 < arguments.count {
            if isDecided {
                note(.notReached, "\(phrase(arguments[index])): not looked at any more", depth)
            } else if condition(arguments[index], depth) {
                isDecided = true
                if depth == 0 { matched = index / 2 + 1 }
                result(arguments[index + 1], depth + 1)
            }
            index += 2
        }
        guard !isDecided else { return }
        if index < arguments.count {
            note(.note, "no condition matches: what is left counts", depth)
            result(arguments[index], depth + 1)
        } else {
            note(.note, "no condition matches, and nothing else is said: the default counts", depth)
        }
    }

    private mutating func result(_ node: Node, _ depth: Int) {
        switch node.value {
        case .mapping: answer(node, depth: depth)
        case .null: note(.note, "the default counts", depth)
        default: note(.note, "answers \(shown(FlagValue(node)))", depth)
        }
    }

    /// Notes whether a condition holds, and what the context has that decides it.
    private mutating func condition(_ node: Node, _ depth: Int) -> Bool {
        guard let call = node.call else {
            let holds = value(node).isTruthy
            note(holds ? .matches : .doesNotMatch, "always \(holds ? "holds" : "fails")", depth)
            return holds
        }
        switch call.name {
        case "and", "or":
            guard call.arguments.count > 1 else { break }
            let holds = value(node).isTruthy
            note(holds ? .matches : .doesNotMatch, call.name == "and" ? "all of these:" : "one of these:", depth)
            for (index, argument) in call.arguments.enumerated() {
                if condition(argument, depth + 1) != (call.name == "and") {
                    for left in call.arguments[(index + 1)...] { note(.notReached, phrase(left), depth + 1) }
                    break
                }
            }
            return holds
        case "$ref":
            guard let rule = shared.rule(node) else { break }
            let holds = value(rule).isTruthy
            note(holds ? .matches : .doesNotMatch, "\(phrase(node)):", depth)
            _ = condition(rule, depth + 1)
            return holds
        case "fractional":
            split(node, call.arguments, depth)
            return value(node).isTruthy
        default: break
        }
        if call.name == "$ref" || Operator.byName[call.name] == nil {
            note(.note, unknown(call.name, node), depth)
            return false
        }
        let holds = value(node).isTruthy
        note(holds ? .matches : .doesNotMatch, "\(phrase(node))\(facts(node))", depth)
        return holds
    }

    private mutating func split(_ node: Node, _ arguments: [Node], _ depth: Int) {
        let values = arguments.map(value)
        guard let (hash, shares) = Fraction.hash(values, scope), let distribution = Fraction.parse(shares) else {
            note(.note, "\(phrase(node)) has no answer: \(noSplit(values)); the default counts", depth)
            return
        }
        let number = Int(MurmurBucket.of(hash, outOf: distribution.total))
        let isUsual = values.first.map { if case .list = $0 { true } else { false } } ?? false
        let key =
            isUsual || scope.bucketing == .v2 && shares.count == values.count
            ? "the flag's key and the targeting key \(shown(scope.targetingKey.map { .string($0) } ?? .null))"
            : "\(phrase(arguments[0])), which is \(shown(values[0]))"
        bucket = FlagExplanation.Bucket(key: key, number: number, total: Int(distribution.total))
        var end = 0
        var parts: [String] = []
        var chosen = FlagValue.null
        for share in distribution.shares where share.weight > 0 {
            if number >= end, number < end + Int(share.weight) { chosen = share.variant }
            parts.append("\(shown(share.variant)) \(end)–\(end + Int(share.weight) - 1)")
            end += Int(share.weight)
        }
        note(
            .note,
            "bucket \(number) of \(distribution.total) by \(key): \(shown(chosen)) (\(parts.joined(separator: ", ")))",
            depth)
        noteOtherGeneration(values, chosen, depth)
    }

    private func noSplit(_ values: [FlagValue]) -> String {
        if Fraction.hash(values, scope) == nil {
            return scope.targetingKey == nil ? "there is no targeting key" : "there is nothing to hash"
        }
        return "its shares are not valid"
    }

    private func unknown(_ name: String, _ node: Node) -> String {
        if let reference = node.reference { return "there is no shared rule '\(reference)': PARSE_ERROR" }
        return "there is no operator '\(name)': PARSE_ERROR"
    }

    /// The value of a part of the rule; null where it ends with an error.
    private func value(_ node: Node) -> FlagValue {
        let resolved = (try? shared.resolved(node)) ?? node
        let compiler = RuleCompiler(log: IssueLog(file: ""), shared: shared)
        // Every part may do as much as the whole when it was evaluated.
        scope.budget.refill()
        return (try? compiler.compile(Cursor(resolved, log: compiler.log)).value(in: scope)) ?? .null
    }

    private func value(at path: String) -> FlagValue {
        scope.budget.refill()
        return (try? scope.value(at: .string(path), or: .null)) ?? .null
    }

    mutating func note(_ outcome: FlagExplanation.Step.Outcome, _ text: String, _ depth: Int) {
        steps.append(FlagExplanation.Step(depth: depth, outcome: outcome, text: text))
    }

    /// What the context has of that which a rule reads: `; country is "US"`.
    private func facts(_ node: Node) -> String {
        let paths = ((try? shared.resolved(node)) ?? node).paths.filter { $0 != "$flagd.flagKey" && !$0.isEmpty }
        let words = phrase(node)
        let facts = paths.compactMap { path -> String? in
            let value = value(at: path)
            let fact = value == .null ? "\(path) is not set" : "\(path) is \(shown(value))"
            // What the phrase says itself is not said twice.
            return fact == words ? nil : fact
        }
        return facts.isEmpty ? "" : "; \(listed(facts))"
    }
}

enum MurmurBucket {
    static func of(_ hash: UInt32, outOf total: Int64) -> UInt32 { bucket(ofHash: hash, outOf: UInt32(total)) }
}

extension Node {
    /// The operator and its arguments, where this is a call.
    var call: (name: String, arguments: [Node])? {
        guard case .mapping(let entries) = value, entries.count == 1 else { return nil }
        if case .sequence(let items) = entries[0].value.value { return (entries[0].key, items) }
        return (entries[0].key, [entries[0].value])
    }

    /// The attributes that a rule reads, each once.
    var paths: [String] {
        var found: [String] = []
        gather(&found)
        return found
    }

    private func gather(_ found: inout [String]) {
        if let call, call.name == "var", case .string(let path)? = call.arguments.first?.value {
            if !found.contains(path) { found.append(path) }
        }
        switch value {
        case .sequence(let items): for item in items { item.gather(&found) }
        case .mapping(let entries): for entry in entries { entry.value.gather(&found) }
        case .null, .bool, .integer, .number, .string: break
        }
    }
}
