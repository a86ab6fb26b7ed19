public import Documents
import Values

/// A managed set made plain: flagd's own members only, so that every client answers alike.
public struct LoweredSet: Sendable {
    /// The plain flags by key; archived ones are not among them.
    public var flags: [String: Node]
    /// The whole set as a flagd document.
    public var node: Node
    /// What is wrong, flag by flag.
    public var issues: [DocumentIssue]
    /// The flags that are not as they were in the set that was reused; `nil` when none was.
    public private(set) var changed: Set<String>?
    /// What it was made of.
    let source: FlagSet

    /// Of a set without flags.
    public init() {
        self.init(FlagSet(), flags: [:], node: Node(.mapping([])), issues: [])
    }

    init(
        _ source: FlagSet, flags: [String: Node], node: Node, issues: [DocumentIssue], changed: Set<String>? = nil
    ) {
        self.changed = changed
        self.source = source
        self.flags = flags
        self.node = node
        self.issues = issues
    }
}

extension FlagSet {
    /// Segments become `$evaluators`; prerequisites, layers, holdouts, `bucketBy` and ramps become ordinary targeting.
    ///
    /// - Parameters:
    ///   - files: the file of each flag, for messages; the others are told by their place in the set.
    ///   - old: a set whose flags are taken over where nothing has changed that they depend on.
    public func lowered(files: [String: String] = [:], reusing old: LoweredSet = LoweredSet()) -> LoweredSet {
        let isLike = old.issues.isEmpty && old.source.bucketing == bucketing && old.source.holdouts == holdouts
        var lowerer = Lowerer(self, files: files)
        lowerer.checkLayers()
        var plain: [String: Node] = [:]
        var ordered: [(String, Node)] = []
        var changed: Set<String> = []
        plain.reserveCapacity(flags.count)
        ordered.reserveCapacity(flags.count)
        for (key, flag) in flags.sorted(by: { $0.key < $1.key }) where !flag.isArchived {
            let node: Node
            // What needs other flags changes with them.
            if isLike, files.isEmpty || files[key] == nil, flag["prerequisites"] == nil, let known = old.flags[key],
                old.source.flags[key]?.node == flag.node, old.source.overlays[key] == overlays[key]
            {
                node = known
            } else {
                node = lowerer.plainFlag(flag)
                if old.flags[key] != node || files[key] != nil { changed.insert(key) }
            }
            plain[key] = node
            ordered.append((key, node))
        }
        let segments = lowerer.segments
        return LoweredSet(
            self, flags: plain, node: file(ordered, segments: segments.rules), issues: segments.issues + lowerer.issues,
            changed: old.flags.isEmpty ? nil : changed)
    }
}

/// What keeps callers from a flag's own rules; the first that does decides.
public struct FlagGuard: Hashable, Sendable {
    public enum Subject: Hashable, Sendable {
        case holdout(HoldoutSpec)
        case layer(ManagedFlag.Layer)
        case prerequisite(ManagedFlag.Prerequisite)
    }

    public var subject: Subject
    /// Whom it keeps out.
    public var condition: Node
    /// What they get; null is the default.
    public var outcome: Node
    /// Which keys are `in` and `out`, of a holdout or a layer.
    public var spread: Node?

    /// A rule that gives `out` for those whom it keeps out, and `in` for the others.
    public var rule: Node { Logic.operation("if", [condition, .string("out"), .string("in")]) }
}

extension FlagSet {
    /// What keeps callers from a flag's own rules, in its order.
    public func guards(of flag: ManagedFlag) -> [FlagGuard] {
        var lowerer = Lowerer(self, files: [:])
        return lowerer.guards(of: flag)
    }

    /// The flag by itself, made plain: without what keeps callers from its own rules.
    public func withoutGuards(_ flag: ManagedFlag) -> FlagSet {
        var alone = flag
        for member in ["prerequisites", "layer", "holdouts"] { alone[member] = nil }
        return FlagSet(bucketing: bucketing, flags: [flag.key: alone], segments: segments, overlays: overlays)
    }
}

