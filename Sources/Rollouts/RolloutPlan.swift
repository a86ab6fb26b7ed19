public import Specs
public import Values

/// What a rollout was started with. It is written once and never changes.
public struct RolloutPlan: Hashable, Codable, Sendable {
    public var id: String
    public var service: String
    /// The version that the rollout brings.
    public var version: String
    /// The version that it replaces, and that a rollback returns to; `nil` on a first deployment.
    public var previous: String?
    /// A version that cannot be taken back (it has migrated data): no automatic rollback, approval first.
    public var forwardOnly: Bool
    /// The service's hosts in the order in which they get the change.
    public var hosts: [String]
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

    public init(
        id: String, service: String, version: String, previous: String?, forwardOnly: Bool = false, hosts: [String],
        waves: [PlannedWave], watch: Period, rollback: RollbackSpec, onLostHosts: LostHostsPolicy = .hold,
        checks: [CheckSpec], falseRollbacks: Percentage, createdAt: Timestamp, createdBy: String, forced: Bool = false
    ) {
        self.id = id
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
