/// What runs: how to start it, how to see that it is healthy, what is checked while it changes, and in which waves.
///
/// The document form is `kind: Service`; see `docs/reference/service.md`.
public struct ServiceSpec: Hashable, Sendable {
    public var name: String
    /// The hosts that run the service; no requirement means every host.
    public var select: LabelSelector
    public var run: RunSpec
    /// Services that this one calls: their changes can be what makes this one's checks fail.
    public var dependsOn: [String]
    public var checks: [CheckSpec]
    /// Whether it gets the usual checks when it has none of its own; an empty list of checks says that it wants none.
    public var usesDefaultChecks: Bool
    public var plan: PlanSpec

    public init(
        name: String, select: LabelSelector = LabelSelector(), run: RunSpec, dependsOn: [String] = [],
        checks: [CheckSpec] = [], usesDefaultChecks: Bool = true, plan: PlanSpec = PlanSpec()
    ) {
        self.name = name
        self.select = select
        self.run = run
        self.dependsOn = dependsOn
        self.checks = checks
        self.usesDefaultChecks = usesDefaultChecks
        self.plan = plan
    }
}

/// Labels that a host must carry: every key must be present with one of its values.
public struct LabelSelector: Hashable, Sendable {
    public var requirements: [String: [String]]

    public init(_ requirements: [String: [String]] = [:]) {
        self.requirements = requirements
    }

    public var isEmpty: Bool { requirements.isEmpty }

    /// - Complexity: O(requirements).
    public func matches(_ labels: [String: String]) -> Bool {
        requirements.allSatisfy { key, values in labels[key].map(values.contains) ?? false }
    }
}

extension LabelSelector: CustomStringConvertible {
    /// `region=eu,zone=a|b`; keys sorted.
    public var description: String {
        requirements.sorted { $0.key < $1.key }
            .map { "\($0.key)=\($0.value.joined(separator: "|"))" }
            .joined(separator: ",")
    }
}
