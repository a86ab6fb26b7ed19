public import Specs
public import Values

// What a server and an agent say to each other. JSON, over:
//   POST /v1/agent/join       JoinRequest → JoinAnswer
//   GET  /v1/agent/stream     server-sent events: `hello` (StreamHello), `desired` (DesiredState), `logs` (LogRequest)
//   POST /v1/agent/report     HostReport → 204
//   POST /v1/agent/samples    text, see `SampleBatch` → 204
//   POST /v1/agent/logs/ID    plain text, streamed → 204
//   GET  /v1/artefacts/DIGEST the artefact, byte ranges allowed

/// Asks to become the agent of a host.
public struct JoinRequest: Hashable, Codable, Sendable {
    public var host: String
    /// Drawn once and kept in the agent's data folder: tells two agents with one name apart.
    public var agent: String
    public var address: String
    public var labels: [String: String]
    /// Halcyon's own version on the host.
    public var release: String

    public init(host: String, agent: String, address: String, labels: [String: String], release: String) {
        self.host = host
        self.agent = agent
        self.address = address
        self.labels = labels
        self.release = release
    }
}

public struct JoinAnswer: Hashable, Codable, Sendable {
    /// The agent's own credential; it is shown this once.
    public var token: String

    public init(token: String) {
        self.token = token
    }
}

/// The first event of a stream.
public struct StreamHello: Hashable, Codable, Sendable {
    /// Changes when the server starts again.
    public var server: String
    /// A report is wanted at least this often.
    public var heartbeat: Period
    /// After a lost stream the first attempt waits a random time up to this.
    public var reconnectWithin: Period

    public init(server: String, heartbeat: Period, reconnectWithin: Period) {
        self.server = server
        self.heartbeat = heartbeat
        self.reconnectWithin = reconnectWithin
    }
}

/// What a host should run. It is the whole truth each time, never a difference.
public struct DesiredState: Hashable, Codable, Sendable {
    /// Rises with every change of the desired state, across restarts; an agent refuses a lower one.
    public var epoch: Int64
    /// Which life of the store this comes from: another one after the store was restored. Only within one do epochs compare.
    public var generation: String?
    /// A person said that this store counts, whatever the agent has seen before.
    public var isAccepted: Bool?
    public var services: [DesiredService]

    public init(epoch: Int64, generation: String? = nil, isAccepted: Bool? = nil, services: [DesiredService]) {
        self.epoch = epoch
        self.generation = generation
        self.isAccepted = isAccepted
        self.services = services
    }
}

public struct DesiredService: Hashable, Codable, Sendable {
    public var service: String
    /// The version to run; `nil` means none: what runs is stopped.
    public var run: DesiredVersion?
    /// A version to go back to locally when `run` does not get ready; the same one the server would choose.
    public var fallback: DesiredVersion?
    /// Versions to have on disk, unpacked, and never to collect: current, previous, and what comes next.
    public var keep: [DesiredVersion]

    public init(
        service: String, run: DesiredVersion?, fallback: DesiredVersion? = nil, keep: [DesiredVersion] = []
    ) {
        self.service = service
        self.run = run
        self.fallback = fallback
        self.keep = keep
    }
}

/// A version with all that an agent needs to run it.
public struct DesiredVersion: Hashable, Codable, Sendable {
    public var version: String
    public var artefact: ArtefactReference
    public var run: RunSpec
    /// Rises when a person asks for another attempt on a host where this version failed.
    public var attempt: Int
    /// An instance with a lower number, or none, is replaced by another of the same version; `nil` asks for nothing.
    public var restart: Int64?

    public init(
        version: String, artefact: ArtefactReference, run: RunSpec, attempt: Int = 0, restart: Int64? = nil
    ) {
        self.version = version
        self.artefact = artefact
        self.run = run
        self.attempt = attempt
        self.restart = restart
    }
}

/// Where an artefact is and what it must be.
public struct ArtefactReference: Hashable, Codable, Sendable {
    /// `sha256:` and 64 hexadecimal digits.
    public var digest: String
    public var size: Int64
    /// Where to get it when it is not in the server's own store.
    public var url: String?

    public init(digest: String, size: Int64, url: String? = nil) {
        self.digest = digest
        self.size = size
        self.url = url
    }
}

/// What a host's agent sees. It is the whole truth each time, and a heartbeat.
public struct HostReport: Hashable, Codable, Sendable {
    /// The epoch of the desired state that the agent works towards.
    public var epoch: Int64
    /// The generation that it is of.
    public var generation: String?
    public var services: [ServiceReport]
    /// Changes when the host boots.
    public var boot: String
    public var load: HostLoad?
    /// What the agent itself wants a person to know, for example that control groups cannot be had.
    public var warnings: [String]

    public init(
        epoch: Int64, generation: String? = nil, services: [ServiceReport], boot: String, load: HostLoad? = nil,
        warnings: [String] = []
    ) {
        self.epoch = epoch
        self.generation = generation
        self.services = services
        self.boot = boot
        self.load = load
        self.warnings = warnings
    }
}

public struct HostLoad: Hashable, Codable, Sendable {
    public var cpus: Int
    public var loadAverage: Double
    public var memoryTotal: Int64
    public var memoryAvailable: Int64
    public var diskAvailable: Int64

    public init(
        cpus: Int, loadAverage: Double, memoryTotal: Int64, memoryAvailable: Int64, diskAvailable: Int64
    ) {
        self.cpus = cpus
        self.loadAverage = loadAverage
        self.memoryTotal = memoryTotal
        self.memoryAvailable = memoryAvailable
        self.diskAvailable = diskAvailable
    }
}

