import Documents

/// Segments without references to others: clients put the rules in one after the other, in an order of their own.
struct PlainSegments {
    /// More nodes than this in one segment are refused: with each that refers to another twice they double.
    static let largest = 20_000

    /// What is wrong: circles, and segments that become too large.
    private(set) var issues: [DocumentIssue] = []
    private(set) var rules: [String: Node] = [:]
    private let source: [String: Node]
    /// The nodes of each; `nil` while it is being made.
    private var sizes: [String: Int?] = [:]
    /// The segments on the way, to see a circle.
    private var way: [String] = []

    init(_ source: [String: Node]) {
        self.source = source
        for name in source.keys.sorted() { make(name) }
    }

    /// How many nodes a rule has with its segments; it may be too many to be made.
    func size(of node: Node) -> Int {
        var size = 0
        Logic.visit(node) { node in
            let own = Logic.reference(of: node).flatMap { rules[$0] == nil ? nil : sizes[$0] ?? nil } ?? 1
            size = size.addingReportingOverflow(own).overflow ? Int.max : size + own
        }
        return size
    }

    /// The rule with its segments put in. A reference to nothing stays, and is reported by the compiler with its place.
    func expand(_ node: Node) -> Node {
        Logic.rewriting(node) { node in Logic.reference(of: node).flatMap { rules[$0] } }
    }

    private mutating func make(_ name: String) {
        guard let rule = source[name], sizes[name] == nil else { return }
        sizes[name] = .some(nil)
        way.append(name)
        defer { way.removeLast() }
        for reference in Logic.references(in: rule) {
            if let start = way.firstIndex(of: reference) {
                let circle = (way[start...] + [reference]).joined(separator: " → ")
                report(reference, "the segments go round in a circle: \(circle)", "take one of the references away")
                return
            }
            // A chain that long is no rule that anybody reads, and it must not exhaust the stack.
            guard way.count < 32 else {
                return report(
                    name, "it stands at the end of \(way.count) segments that refer to each other", "use fewer")
            }
            make(reference)
        }
        let size = size(of: rule)
        guard size <= PlainSegments.largest else {
            return report(name, "it is too large with the segments that it refers to", "refer to fewer segments")
        }
        let expanded = expand(rule)
        guard Logic.depth(expanded) <= 100 else {
            return report(name, "it is nested too deep with the segments that it refers to", "refer to fewer segments")
        }
        sizes[name] = size
        rules[name] = expanded
    }

    private mutating func report(_ name: String, _ message: String, _ hint: String) {
        issues.append(
            DocumentIssue(
                file: "", at: source[name]?.position ?? .unknown,
                path: FieldPath.key(name, of: .key("$evaluators", of: .root)).description, message: message, hint: hint)
        )
    }
}
