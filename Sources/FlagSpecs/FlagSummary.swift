import Documents
import Values

extension ManagedFlag {
    /// What callers get, in a few words.
    public var summary: String {
        if isArchived { return "archived" }
        guard isEnabled else { return "off: callers use their own default" }
        var parts: [String] = []
        let targeting = targeting
        if let ramp, ramp.share.percent > 0 || !ramp.isOver {
            parts.append("\(ramp.to) for \(ramp.share)\(ramp.isOver ? "" : ", ramping")")
        } else if let rest = targeting.rest {
            parts.append(FlagText.outcome(rest))
        } else {
            parts.append(defaultVariant ?? "no default")
        }
        let rules = targeting.rules.count
        if rules > 0 { parts.append("\(rules) \(rules == 1 ? "rule" : "rules")") }
        if !prerequisites.isEmpty { parts.append("needs \(prerequisites.map(\.flag).joined(separator: ", "))") }
        if let layer { parts.append("layer \(layer.name)") }
        return parts.joined(separator: ", ")
    }

    /// Its rules for people, one line each; what everybody else gets comes last.
    public var ruleLines: [String] {
        let targeting = targeting
        var lines = targeting.rules.map { "\(FlagText.condition($0.condition)) → \(FlagText.outcome($0.outcome))" }
        var rest = targeting.rest.map(FlagText.outcome) ?? defaultVariant ?? "the caller's default"
        if let ramp, ramp.share.percent > 0 { rest = "\(ramp.to) for \(ramp.share), then \(rest)" }
        lines.append("\(lines.isEmpty ? "everybody" : "otherwise") → \(rest)")
        return lines
    }
}

/// JsonLogic as people read it.
enum FlagText {
    private static let infix: [String: String] = [
        "==": "is", "===": "is", "!=": "is not", "!==": "is not", ">": ">", ">=": ">=", "<": "<", "<=": "<=",
        "and": "and", "or": "or", "in": "in", "+": "+", "-": "-", "*": "*", "/": "/", "%": "%",
        "starts_with": "starts with", "ends_with": "ends with",
    ]

    /// What a rule gives: a variant's name, a distribution, or an expression.
    static func outcome(_ node: Node) -> String {
        if case .string(let name) = node.value { return name }
        guard let (name, arguments) = Logic.operation(of: node), name == "fractional" else { return condition(node) }
        let entries = arguments.compactMap { argument -> (String, Double)? in
            guard case .sequence(let items) = argument.value, let first = items.first else { return nil }
            switch items.count > 1 ? items[1].value : .integer(1) {
            case .integer(let weight): return (outcome(first), Double(weight))
            case .number(let weight): return (outcome(first), weight)
            default: return (outcome(first), 0)
            }
        }
        let whole = entries.reduce(0) { $0 + $1.1 }
        guard whole > 0 else { return condition(node) }
        return entries.map { "\(Percentage((($0.1 / whole) * 1e5).rounded() / 1e3)) \($0.0)" }.joined(separator: ", ")
    }

    static func condition(_ node: Node, nested: Bool = false) -> String {
        if let name = Logic.reference(of: node) { return "segment \(name)" }
        guard let (name, arguments) = Logic.operation(of: node) else { return plain(node) }
        if name == "var" { return variable(arguments) }
        if name == "!", arguments.count == 1 { return "not \(condition(arguments[0], nested: true))" }
        if name == "sem_ver", arguments.count == 3 {
            return arguments.map { condition($0, nested: true) }.joined(separator: " ")
        }
        guard let word = infix[name], arguments.count > 1 else {
            return "\(name)(\(arguments.map { condition($0) }.joined(separator: ", ")))"
        }
        let text = arguments.map { condition($0, nested: true) }.joined(separator: " \(word) ")
        return nested && ["and", "or"].contains(name) ? "(\(text))" : text
    }

    private static func variable(_ arguments: [Node]) -> String {
        guard case .string(let name) = arguments.first?.value else { return "var" }
        return name
    }

    private static func plain(_ node: Node) -> String { String(decoding: JSONWriter.write(node), as: UTF8.self) }
}