/// Makes the flags of one set plain, each once.
private struct Lowerer {
    /// A targeting of more nodes is refused: inlined prerequisites can double with every flag.
    static let largest = 20_000
    /// All inlined prerequisites of a set together.
    static let largestTogether = 1_000_000
    /// A longer way from flag to flag is refused, and deeper nesting: no set may exhaust the stack.
    static let longestChain = 20
    static let deepest = 100

    let set: FlagSet
    let segments: PlainSegments
    let files: [String: String]
    var issues: [DocumentIssue] = []
    private var done: [String: Node?] = [:]
    private var inlinedSize = 0
    /// The flags on the way, to see a cycle.
    private var chain: [String] = []

    init(_ set: FlagSet, files: [String: String]) {
        self.set = set
        self.files = files
        segments = PlainSegments(set.segments)
    }

    // MARK: Flags

    mutating func plainFlag(_ flag: ManagedFlag) -> Node {
        let targeting = targeting(of: flag)
        var entries: [Node.Entry] = []
        if case .mapping(let members) = flag.node.value {
            entries = members.filter { FlagMembers.served.contains($0.key) && $0.key != "targeting" }
        }
        if let overlay = set.overlays[flag.key],
            let metadata = overlay.metadata(
                over: flag["metadata"], rules: flag.targeting.rules.count + guards(of: flag).count)
        {
            entries.removeAll { $0.key == "metadata" }
            entries.append(Node.Entry("metadata", metadata))
        }
        if let targeting {
            let position = flag["targeting"]?.position ?? flag.node.position
            entries.append(Node.Entry("targeting", at: position, targeting))
        }
        return Node(.mapping(entries), at: flag.node.position)
    }

    private mutating func targeting(of flag: ManagedFlag) -> Node? {
        if let known = done[flag.key] { return known }
        if let start = chain.firstIndex(of: flag.key) {
            let cycle = (chain[start...] + [flag.key]).joined(separator: " → ")
            report(
                flag, flag["prerequisites"]?.position, "prerequisites",
                "the prerequisites go round in a circle: \(cycle)", hint: "take one of them away")
            return nil
        }
        guard chain.count < Lowerer.longestChain else {
            report(
                flag, flag["prerequisites"]?.position, "prerequisites",
                "\(chain[0]) needs \(chain[1]), and so on, over more than \(Lowerer.longestChain) flags",
                hint: "refer to the flags at the end of the chain directly")
            return nil
        }
        chain.append(flag.key)
        defer { chain.removeLast() }
        var own = flag["targeting"]
        if let ramp = flag.ramp, ramp.share.percent > 0 {
            var targeting = flag.targeting
            let others = targeting.rest ?? flag.defaultVariant.map(Node.string) ?? Logic.null
            targeting.rest = Logic.split(.string(ramp.to), share: ramp.share.percent, others)
            own = targeting.node
        } else if let overlay = set.overlays[flag.key] {
            own = flag.targeting(under: overlay)
        }
        if let attribute = flag.bucketBy, let node = own {
            own = Lowerer.spread(node, by: attribute, key: flag.key, guarded: true)
        }
        let guards = guards(of: flag)
        if !guards.isEmpty {
            own = Logic.operation("if", guards.flatMap { [$0.condition, $0.outcome] } + [own ?? Logic.null])
        }
        if let node = own, !guards.isEmpty, Logic.size(node) > Lowerer.largest || Logic.depth(node) > Lowerer.deepest {
            report(
                flag, nil, "prerequisites",
                "the targeting becomes too large with the prerequisites of its prerequisites",
                hint: "refer to fewer flags")
            own = nil
        }
        done[flag.key] = .some(own)
        return own
    }

    mutating func guards(of flag: ManagedFlag) -> [FlagGuard] {
        var guards = flag.holdouts.compactMap { holdout($0, of: flag) }
        if let layer = flag.layer {
            let spread = Lowerer.spread(
                layer.from..<layer.to, of: ManagedFlag.Layer.slots, seed: "layer:\(layer.name):",
                attribute: flag.bucketBy)
            let outside = Logic.operation("!", [Lowerer.isWithin(spread, attribute: flag.bucketBy)])
            guards.append(FlagGuard(subject: .layer(layer), condition: outside, outcome: Logic.null, spread: spread))
        }
        return guards + flag.prerequisites.compactMap { unmet($0, of: flag) }
    }

