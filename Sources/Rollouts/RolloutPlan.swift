public import Specs
public import Values

/// What a rollout was started with. It never changes, but for hosts that join later: they are added to its last wave.
public struct RolloutPlan: Hashable, Codable, Sendable {
    /// The shape in which it is stored. 1: without a number. 2: with `joined`. 3: with `change`.
    public static let currentSchema = 3
    private var schema = RolloutPlan.currentSchema
    public var id: String
    /// What it carries. Of a flag, `service` is the flag in its environment, and `version` and `previous` are variants.
    public var change: RolloutChange
    public var service: String
    /// The version that the rollout brings.
    public var version: String
    /// The version that it replaces, and that a rollback returns to; `nil` on a first deployment.
    public var previous: String?
    /// A version that cannot be taken back (it has migrated data): no automatic rollback, approval first.
    public var forwardOnly: Bool
    /// The service's hosts in the order in which they get the change.
    public var hosts: [String]
    /// How many of `hosts`, the last ones, joined after the plan was made.
    public internal(set) var joined = 0
    /// The waves; `members` of each are places in `hosts`.
    public var waves: [PlannedWave]
    public var watch: Period
    public var rollback: RollbackSpec
    public var onLostHosts: LostHostsPolicy
    public var checks: [CheckSpec]
    public var falseRollbacks: Percentage
    public var createdAt: Timestamp
    public var createdBy: String
    /// True when a person deployed a refused version with `--force`.
    public var forced: Bool
    /// Whether hosts without the change are started anew when the canary is.
    public var control = ControlMode.none
    /// What becomes of a regression once nobody has the version before any more.
    public var withoutBaseline = WithoutBaselinePolicy.hold

    public init(
        id: String, change: RolloutChange = .service, service: String, version: String, previous: String?,
        forwardOnly: Bool = false, hosts: [String],
        waves: [PlannedWave], watch: Period, rollback: RollbackSpec, onLostHosts: LostHostsPolicy = .hold,
        checks: [CheckSpec], falseRollbacks: Percentage, createdAt: Timestamp, createdBy: String, forced: Bool = false
    ) {
        self.id = id
        self.change = change
        self.service = service
        self.version = version
        self.previous = previous
        self.forwardOnly = forwardOnly
        self.hosts = hosts
        self.waves = waves
        self.watch = watch
        self.rollback = rollback
        self.onLostHosts = onLostHosts
        self.checks = checks
        self.falseRollbacks = falseRollbacks
        self.createdAt = createdAt
        self.createdBy = createdBy
        self.forced = forced
    }
}

extension RolloutPlan {
    /// - Throws: `NewerSchema` for a plan that a newer release wrote.
    public init(from decoder: any Decoder) throws {
        let stored = try decoder.container(keyedBy: CodingKeys.self)
        try NewerSchema.check(
            "a rollout's plan", found: try stored.decodeIfPresent(Int.self, forKey: .schema),
            known: RolloutPlan.currentSchema)
        id = try stored.decode(String.self, forKey: .id)
        change = try stored.decodeIfPresent(RolloutChange.self, forKey: .change) ?? .service
        service = try stored.decode(String.self, forKey: .service)
        version = try stored.decode(String.self, forKey: .version)
        previous = try stored.decodeIfPresent(String.self, forKey: .previous)
        forwardOnly = try stored.decodeIfPresent(Bool.self, forKey: .forwardOnly) ?? false
        hosts = try stored.decode([String].self, forKey: .hosts)
        joined = try stored.decodeIfPresent(Int.self, forKey: .joined) ?? 0
        waves = try stored.decode([PlannedWave].self, forKey: .waves)
        watch = try stored.decode(Period.self, forKey: .watch)
        rollback = try stored.decode(RollbackSpec.self, forKey: .rollback)
        onLostHosts = try stored.decodeIfPresent(LostHostsPolicy.self, forKey: .onLostHosts) ?? .hold
        checks = try stored.decode([CheckSpec].self, forKey: .checks)
        falseRollbacks = try stored.decode(Percentage.self, forKey: .falseRollbacks)
        createdAt = try stored.decode(Timestamp.self, forKey: .createdAt)
        createdBy = try stored.decode(String.self, forKey: .createdBy)
        forced = try stored.decodeIfPresent(Bool.self, forKey: .forced) ?? false
        control = try stored.decodeIfPresent(ControlMode.self, forKey: .control) ?? .none
        withoutBaseline =
            try stored.decodeIfPresent(WithoutBaselinePolicy.self, forKey: .withoutBaseline) ?? .hold
    }

    /// How many hosts the plan was made with.
    public var planned: Int { hosts.count - joined }

    /// Whether hosts that join now belong to the rollout: once everyone else has had his turn, or is about to.
    func admitsNewcomers(_ state: RolloutState) -> Bool {
        switch state.phase {
        case .moving, .baking, .watching: return state.wave + 1 == waves.count
        case .queued, .waiting, .rollingBack, .done, .rolledBack, .cancelled: return false
        }
    }

    /// Grows as the event says; a host that is there already is not added again.
    mutating func apply(_ event: RolloutEvent) {
        guard case .joined(let names) = event.fact, let last = waves.indices.last else { return }
        let known = Set(hosts)
        let new = names.filter { !known.contains($0) }
        hosts += new
        joined += new.count
        waves[last].members = waves[last].members.lowerBound..<hosts.count
    }
}

/// A wave with the hosts that it brings in.
public struct PlannedWave: Hashable, Codable, Sendable {
    public var spec: WaveSpec
    /// Places in the plan's `hosts`; a host is in one wave only.
    public var members: Range<Int>

    public init(spec: WaveSpec, members: Range<Int>) {
        self.spec = spec
        self.members = members
    }
}
