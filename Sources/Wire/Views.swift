public import Rollouts
public import Specs
public import Values
public import Verdicts

/// `GET /v1/services[/NAME]`
public struct ServiceView: Hashable, Codable, Sendable {
    public var spec: ServiceSpec
    /// What its rollouts are judged by when the spec has no checks: from the metrics that it shows.
    public var defaultChecks: [CheckSpec]?
    /// What the document's number is now; it rises with each change.
    public var revision: Int64
    public var updatedAt: Timestamp
    public var updatedBy: String
    /// The version that hosts outside a rollout run.
    public var version: String?
    /// The rollout in flight, and those that wait behind it.
    public var rollout: String?
    public var queue: [String]
    /// Versions that were rolled back and are refused without `--force`, with the reason.
    public var refused: [String: String]
    public var hosts: Int
    public var readyHosts: Int

    public init(
        spec: ServiceSpec, defaultChecks: [CheckSpec]? = nil, revision: Int64, updatedAt: Timestamp, updatedBy: String,
        version: String?, rollout: String?,
        queue: [String], refused: [String: String], hosts: Int, readyHosts: Int
    ) {
        self.spec = spec
        self.defaultChecks = defaultChecks
        self.revision = revision
        self.updatedAt = updatedAt
        self.updatedBy = updatedBy
        self.version = version
        self.rollout = rollout
        self.queue = queue
        self.refused = refused
        self.hosts = hosts
        self.readyHosts = readyHosts
    }
}

/// `GET /v1/versions?service=NAME`: an immutable artefact with its run specification.
public struct VersionView: Hashable, Codable, Sendable {
    public var service: String
    public var version: String
    public var artefact: ArtefactReference
    public var run: RunSpec
    public var forwardOnly: Bool
    public var createdAt: Timestamp
    public var createdBy: String

    public init(
        service: String, version: String, artefact: ArtefactReference, run: RunSpec, forwardOnly: Bool,
        createdAt: Timestamp, createdBy: String
    ) {
        self.service = service
        self.version = version
        self.artefact = artefact
        self.run = run
        self.forwardOnly = forwardOnly
        self.createdAt = createdAt
        self.createdBy = createdBy
    }
}

/// Whether a host is heard of.
public enum Contact: String, Hashable, Codable, Sendable {
    case connected
    /// Not heard of for longer than the grace time: nobody knows what it does. Nothing on it is stopped.
    case unknown
    /// It has never reported to this server since the server started, and still has time to.
    case expected
}

/// `GET /v1/hosts[/NAME]`
public struct HostView: Hashable, Codable, Sendable {
    public var name: String
    public var address: String
    public var labels: [String: String]
    public var contact: Contact
    public var lastSeen: Timestamp?
    public var joinedAt: Timestamp
    public var release: String
    public var services: [ServiceReport]
    public var load: HostLoad?
    public var warnings: [String]

    public init(
        name: String, address: String, labels: [String: String], contact: Contact, lastSeen: Timestamp?,
        joinedAt: Timestamp, release: String, services: [ServiceReport], load: HostLoad?, warnings: [String]
    ) {
        self.name = name
        self.address = address
        self.labels = labels
        self.contact = contact
        self.lastSeen = lastSeen
        self.joinedAt = joinedAt
        self.release = release
        self.services = services
        self.load = load
        self.warnings = warnings
    }
}

/// `GET /v1/rollouts[/ID]`
public struct RolloutView: Hashable, Codable, Sendable {
    public var id: String
    public var service: String
    public var version: String
    public var previous: String?
    public var phase: Phase
    /// One sentence: what it does now, or what it waits for.
    public var summary: String
    public var needsPerson: Bool
    /// The wave in progress, from 0.
    public var wave: Int
    public var waves: [WaveView]
    public var pause: Intervention?
    public var hold: Hold?
    public var rollback: RollbackCause?
    /// The newest reading of every check.
    public var readings: [Reading]
    /// Of the present bake or watch.
    public var baked: Period
    public var bakeTarget: Period
    public var createdAt: Timestamp
    public var createdBy: String
    public var endedAt: Timestamp?
    /// The names of hosts that were not back yet when the rollback ended, or are stuck.
    public var leftBehind: [String]
    public var sequence: Int
    /// What is rolled out when it is no service; `hosts` are slices of its targeting keys then.
    public var flag: FlagTarget?
    /// How much of the chance of a false rollback is spent; `nil` before its checks have evidence, and once it has ended.
    public var budget: BudgetView?
    /// What it is judged by.
    public var checks: [CheckSpec]?

