public import Values

/// What a rollout carries.
public enum RolloutChange: Hashable, Codable, Sendable {
    /// A version of a service, to hosts.
    case service
    /// A variant of a flag, to ever larger shares of the targeting keys.
    case flag(FlagTarget)
}

/// The flag that a rollout changes, and how its targeting keys are cut into slices.
public struct FlagTarget: Hashable, Codable, Sendable {
    public var key: String
    public var environment: String
    /// Up to which share of the keys each of the plan's hosts, which are slices of keys here, reaches; rising.
    public var shares: [Percentage]
    /// How many other people must approve a change in the environment.
    public var approvals: Int
    /// The label that tells variants apart in metrics of the users' own.
    public var variantLabel: String
    /// The services that are known to evaluate it: what goes wrong with them may be because of it.
    public var services: [String]

    public init(
        key: String, environment: String, shares: [Percentage], approvals: Int = 0, variantLabel: String = "variant",
        services: [String] = []
    ) {
        self.key = key
        self.environment = environment
        self.shares = shares
        self.approvals = approvals
        self.variantLabel = variantLabel
        self.services = services
    }

    /// Stands in a rollout where a service's name stands otherwise. No service can have such a name.
    public static func subject(key: String, environment: String) -> String { "\(key)@\(environment)" }

    public var subject: String { FlagTarget.subject(key: key, environment: environment) }
}

extension RolloutPlan {
    /// The flag that it changes; `nil` for a rollout of a service.
    public var flag: FlagTarget? { if case .flag(let target) = change { target } else { nil } }

    /// Everybody whom the change reaches, for sentences.
    public var everybody: String { flag == nil ? "every host" : "every targeting key" }
}

extension RolloutMachine {
    /// The share of the targeting keys that should get the new variant now: the desired state of a flag as a function. Slices
    /// are released from the first on, and go back together.
    public var desiredShare: Percentage {
        guard let flag = plan.flag else { return Percentage(0) }
        var share = Percentage(0)
        for place in plan.hosts.indices {
            guard state.target(host: place) == .new, place < flag.shares.count else { break }
            share = flag.shares[place]
        }
        return share
    }
}
