public import Documents
public import Values

/// The generation of hashing that spreads keys over variants.
public enum BucketingGeneration: String, Hashable, Codable, CaseIterable, Sendable {
    case v2
    case v3
}

/// A share of keys that gets the default of every flag that names the holdout.
public struct HoldoutSpec: Hashable, Sendable {
    public var name: String
    public var environment: String
    public var description: String
    public var share: Percentage
    public var bucketBy: String
}

/// A named, reusable rule.
public struct SegmentSpec: Hashable, Sendable {
    public var name: String
    public var environment: String
    public var description: String
    /// JsonLogic; flags use it as `{"$ref": NAME}`.
    public var rule: Node

    public init(name: String, environment: String, description: String, rule: Node) {
        self.name = name
        self.environment = environment
        self.description = description
        self.rule = rule
    }
}

/// A set of flags that are served together.
public struct EnvironmentSpec: Hashable, Sendable {
    public var name: String
    public var description: String
    public var bucketing: BucketingGeneration
    /// How many other people must approve a change: 0 or 1.
    public var approvals: Int

    public init(
        name: String, description: String = "", bucketing: BucketingGeneration = .v3, approvals: Int = 0
    ) {
        self.name = name
        self.description = description
        self.bucketing = bucketing
        self.approvals = approvals
    }
}

extension EnvironmentSpec {
    /// Itself in the members that are named, by the words of its document, and in the others as it was.
    public func keeping(_ old: EnvironmentSpec, except members: Set<String>) -> EnvironmentSpec {
        EnvironmentSpec(
            name: name, description: members.contains("description") ? description : old.description,
            bucketing: members.contains("bucketing") ? bucketing : old.bucketing,
            approvals: members.contains("approvals") ? approvals : old.approvals)
    }
}

/// Everything that makes up one environment's flags.
public struct FlagSet: Sendable {
    public var bucketing: BucketingGeneration
    public var flags: [String: ManagedFlag]
    /// Rules by the names of their segments.
    public var segments: [String: Node]
    public var holdouts: [String: HoldoutSpec]
    /// The members of the set's own metadata.
    public var metadata: Node?
    /// What rollouts in flight make of flags, by key.
    public var overlays: [String: FlagOverlay]

    public init(
        bucketing: BucketingGeneration = .v3, flags: [String: ManagedFlag] = [:], segments: [String: Node] = [:],
        holdouts: [String: HoldoutSpec] = [:], metadata: Node? = nil, overlays: [String: FlagOverlay] = [:]
    ) {
        self.overlays = overlays
        self.bucketing = bucketing
        self.flags = flags
        self.segments = segments
        self.holdouts = holdouts
        self.metadata = metadata
    }

    /// The flags that refer to a segment, themselves or through other segments.
    public func flags(using segment: String) -> [String] {
        var names: Set = [segment]
        var grew = true
        while grew {
            let more = self.segments.filter { !Set(Logic.references(in: $0.value)).isDisjoint(with: names) }.map(\.key)
            grew = !Set(more).isSubset(of: names)
            names.formUnion(more)
        }
        return flags.values.filter { !names.isDisjoint(with: $0.segments) }.map(\.key).sorted()
    }

    /// Some flags with their segments, which are valid by themselves if they are within the set; `nil` when they need other
    /// flags, or others need them.
    public func part(_ keys: Set<String>) -> FlagSet? {
        let chosen = flags.filter { keys.contains($0.key) }
        guard chosen.values.allSatisfy({ $0["prerequisites"] == nil && $0["layer"] == nil }) else { return nil }
        for flag in flags.values where flag["prerequisites"] != nil {
            guard keys.isDisjoint(with: flag.prerequisites.map(\.flag)) else { return nil }
        }
        var rules: [String: Node] = [:]
        var wanted = chosen.values.flatMap(\.segments)
        while let name = wanted.popLast() {
            guard rules[name] == nil, let rule = segments[name] else { continue }
            rules[name] = rule
            wanted += Logic.references(in: rule)
        }
        return FlagSet(
            bucketing: bucketing, flags: chosen, segments: rules, holdouts: holdouts, metadata: metadata,
            overlays: overlays)
    }

    /// The set as people wrote it: `flags`, `$evaluators` and `metadata`.
    public var documentNode: Node {
        file(flags.values.sorted { $0.key < $1.key }.map { ($0.key, $0.node) }, segments: segments)
    }

    func file(_ flags: [(String, Node)], segments: [String: Node]) -> Node {
        .mapping([
            ("flags", Node(.mapping(flags.map { Node.Entry($0.0, $0.1) }))),
            (
                "$evaluators",
                segments.isEmpty
                    ? nil : Node(.mapping(segments.sorted { $0.key < $1.key }.map { Node.Entry($0.key, $0.value) }))
            ),
            ("metadata", metadata),
        ])
    }
}