    public init(
        id: String, service: String, version: String, previous: String?, phase: Phase, summary: String,
        needsPerson: Bool, wave: Int, waves: [WaveView], pause: Intervention?, hold: Hold?, rollback: RollbackCause?,
        readings: [Reading], baked: Period, bakeTarget: Period, createdAt: Timestamp, createdBy: String,
        endedAt: Timestamp?, leftBehind: [String], sequence: Int, flag: FlagTarget? = nil, budget: BudgetView? = nil,
        checks: [CheckSpec]? = nil
    ) {
        self.id = id
        self.service = service
        self.version = version
        self.previous = previous
        self.phase = phase
        self.summary = summary
        self.needsPerson = needsPerson
        self.wave = wave
        self.waves = waves
        self.pause = pause
        self.hold = hold
        self.rollback = rollback
        self.readings = readings
        self.baked = baked
        self.bakeTarget = bakeTarget
        self.createdAt = createdAt
        self.createdBy = createdBy
        self.endedAt = endedAt
        self.leftBehind = leftBehind
        self.sequence = sequence
        self.flag = flag
        self.budget = budget
        self.checks = checks
    }
}

/// A wave of a rollout, with its hosts.
public struct WaveView: Hashable, Codable, Sendable {
    public enum State: String, Hashable, Codable, Sendable {
        case pending
        case waiting
        case moving
        case baking
        case done
        case rollingBack
        case rolledBack
    }

    public var name: String
    public var state: State
    public var gate: Gate?
    public var bake: Period
    public var hosts: [WaveHostView]

    public init(name: String, state: State, gate: Gate?, bake: Period, hosts: [WaveHostView]) {
        self.name = name
        self.state = state
        self.gate = gate
        self.bake = bake
        self.hosts = hosts
    }
}

/// A host of a wave.
public struct WaveHostView: Hashable, Codable, Sendable {
    public var host: String
    public var contact: Contact
    /// What answers there now.
    public var version: String?
    public var ready: Bool
    /// For people: `waiting`, `downloading 35%`, `ready`, `failed: not ready within 30s`, `rolled back`.
    public var detail: String

    public init(host: String, contact: Contact, version: String?, ready: Bool, detail: String) {
        self.host = host
        self.contact = contact
        self.version = version
        self.ready = ready
        self.detail = detail
    }
}

/// `GET /v1/rollouts/ID/history`: a rollout's events with words for people.
public struct HistoryEntry: Hashable, Codable, Sendable {
    public var rollout: String
    public var event: RolloutEvent
    public var sentence: String

    public init(rollout: String, event: RolloutEvent, sentence: String) {
        self.rollout = rollout
        self.event = event
        self.sentence = sentence
    }
}

/// `GET /v1/rollouts/ID/explain`: why each decision was taken, from the stored evidence.
public struct Explanation: Hashable, Codable, Sendable {
    public var rollout: RolloutView
    public var decisions: [Decision]

    public init(rollout: RolloutView, decisions: [Decision]) {
        self.rollout = rollout
        self.decisions = decisions
    }

    public struct Decision: Hashable, Codable, Sendable {
        public var at: Timestamp
        public var by: String
        /// For example `wave few started`, `rolled back`.
        public var what: String
        /// Why, in sentences.
        public var why: [String]
        public var readings: [Reading]

        public init(at: Timestamp, by: String, what: String, why: [String], readings: [Reading]) {
            self.at = at
            self.by = by
            self.what = what
            self.why = why
            self.readings = readings
        }
    }
}

/// `GET /v1/receivers/NAME/deliveries`: a notification and what became of it.
public struct DeliveryView: Hashable, Codable, Sendable {
    public enum State: String, Hashable, Codable, Sendable {
        case pending
        case delivered
        /// Given up: every attempt failed.
        case failed
    }

    public var id: String
    public var receiver: String
    public var event: NotificationEvent
    public var rollout: String?
    public var text: String
    public var state: State
    public var attempts: Int
    /// The receiver's last answer, for example `200 OK` or `connection refused`.
    public var answer: String?
    public var createdAt: Timestamp
    public var nextAttemptAt: Timestamp?

    public init(
        id: String, receiver: String, event: NotificationEvent, rollout: String?, text: String, state: State,
        attempts: Int, answer: String?, createdAt: Timestamp, nextAttemptAt: Timestamp?
    ) {
        self.id = id
        self.receiver = receiver
        self.event = event
        self.rollout = rollout
        self.text = text
        self.state = state
        self.attempts = attempts
        self.answer = answer
        self.createdAt = createdAt
        self.nextAttemptAt = nextAttemptAt
    }
}
