public import Documents
public import Values

/// A flag as people manage it: flagd's flag, and what Halcyon knows beyond it.
///
/// All members are kept as their author wrote them and in that order, unknown ones too.
public struct ManagedFlag: Hashable, Sendable {
    public let key: String
    public private(set) var node: Node

    public init(key: String, node: Node) {
        self.key = key
        self.node = node
    }

    /// A member; setting `nil` takes it away, a new one comes last.
    public subscript(member: String) -> Node? {
        get { node[member] }
        set {
            guard case .mapping(var entries) = node.value else { return }
            if let index = entries.firstIndex(where: { $0.key == member }) {
                if let newValue { entries[index].value = newValue } else { entries.remove(at: index) }
            } else if let newValue {
                entries.append(Node.Entry(member, newValue))
            }
            node = Node(.mapping(entries), at: node.position)
        }
    }

    public var isEnabled: Bool { text("state") == "ENABLED" }
    public var isArchived: Bool { node["archived"]?.value == .bool(true) }
    public var defaultVariant: String? { text("defaultVariant") }
    public var description: String { text("description") ?? "" }
    public var owner: String { text("owner") ?? "" }
    public var expires: String? { text("expires") }
    /// The attribute that distributions spread by; `nil` is flagd's own way, by the targeting key.
    public var bucketBy: String? { text("bucketBy") }
    public var tags: [String] { texts("tags") }
    public var holdouts: [String] { texts("holdouts") }

    /// The variants in their order.
    public var variants: [(name: String, value: Node)] {
        guard case .mapping(let entries) = node["variants"]?.value else { return [] }
        return entries.map { ($0.key, $0.value) }
    }

    /// What its variants are: `boolean`, `string`, `number` or `object`.
    public var kind: String {
        switch variants.first?.value.value {
        case .bool: return "boolean"
        case .string: return "string"
        case .integer, .number: return "number"
        default: return "object"
        }
    }

    /// The names of the segments that its targeting refers to.
    public var segments: [String] { node["targeting"].map(Logic.references) ?? [] }

    /// The flag as JSON, indented.
    public var json: String { String(decoding: JSONWriter.write(node, style: .pretty), as: UTF8.self) }

    /// A variant that a rule names and that the flag does not have. flagd answers it with an error, one by one.
    public struct MissingVariant: Hashable, Sendable {
        public var name: String
        public var position: Position
        /// The nearest variant, or all of them.
        public var hint: String
    }

    /// The variants that its rules name and that it does not have.
    public var missingVariants: [MissingVariant] {
        let known = variants.map(\.name)
        let targeting = targeting
        var named: [Node] = []
        for outcome in targeting.rules.map(\.outcome) + (targeting.rest.map { [$0] } ?? []) {
            if case .string = outcome.value { named.append(outcome) }
            guard let (name, arguments) = Logic.operation(of: outcome), name == "fractional" else { continue }
            for case .sequence(let entry) in arguments.map(\.value) { named += entry.prefix(1) }
        }
        return named.compactMap { node in
            guard case .string(let name) = node.value, !known.contains(name) else { return nil }
            let hint =
                nearest(to: name, among: known).map { "did you mean '\($0)'?" } ?? "its variants are \(listed(known))"
            return MissingVariant(name: name, position: node.position, hint: hint)
        }
    }

    var targeting: Targeting { Targeting(node["targeting"]) }

    func text(_ member: String) -> String? {
        if case .string(let text) = node[member]?.value { return text }
        return nil
    }

    private func texts(_ member: String) -> [String] {
        switch node[member]?.value {
        case .string(let text): return [text]
        case .sequence(let items):
            return items.compactMap { if case .string(let text) = $0.value { text } else { nil } }
        default: return []
        }
    }
}

extension ManagedFlag {
    /// Another flag that must give one of some variants first.
    public struct Prerequisite: Hashable, Sendable {
        public var flag: String
        public var variants: [String]
        /// What this flag gives when it does not; `nil` is the default variant.
        public var otherwise: String?
        var position: Position

        /// Where it was written does not matter.
        public static func == (left: Prerequisite, right: Prerequisite) -> Bool {
            left.flag == right.flag && left.variants == right.variants && left.otherwise == right.otherwise
        }
        public func hash(into hasher: inout Hasher) {
            hasher.combine(flag)
            hasher.combine(variants)
            hasher.combine(otherwise)
        }
    }

    public var prerequisites: [Prerequisite] {
        guard case .sequence(let items) = node["prerequisites"]?.value else { return [] }
        return items.compactMap { item in
            guard case .string(let flag) = item["flag"]?.value else { return nil }
            var variants: [String] = []
            switch item["variant"]?.value {
            case .string(let name): variants = [name]
            case .sequence(let names):
                variants = names.compactMap { if case .string(let name) = $0.value { name } else { nil } }
            default: break
            }
            var otherwise: String?
            if case .string(let name) = item["otherwise"]?.value { otherwise = name }
            return Prerequisite(flag: flag, variants: variants, otherwise: otherwise, position: item.position)
        }
    }

    /// A part of the keys that no other flag of the same layer has.
    public struct Layer: Hashable, Sendable {
        public var name: String
        /// The slots from here, of `slots` in all.
        public var from: Int
        /// Up to here, this one not included.
        public var to: Int

        public static let slots = 10_000
    }

    public var layer: Layer? {
        guard let node = node["layer"], case .string(let name) = node["name"]?.value,
            let from = node["from"]?.wholeNumber, let to = node["to"]?.wholeNumber, from >= 0, from < to,
            to <= Layer.slots
        else { return nil }
        return Layer(name: name, from: from, to: to)
    }

    /// A change at a time.
    public struct Scheduled: Hashable, Sendable {
        public var at: Timestamp
        /// The members to set; null takes one away.
        public var set: Node
    }

    /// In the order of their times.
    public var schedule: [Scheduled] {
        guard case .sequence(let items) = node["schedule"]?.value else { return [] }
        return items.compactMap { item -> Scheduled? in
            guard case .string(let text) = item["at"]?.value, let at = Timestamp(text), let set = item["set"] else {
                return nil
            }
            return Scheduled(at: at, set: set)
        }.sorted { $0.at < $1.at }
    }
}
