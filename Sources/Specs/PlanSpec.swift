public import Values

/// The ordered waves of a rollout, with their checks, bake times and gates.
public struct PlanSpec: Hashable, Sendable {
    /// The chance, over the whole rollout, that a good change is rolled back.
    public var falseRollbacks: Percentage
    public var waves: [WaveSpec]
    /// After the last wave: still armed for this long.
    public var watch: Period
    public var rollback: RollbackSpec
    /// What to do when more canary hosts are out of contact than the wave's failure budget allows.
    public var onLostHosts: LostHostsPolicy
    /// Whether hosts without the change are started anew when the canary is.
    public var control: ControlMode
    /// How many hosts keep the version before until the last bake has ended; see `holdout(of:)`.
    public var holdout: Amount
    /// What becomes of a regression once nobody has the version before any more.
    public var withoutBaseline: WithoutBaselinePolicy

    public init(
        falseRollbacks: Percentage = Percentage(1), waves: [WaveSpec] = PlanSpec.defaultWaves,
        watch: Period = .minutes(30), rollback: RollbackSpec = RollbackSpec(), onLostHosts: LostHostsPolicy = .hold,
        control: ControlMode = .none, holdout: Amount = .percent(2), withoutBaseline: WithoutBaselinePolicy = .hold
    ) {
        self.falseRollbacks = falseRollbacks
        self.waves = waves
        self.watch = watch
        self.rollback = rollback
        self.onLostHosts = onLostHosts
        self.control = control
        self.holdout = holdout
        self.withoutBaseline = withoutBaseline
    }

    /// How many of so many hosts are kept on the version before until the bake of the last wave has ended, so that there is
    /// something to compare with. A share is at least one host, but none of a service with fewer than ten; a count is
    /// always as said, up to all hosts but one.
    public func holdout(of hosts: Int) -> Int {
        switch holdout {
        case .count(let count): return max(0, min(count, hosts - 1))
        case .percent(let percent): return percent == 0 || hosts < 10 ? 0 : max(1, holdout.roundedDown(of: hosts))
        }
    }

    /// One host, a tenth, everyone.
    public static let defaultWaves = [
        WaveSpec(name: "one", hosts: .count(1), bake: .minutes(2)),
        WaveSpec(name: "few", hosts: .percent(10), bake: .minutes(5)),
        WaveSpec(name: "all", hosts: .percent(100), bake: .minutes(5)),
    ]
}

/// A plan that any service can be deployed by (`kind: Plan`), in place of its own.
public struct NamedPlanSpec: Hashable, Sendable {
    public var name: String
    public var plan: PlanSpec

    public init(name: String, plan: PlanSpec) {
        self.name = name
        self.plan = plan
    }
}

/// Whom the canary's first minutes are compared with.
public enum ControlMode: String, Hashable, Codable, CaseIterable, Sendable {
    /// Hosts that run on as they are: the canary is colder than they are.
    case none
    /// As many hosts of the version before are started anew with the canary, so that both are equally cold.
    case restart
}

/// What becomes of a regression once nobody has the version before any more, so that nothing tells it from an incident.
public enum WithoutBaselinePolicy: String, Hashable, Codable, CaseIterable, Sendable {
    /// Nothing new begins, and a person is told.
    case hold
    /// Twice what the version before did earlier in the rollout stands in for it: beyond that, the change goes back.
    case rollback
}

public enum LostHostsPolicy: String, Hashable, Codable, CaseIterable, Sendable {
    case hold
    case rollback
}

/// The part of the fleet that gets the change together.
public struct WaveSpec: Hashable, Sendable {
    public var name: String
    /// How many hosts have the change once this wave is done, of those that `select` matches, earlier waves included.
    public var hosts: Amount
    public var select: LabelSelector
    /// How many of the wave's hosts may be out of service at once, because of the change or otherwise; at least one.
    public var maxUnavailable: Amount
    /// How long the wave is watched before the next one.
    public var bake: Bake
    public var gate: Gate?
    /// The wave starts only within one of these; none means at any time.
    public var timeWindow: [TimeWindow]
    /// How long the wave may take to get every host ready.
    public var progressDeadline: Period
    /// How many of the wave's hosts may fail before the rollout is rolled back.
    public var failureBudget: Amount

    public init(
        name: String, hosts: Amount = .percent(100), select: LabelSelector = LabelSelector(),
        maxUnavailable: Amount = .percent(25), bake: Bake = .minutes(5), gate: Gate? = nil,
        timeWindow: [TimeWindow] = [], progressDeadline: Period = .minutes(10), failureBudget: Amount = .count(0)
    ) {
        self.name = name
        self.hosts = hosts
        self.select = select
        self.maxUnavailable = maxUnavailable
        self.bake = bake
        self.gate = gate
        self.timeWindow = timeWindow
        self.progressDeadline = progressDeadline
        self.failureBudget = failureBudget
    }
}

/// What must be open before a wave starts.
public enum Gate: String, Hashable, Codable, CaseIterable, Sendable {
    /// A person approves.
    case approval
}

/// Hours of the week, in a time zone, in which a wave may start.
public struct TimeWindow: Hashable, Sendable {
    /// 0 is Monday. Empty means every day.
    public var days: Set<Int>
    /// Minutes after midnight; `until` is exclusive, and a window whose `until` is not after its `from` ends the next day.
    public var from: Int
    public var until: Int
    /// An IANA name (`Europe/Zurich`) or `UTC`.
    public var zone: String

    public init(days: Set<Int> = [], from: Int, until: Int, zone: String = "UTC") {
        self.days = days
        self.from = from
        self.until = until
        self.zone = zone
    }
}

/// The way back.
public struct RollbackSpec: Hashable, Sendable {
    /// How many of the service's hosts may be out of service at once on the way back; at least one.
    public var maxUnavailable: Amount

    public init(maxUnavailable: Amount = .percent(50)) {
        self.maxUnavailable = maxUnavailable
    }
}
