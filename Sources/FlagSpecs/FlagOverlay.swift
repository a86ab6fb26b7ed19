public import Documents
public import Values

/// What a rollout makes of a flag while it is on its way: those whom no rule answers get one of two variants.
///
/// It is nothing that is stored with the flag: it follows from the rollout's state, and is gone when the rollout has gone back.
public struct FlagOverlay: Hashable, Sendable {
    public var key: String
    public var environment: String
    /// The rollout's identifier.
    public var rollout: String
    public var from: String
    public var to: String
    /// How many of the targeting keys get `to`. Who has it keeps it when this rises.
    public var share: Percentage

    public init(
        key: String, environment: String, rollout: String, from: String, to: String, share: Percentage
    ) {
        self.key = key
        self.environment = environment
        self.rollout = rollout
        self.from = from
        self.to = to
        self.share = share
    }

    /// The members of a served flag's metadata that say which rollout decides, and how far it is.
    public static let rolloutMember = "halcyon.rollout"
    public static let shareMember = "halcyon.share"
    /// How many conditions come before the share; left out when there is none.
    public static let rulesMember = "halcyon.rules"

    /// Such members, after those that the flag has; none while nobody gets the new variant.
    func metadata(over own: Node?, rules: Int) -> Node? {
        guard share.percent > 0 else { return own }
        var entries: [Node.Entry] = []
        if case .mapping(let present) = own?.value { entries = present }
        let members = [FlagOverlay.rolloutMember, FlagOverlay.shareMember, FlagOverlay.rulesMember]
        entries.removeAll { members.contains($0.key) }
        entries.append(Node.Entry(FlagOverlay.rolloutMember, .string(rollout)))
        entries.append(Node.Entry(FlagOverlay.shareMember, .number(share.percent)))
        if rules > 0 { entries.append(Node.Entry(FlagOverlay.rulesMember, .integer(rules))) }
        return Node(.mapping(entries))
    }
}

extension ManagedFlag {
    /// The variant of everybody whom no rule answers; `nil` when that is not one and the same, or the callers' own default.
    public var commonVariant: String? {
        guard let rest = targeting.rest else { return defaultVariant }
        if case .string(let name) = rest.value { return name }
        return nil
    }

    /// The targeting with a rollout's say in it.
    func targeting(under overlay: FlagOverlay) -> Node? {
        // Nobody has the new variant, and the flag says so by itself.
        if overlay.share.percent <= 0, commonVariant != overlay.to { return self["targeting"] }
        var targeting = targeting
        targeting.rest = Logic.split(.string(overlay.to), share: overlay.share.percent, .string(overlay.from))
        if let defaultVariant, targeting.rest?.value == .string(defaultVariant) { targeting.rest = nil }
        return targeting.node
    }

    /// The flag once a rollout has ended with this variant for good.
    ///
    /// Where something keeps callers from its rules (a prerequisite, a layer, a holdout), they keep the default that they have.
    public func settled(on variant: String) -> ManagedFlag {
        var flag = self
        if targeting.rest == nil, prerequisites.isEmpty, layer == nil, holdouts.isEmpty {
            flag["defaultVariant"] = .string(variant)
            return flag
        }
        var targeting = targeting
        targeting.rest = variant == defaultVariant ? nil : .string(variant)
        flag["targeting"] = targeting.node
        return flag
    }

    /// The variant that a rollout to another one would replace.
    ///
    /// - Throws: why there can be no such rollout now.
    public func replaced(by variant: String) throws(FlagEditProblem) -> String {
        if isArchived {
            throw FlagEditProblem("the flag '\(key)' is archived", hint: "halcyon flag archive --undo \(key)")
        }
        guard isEnabled else {
            throw FlagEditProblem(
                "the flag '\(key)' is off: nobody would get a variant of it",
                hint: "switch it on first: halcyon flag on \(key)")
        }
        let to = try self.variant(variant)
        if ramp != nil {
            throw FlagEditProblem(
                "a ramp raises shares of the flag '\(key)'",
                hint: "end it first: halcyon flag ramp \(key) --stop --keep")
        }
        if let next = schedule.first {
            throw FlagEditProblem(
                "a change of the flag '\(key)' is scheduled for \(next.at)",
                hint: "take it away first: halcyon flag schedule \(key) --clear")
        }
        guard let from = commonVariant else {
            if targeting.rest != nil {
                throw FlagEditProblem(
                    "those whom no rule answers get \(summary), which a rollout would replace",
                    hint: "give them one variant first: halcyon flag rollout \(key) --to VARIANT --share 100%")
            }
            throw FlagEditProblem(
                "the flag '\(key)' has no default variant, so there is nothing to compare '\(to)' with",
                hint: "give it one first: halcyon flag default \(key) VARIANT")
        }
        return from
    }

    /// How the flag wants to be rolled out: the member `rollout`.
    public var rolloutMember: Node? { self["rollout"] }

    /// The plan that the flag names for its rollouts.
    public var rolloutPlan: String? {
        if case .string(let name) = self["rollout"]?["plan"]?.value { name } else { nil }
    }

    /// The label that tells its variants apart in metrics of other origin.
    public var variantLabel: String? {
        if case .string(let name) = self["rollout"]?["variantLabel"]?.value { name } else { nil }
    }

    /// The services that evaluate it, as far as its author says so.
    public var rolloutServices: [String] {
        guard case .sequence(let items)? = self["rollout"]?["services"]?.value else { return [] }
        return items.compactMap { if case .string(let name) = $0.value { name } else { nil } }
    }

    /// Whether another state of the flag would answer somebody otherwise, or be rolled out otherwise.
    public func answers(like other: ManagedFlag) -> Bool {
        let members =
            FlagMembers.served + ["bucketBy", "prerequisites", "layer", "holdouts", "schedule", "ramp", "archived"]
        return members.allSatisfy { self[$0] == other[$0] }
    }
}
