import Documents

/// Pieces of JsonLogic as documents.
enum Logic {
    static let null = Node(.null)

    static func operation(_ name: String, _ arguments: [Node], at position: Position = .unknown) -> Node {
        Node(.mapping([Node.Entry(name, at: position, Node(.sequence(arguments), at: position))]), at: position)
    }

    static func variable(_ name: String) -> Node { .mapping([("var", .string(name))]) }

    /// The operation of a node: a mapping of one entry. Its arguments are a list even when one was written without.
    static func operation(of node: Node) -> (name: String, arguments: [Node])? {
        guard case .mapping(let entries) = node.value, entries.count == 1, let entry = entries.first else { return nil }
        if case .sequence(let arguments) = entry.value.value { return (entry.key, arguments) }
        return (entry.key, [entry.value])
    }

    /// The name in a reference to a segment, `{"$ref": NAME}`.
    static func reference(of node: Node) -> String? {
        guard case .mapping(let entries) = node.value, entries.count == 1, entries[0].key == "$ref",
            case .string(let name) = entries[0].value.value
        else { return nil }
        return name
    }

    /// Whether this is a distribution among variants that names no key of its own to spread.
    static func isImplicitFractional(_ node: Node) -> Bool {
        guard let (name, arguments) = operation(of: node), name == "fractional", let first = arguments.first else {
            return false
        }
        if case .sequence = first.value { return true }
        return false
    }

    /// The tree with every node replaced by what `change` makes of it; `nil` goes on below it.
    static func rewriting(_ node: Node, _ change: (Node) -> Node?) -> Node {
        if let changed = change(node) { return changed }
        switch node.value {
        case .sequence(let items):
            return Node(.sequence(items.map { rewriting($0, change) }), at: node.position)
        case .mapping(let entries):
            let changed = entries.map { Node.Entry($0.key, at: $0.keyPosition, rewriting($0.value, change)) }
            return Node(.mapping(changed), at: node.position)
        default: return node
        }
    }

    /// The names of the segments that a tree refers to.
    static func references(in node: Node) -> [String] {
        var names: [String] = []
        visit(node) { node in
            if let name = reference(of: node), !names.contains(name) { names.append(name) }
        }
        return names
    }

    static func visit(_ node: Node, _ body: (Node) -> Void) {
        body(node)
        switch node.value {
        case .sequence(let items): for item in items { visit(item, body) }
        case .mapping(let entries): for entry in entries { visit(entry.value, body) }
        default: break
        }
    }

    /// How deep it is nested; a value by itself is 0.
    static func depth(_ node: Node) -> Int {
        switch node.value {
        case .sequence(let items): 1 + (items.map(depth).max() ?? 0)
        case .mapping(let entries): 1 + (entries.map { depth($0.value) }.max() ?? 0)
        default: 0
        }
    }

    static func size(_ node: Node) -> Int {
        var count = 0
        visit(node) { _ in count += 1 }
        return count
    }

    /// A distribution that gives `share` percent `first`, and the others `second`. Whoever is in keeps being in when the
    /// share rises.
    static func split(_ first: Node, share: Double, _ second: Node) -> Node {
        if share >= 100 { return first }
        if share <= 0 { return second }
        var whole = 100
        while whole < 100_000, (share * Double(whole) / 100).rounded() != share * Double(whole) / 100 { whole *= 10 }
        let weight = min(max(Int((share * Double(whole) / 100).rounded()), 1), whole - 1)
        return operation(
            "fractional",
            [.sequence([first, .integer(weight)]), .sequence([second, .integer(whole - weight)])])
    }
}

/// A flag's targeting as people think of it: rules from the first to the last, and what everybody else gets.
struct Targeting: Hashable {
    struct Rule: Hashable {
        var condition: Node
        /// A variant, or an expression that gives one.
        var outcome: Node
    }

    var rules: [Rule] = []
    /// `nil`: the default variant.
    var rest: Node?

    init(_ node: Node?) {
        guard var node else { return }
        // An `if` in the place of what everybody else gets goes on with the rules.
        while let (name, arguments) = Logic.operation(of: node), name == "if" || name == "?:" {
            // A rule for everybody is what everybody else gets.
            if arguments.count == 2, arguments[0].value == .bool(true) {
                node = arguments[1]
                continue
            }
            var index = 0
            while index + 1 < arguments.count {
                rules.append(Rule(condition: arguments[index], outcome: arguments[index + 1]))
                index += 2
            }
            guard index < arguments.count else { return }
            node = arguments[index]
        }
        if case .mapping(let entries) = node.value, entries.isEmpty { return }
        if case .null = node.value { return }
        rest = node
    }

    /// `nil`: everybody gets the default variant. Targeting is an operation always: a variant alone is none.
    var node: Node? {
        guard !rules.isEmpty else {
            guard let rest, rest.value != .null else { return nil }
            if case .mapping = rest.value { return rest }
            return Logic.operation("if", [.bool(true), rest])
        }
        return Logic.operation("if", rules.flatMap { [$0.condition, $0.outcome] } + (rest.map { [$0] } ?? []))
    }
}
