import Documents

/// The `$evaluators` of a set, put in where a flag refers to them.
///
/// As flagd does it: one evaluator after the other, in the order of the file, so that a rule can only refer to rules
/// that come after it.
struct SharedRules {
    /// More nodes than this in one flag are refused: rules that refer to each other can grow without bounds.
    static let sizeLimit = 20_000

    private var places: [String: Int] = [:]
    private var rules: [Node.Entry] = []

    init(_ node: Node?) {
        guard case .mapping(let entries) = node?.value else { return }
        rules = entries
        for (place, entry) in entries.enumerated() { places[entry.key] = place }
    }

    var names: [String] { rules.map(\.key) }

    /// What is wrong with a reference.
    enum Problem: Error {
        case tooLarge
        case tooDeep(Position)
    }

    /// The node with all references replaced; those that lead nowhere stay.
    func resolved(_ node: Node) throws(Problem) -> Node {
        guard !rules.isEmpty else { return node }
        var budget = SharedRules.sizeLimit
        return try resolved(node, from: 0, depth: 0, &budget)
    }

    /// The rule that a `$ref` leads to; `nil` when it leads nowhere.
    func rule(_ node: Node) -> Node? {
        guard let rule = try? resolved(node), rule.reference == nil else { return nil }
        return rule
    }

    /// Whether a name that was not found is that of a rule which stands too early in the file.
    func has(_ name: String) -> Bool { places[name] != nil }

    private func resolved(_ node: Node, from first: Int, depth: Int, _ budget: inout Int) throws(Problem) -> Node {
        budget -= 1
        if budget < 0 { throw .tooLarge }
        if depth > FlagSetCompiler.depthLimit { throw .tooDeep(node.position) }
        switch node.value {
        case .sequence(let items):
            var resolvedItems: [Node] = []
            for item in items { resolvedItems.append(try resolved(item, from: first, depth: depth + 1, &budget)) }
            return Node(.sequence(resolvedItems), at: node.position)
        case .mapping(let entries):
            if let name = node.reference, let place = places[name], place >= first {
                return try resolved(rules[place].value, from: place + 1, depth: depth, &budget)
            }
            var resolvedEntries: [Node.Entry] = []
            for var entry in entries {
                entry.value = try resolved(entry.value, from: first, depth: depth + 1, &budget)
                resolvedEntries.append(entry)
            }
            return Node(.mapping(resolvedEntries), at: node.position)
        case .null, .bool, .integer, .number, .string: return node
        }
    }
}

extension Node {
    /// The name in `{"$ref": "name"}`; `nil` when this is something else.
    var reference: String? {
        guard case .mapping(let entries) = value, entries.count == 1, entries[0].key == "$ref",
            case .string(let name) = entries[0].value.value
        else { return nil }
        return name
    }
}
