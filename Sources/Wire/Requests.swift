public import Values

/// `POST /v1/apply`: files as the user has them; the server reads them, so that every error has its file and line.
public struct ApplyRequest: Hashable, Codable, Sendable {
    public struct File: Hashable, Codable, Sendable {
        public var name: String
        public var text: String

        public init(name: String, text: String) {
            self.name = name
            self.text = text
        }
    }

    public var files: [File]
    public var dryRun: Bool
    /// Also delete documents of the kinds named in the files that the files do not hold.
    public var prune: Bool
    /// Take services and waves whose selectors match no host that is known.
    public var allowNoHosts: Bool
    /// Where flags go that name no environment: `production` unless told.
    public var environment: String?
    /// Refuse everything when there is a warning about anything in the files.
    public var strict: Bool

    public init(
        files: [File], dryRun: Bool = false, prune: Bool = false, allowNoHosts: Bool = false,
        environment: String? = nil, strict: Bool = false
    ) {
        self.files = files
        self.dryRun = dryRun
        self.prune = prune
        self.allowNoHosts = allowNoHosts
        self.environment = environment
        self.strict = strict
    }
}

/// What an apply did, or would do, document by document.
public struct ApplyAnswer: Hashable, Codable, Sendable {
    public enum Outcome: String, Hashable, Codable, Sendable {
        case created
        case changed
        case unchanged
        case deleted
    }

    public struct Item: Hashable, Codable, Sendable {
        public var kind: String
        public var name: String
        public var outcome: Outcome
        /// Field paths that change, with old and new value, for people.
        public var changes: [String]
        public var warnings: [String]

        public init(kind: String, name: String, outcome: Outcome, changes: [String] = [], warnings: [String] = []) {
            self.kind = kind
            self.name = name
            self.outcome = outcome
            self.changes = changes
            self.warnings = warnings
        }
    }

    public var dryRun: Bool
    public var items: [Item]

    public init(dryRun: Bool, items: [Item]) {
        self.dryRun = dryRun
        self.items = items
    }
}

/// `PUT /v1/artefacts` streams the artefact; the answer says what it is.
public struct UploadAnswer: Hashable, Codable, Sendable {
    public var digest: String
    public var size: Int64

    public init(digest: String, size: Int64) {
        self.digest = digest
        self.size = size
    }
}

/// `POST /v1/deploy`
public struct DeployRequest: Hashable, Codable, Sendable {
    public var service: String
    /// A new version's artefact; `nil` deploys a version that exists.
    public var artefact: ArtefactReference?
    /// Its name; without one, the first characters of the digest.
    public var version: String?
    /// Take the place of the rollout in flight, which goes back first.
    public var supersede: Bool
    /// Deploy a version although it was rolled back before.
    public var force: Bool
    public var forwardOnly: Bool
    /// The name of a plan to go by; `nil` for the service's own.
    public var plan: String?
    public var reason: String

    public init(
        service: String, artefact: ArtefactReference? = nil, version: String? = nil, supersede: Bool = false,
        force: Bool = false, forwardOnly: Bool = false, plan: String? = nil, reason: String = ""
    ) {
        self.service = service
        self.artefact = artefact
        self.version = version
        self.supersede = supersede
        self.force = force
        self.forwardOnly = forwardOnly
        self.plan = plan
        self.reason = reason
    }
}

public struct DeployAnswer: Hashable, Codable, Sendable {
    public enum Outcome: String, Hashable, Codable, Sendable {
        case started
        case queued
        /// The version is already what runs, or what the rollout in flight brings.
        case unchanged
    }

    public var outcome: Outcome
    public var version: String
    public var rollout: String?
    public var message: String

    public init(outcome: Outcome, version: String, rollout: String?, message: String) {
        self.outcome = outcome
        self.version = version
        self.rollout = rollout
        self.message = message
    }
}

/// `POST /v1/rollouts/ID/VERB` with VERB one of pause, resume, promote, approve, abort, rollback, retry.
public struct CommandRequest: Hashable, Codable, Sendable {
    public var reason: String
    /// For `promote`: all later waves too.
    public var full: Bool

    public init(reason: String = "", full: Bool = false) {
        self.reason = reason
        self.full = full
    }
}

/// `GET /v1/status` and `/v1/version`
public struct StatusView: Hashable, Codable, Sendable {
    public var release: String
    public var startedAt: Timestamp
    public var hosts: Int
    public var connectedHosts: Int
    public var services: Int
    public var rolloutsInFlight: Int
    public var store: String
    public var storeRevision: Int64
    public var dev: Bool
    /// The metrics that this server keeps; `nil` when it keeps none.
    public var metrics: MetricsStatus?

    public init(
        release: String, startedAt: Timestamp, hosts: Int, connectedHosts: Int, services: Int, rolloutsInFlight: Int,
        store: String, storeRevision: Int64, dev: Bool, metrics: MetricsStatus? = nil
    ) {
        self.release = release
        self.startedAt = startedAt
        self.hosts = hosts
        self.connectedHosts = connectedHosts
        self.services = services
        self.rolloutsInFlight = rolloutsInFlight
        self.store = store
        self.storeRevision = storeRevision
        self.dev = dev
        self.metrics = metrics
    }
}

/// How the store of metrics is.
public struct MetricsStatus: Hashable, Codable, Sendable {
    /// Why metrics are refused now; `nil` when all is well.
    public var problem: String?
    /// Series that got samples lately.
    public var series: Int
    /// What is on the disk for good, and its bytes.
    public var blocks: Int
    public var blockBytes: Int
    /// What went wrong or was repaired last.
    public var lastNotice: String?
    /// The address of the backend that is read in the place of the store, and why it does not answer.
    public var backend: String?
    public var backendProblem: String?
    /// Where what comes in is sent on to.
    public var deliveries: [Delivery]?

    /// How the delivery to one receiver of remote write goes.
    public struct Delivery: Hashable, Codable, Sendable {
        public var destination: String
        /// Samples that wait, that were given up because the queue was full, and that the receiver refused.
        public var pending: Int
        public var dropped: Int
        public var refused: Int
        /// Why it does not go on now; `nil` when it does.
        public var problem: String?

        public init(destination: String, pending: Int, dropped: Int, refused: Int, problem: String?) {
            (self.destination, self.pending, self.dropped) = (destination, pending, dropped)
            (self.refused, self.problem) = (refused, problem)
        }
    }

    public init(
        problem: String?, series: Int, blocks: Int, blockBytes: Int, lastNotice: String?, backend: String? = nil,
        backendProblem: String? = nil, deliveries: [Delivery]? = nil
    ) {
        (self.backend, self.backendProblem, self.deliveries) = (backend, backendProblem, deliveries)
        self.problem = problem
        self.series = series
        self.blocks = blocks
        self.blockBytes = blockBytes
        self.lastNotice = lastNotice
    }
}

/// One event of `GET /v1/events`: what changed, so that a page or a watching terminal knows what to fetch or draw.
public enum LiveEvent: Hashable, Codable, Sendable {
    case rollout(RolloutView)
    case history(HistoryEntry)
    case host(HostView)
    case service(name: String)

    /// The `event:` field of the stream.
    public var name: String {
        switch self {
        case .rollout: return "rollout"
        case .history: return "history"
        case .host: return "host"
        case .service: return "service"
        }
    }
}

/// The form of every list that the API answers.
public struct Listing<Item: Hashable & Codable & Sendable>: Hashable, Codable, Sendable {
    public var items: [Item]

    public init(_ items: [Item]) {
        self.items = items
    }
}