/// A service on a host.
public struct ServiceReport: Hashable, Codable, Sendable {
    public enum State: String, Hashable, Codable, Sendable {
        /// Nothing runs and nothing should.
        case absent
        case downloading
        case starting
        /// The version that should run has been ready, and nothing else runs; `ready` says whether it still answers.
        case running
        /// The new version is ready, the old one drains.
        case handingOver
        case stopping
        /// It ended and waits for its next start.
        case restarting
        /// The version that should run failed; `failure` says how, `version` what runs instead.
        case failed
    }

    public var service: String
    public var state: State
    /// The version that answers requests now.
    public var version: String?
    /// Whether that version is ready.
    public var ready: Bool
    public var instances: [InstanceReport]
    /// Versions that are unpacked and checked on the host.
    public var onDisk: [String]
    /// Why the version that should run does not.
    public var failure: FailureReport?
    /// A stream of words for people, for example `downloading 35%`.
    public var detail: String

    public init(
        service: String, state: State, version: String? = nil, ready: Bool = false, instances: [InstanceReport] = [],
        onDisk: [String] = [], failure: FailureReport? = nil, detail: String = ""
    ) {
        self.service = service
        self.state = state
        self.version = version
        self.ready = ready
        self.instances = instances
        self.onDisk = onDisk
        self.failure = failure
        self.detail = detail
    }
}

/// Why a version does not run on a host.
public struct FailureReport: Hashable, Codable, Sendable {
    /// The step that failed.
    public enum Step: String, Hashable, Codable, Sendable {
        case download
        case verify
        case unpack
        case listen
        case start
        case ready
        case crashLoop
        case stop
    }

    public var version: String
    public var attempt: Int
    public var step: Step
    public var message: String
    public var at: Timestamp
    /// The last lines of output of the failed instance.
    public var output: [String]

    public init(
        version: String, attempt: Int, step: Step, message: String, at: Timestamp, output: [String] = []
    ) {
        self.version = version
        self.attempt = attempt
        self.step = step
        self.message = message
        self.at = at
        self.output = output
    }
}

/// One running copy of a version.
public struct InstanceReport: Hashable, Codable, Sendable {
    public var id: String
    public var version: String
    public var pid: Int32
    public var startedAt: Timestamp
    public var ready: Bool
    /// True while it finishes its work before it ends.
    public var draining: Bool
    /// True when this agent found it running, rather than starting it.
    public var adopted: Bool
    public var restarts: Int
    /// In processors, over the last interval.
    public var cpu: Double
    /// Resident memory in bytes.
    public var memory: Int64

    public init(
        id: String, version: String, pid: Int32, startedAt: Timestamp, ready: Bool, draining: Bool = false,
        adopted: Bool = false, restarts: Int = 0, cpu: Double = 0, memory: Int64 = 0
    ) {
        self.id = id
        self.version = version
        self.pid = pid
        self.startedAt = startedAt
        self.ready = ready
        self.draining = draining
        self.adopted = adopted
        self.restarts = restarts
        self.cpu = cpu
        self.memory = memory
    }
}

/// Asks an agent to send the output of a service to `POST /v1/agent/logs/ID`.
public struct LogRequest: Hashable, Codable, Sendable {
    public var id: String
    public var service: String
    /// How many of the last lines first.
    public var lines: Int
    public var follow: Bool
    /// The instance, when not the one that serves now (`previous` is the last one that ended).
    public var instance: String?

    public init(id: String, service: String, lines: Int, follow: Bool, instance: String? = nil) {
        self.id = id
        self.service = service
        self.lines = lines
        self.follow = follow
        self.instance = instance
    }
}

/// The head of one scrape in the body of `POST /v1/agent/samples`.
///
/// The body is a line `#sent ` with the agent's time in milliseconds since 1970, and a sequence of blocks. Each starts with a line `#scrape ` and this as JSON, followed by the exposition text
/// as the instance gave it (Prometheus text or OpenMetrics; of its comments those about metrics, and not every time). The server adds the host's labels
/// itself, so that no agent can speak for another. Between blocks there may be a line `#targets ` with a `TargetListing` as JSON, which to
/// older servers is a comment.
public struct ScrapeHead: Hashable, Codable, Sendable {
    public var service: String
    public var version: String
    public var instance: String
    /// When the instance started: its counters count from then.
    public var startedAt: Timestamp
    public var at: Timestamp
    /// False when the scrape failed; there is no text then.
    public var up: Bool
    /// In seconds.
    public var duration: Double
    /// Why the scrape failed.
    public var failure: String?
    /// True when the text is OpenMetrics.
    public var openMetrics: Bool?
    /// True when the instance is gone: this was no scrape, there will be no other, and its series end.
    public var ended: Bool?
    /// The target that was scraped, when it was none of a service: `service` and `version` are empty then, `instance` names it among the
    /// targets of its agent.
    public var target: ScrapedTarget?

    public var isOpenMetrics: Bool { openMetrics ?? false }

    public init(
        service: String, version: String, instance: String, startedAt: Timestamp, at: Timestamp, up: Bool,
        duration: Double, failure: String? = nil, openMetrics: Bool? = nil, ended: Bool? = nil,
        target: ScrapedTarget? = nil
    ) {
        self.service = service
        self.version = version
        self.instance = instance
        self.startedAt = startedAt
        self.at = at
        self.up = up
        self.duration = duration
        self.failure = failure
        self.openMetrics = openMetrics
        self.ended = ended
        self.target = target
    }
}