    private mutating func holdout(_ name: String, of flag: ManagedFlag) -> FlagGuard? {
        guard let holdout = set.holdouts[name] else {
            report(
                flag, flag["holdouts"]?.position, "holdouts", "there is no holdout '\(name)'",
                hint: hint(name, among: set.holdouts.keys, "apply one with kind: Holdout"))
            return nil
        }
        let whole = 100_000
        let width = Int((holdout.share.fraction * Double(whole)).rounded())
        guard width > 0 else { return nil }
        let spread = Lowerer.spread(
            0..<min(width, whole), of: whole, seed: "holdout:\(name):", attribute: holdout.bucketBy)
        return FlagGuard(
            subject: .holdout(holdout), condition: Lowerer.isWithin(spread, attribute: holdout.bucketBy),
            outcome: Logic.null, spread: spread)
    }

    /// Keeps those out whose prerequisite is not met; nobody when it always is.
    private mutating func unmet(_ prerequisite: ManagedFlag.Prerequisite, of flag: ManagedFlag) -> FlagGuard? {
        func kept(out condition: Node) -> FlagGuard {
            let outcome = prerequisite.otherwise.map(Node.string) ?? Logic.null
            return FlagGuard(subject: .prerequisite(prerequisite), condition: condition, outcome: outcome)
        }
        guard let other = set.flags[prerequisite.flag], !other.isArchived else {
            let gone = set.flags[prerequisite.flag] != nil
            report(
                flag, prerequisite.position, "prerequisites",
                gone
                    ? "the flag '\(prerequisite.flag)' is archived" : "there is no flag '\(prerequisite.flag)'",
                hint: gone
                    ? "take the prerequisite away first"
                    : hint(prerequisite.flag, among: set.flags.keys, "make that flag first"))
            return nil
        }
        let names = other.variants.map(\.name)
        for name in prerequisite.variants where !names.contains(name) {
            report(
                flag, prerequisite.position, "prerequisites", "the flag '\(other.key)' has no variant '\(name)'",
                hint: hint(name, among: names, "its variants are \(listed(names))"))
        }
        guard other.isEnabled else {
            _ = targeting(of: other)
            return kept(out: .bool(true))
        }
        let isDefaultWanted = other.defaultVariant.map(prerequisite.variants.contains) ?? false
        guard let targeting = targeting(of: other) else {
            return isDefaultWanted ? nil : kept(out: .bool(true))
        }
        let answer = inlined(targeting, of: other, into: flag, at: prerequisite.position)
        if isDefaultWanted {
            // Nothing found counts as the default, which is wanted.
            let unwanted = names.filter { !prerequisite.variants.contains($0) }
            return kept(out: Logic.operation("in", [answer, Lowerer.answers(unwanted)]))
        }
        let isMet = Logic.operation("in", [answer, Lowerer.answers(prerequisite.variants)])
        return kept(out: Logic.operation("!", [isMet]))
    }

    /// A rule may name the variants `true` and `false` by their values, too.
    private static func answers(_ names: [String]) -> Node {
        var items = names.map(Node.string)
        if names.contains("true") { items.append(.bool(true)) }
        if names.contains("false") { items.append(.bool(false)) }
        return .sequence(items)
    }

    /// The targeting of one flag as an expression within another's: what depends on the flag's own key is written out.
    private mutating func inlined(
        _ targeting: Node, of flag: ManagedFlag, into user: ManagedFlag, at position: Position
    ) -> Node {
        let size = segments.size(of: targeting)
        guard inlinedSize <= Lowerer.largestTogether - size else {
            report(
                user, position, "prerequisites", "the prerequisites of all flags together are too large",
                hint: "refer to fewer flags, or to simpler ones")
            return targeting
        }
        inlinedSize += size
        guard size <= Lowerer.largest else {
            report(
                user, position, "prerequisites", "the targeting of '\(flag.key)' is too large with its segments",
                hint: "refer to fewer segments")
            return targeting
        }
        var expanded = segments.expand(targeting)
        if set.bucketing == .v2 {
            expanded = Lowerer.spread(expanded, by: "targetingKey", key: flag.key, guarded: true)
        } else {
            var isImplicit = false
            Logic.visit(expanded) { if Logic.isImplicitFractional($0) { isImplicit = true } }
            if isImplicit {
                report(
                    user, position, "prerequisites",
                    "the flag '\(flag.key)' spreads keys in flagd's own way, which no other flag can repeat",
                    hint: "give \(flag.key) bucketBy: targetingKey; that spreads its users anew")
            }
        }
        return Logic.rewriting(expanded) { node in
            guard let (name, arguments) = Logic.operation(of: node), name == "var",
                arguments.first?.value == .string("$flagd.flagKey")
            else { return nil }
            return .string(flag.key)
        }
    }

    /// Distributions without a key of their own spread by an attribute together with the flag's key. Who lacks the
    /// attribute gets the default.
    private static func spread(_ node: Node, by attribute: String, key: String, guarded: Bool) -> Node {
        Logic.rewriting(node) { node in
            guard Logic.isImplicitFractional(node), let (_, arguments) = Logic.operation(of: node) else { return nil }
            let seed = Logic.operation("cat", [.string(key), Logic.variable(attribute)])
            let inner = arguments.map { spread($0, by: attribute, key: key, guarded: guarded) }
            let fractional = Logic.operation("fractional", [seed] + inner, at: node.position)
            return Logic.operation("if", [Logic.variable(attribute), fractional, Logic.null], at: node.position)
        }
    }

    /// Which keys are `in` some slots, and which are `out`.
    private static func spread(_ slots: Range<Int>, of whole: Int, seed: String, attribute: String?) -> Node {
        let attribute = Logic.variable(attribute ?? "targetingKey")
        let parts = [("out", slots.lowerBound), ("in", slots.count), ("out", whole - slots.upperBound)]
        let distribution = parts.filter { $0.1 > 0 }.map { Node.sequence([.string($0.0), .integer($0.1)]) }
        return Logic.operation("fractional", [Logic.operation("cat", [.string(seed), attribute])] + distribution)
    }

    /// Whether a key is `in`; who has none is not.
    private static func isWithin(_ spread: Node, attribute: String?) -> Node {
        let attribute = Logic.variable(attribute ?? "targetingKey")
        return Logic.operation("and", [attribute, Logic.operation("===", [spread, .string("in")])])
    }

    // MARK: Layers

    /// Two flags of a layer never share a slot.
    mutating func checkLayers() {
        let members = set.flags.values.filter { !$0.isArchived && $0.layer != nil }
        for (name, flags) in Dictionary(grouping: members, by: { $0.layer?.name ?? "" }).sorted(by: { $0.key < $1.key })
        {
            let sorted = flags.sorted { ($0.layer?.from ?? 0, $0.key) < ($1.layer?.from ?? 0, $1.key) }
            for (first, second) in zip(sorted, sorted.dropFirst()) {
                guard let one = first.layer, let two = second.layer, two.from < one.to else { continue }
                report(
                    second, second["layer"]?.position, "layer",
                    "the slots \(two.from) to \(two.to) of layer '\(name)' overlap those of '\(first.key)', "
                        + "\(one.from) to \(one.to)",
                    hint: "a key may be in one flag of a layer only; from \(one.to) on it is free of that one")
            }
        }
    }

    // MARK: Issues

    private mutating func report(
        _ flag: ManagedFlag, _ position: Position?, _ member: String, _ message: String, hint: String?
    ) {
        issues.append(
            DocumentIssue(
                file: files[flag.key] ?? "", at: position ?? flag.node.position,
                path: FieldPath.key(member, of: .key(flag.key, of: .key("flags", of: .root))).description,
                message: message, hint: hint))
    }

    private func hint(_ name: String, among names: some Sequence<String>, _ otherwise: String) -> String {
        nearest(to: name, among: names).map { "did you mean '\($0)'?" } ?? otherwise
    }
}
