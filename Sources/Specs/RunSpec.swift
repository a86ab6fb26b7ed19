public import Values

/// How an instance of a service is started, watched and stopped on a host.
///
/// `${ADDRESS}`, `${PORT}`, `${HOST}`, `${SERVICE}` and `${VERSION}` are replaced in `command`, `environment` and `listen`.
public struct RunSpec: Hashable, Sendable {
    /// The program, relative to the unpacked artefact (`./storefront`) or absolute, and its arguments.
    public var command: [String]
    public var environment: [String: String]
    /// The host's user that instances run as; `nil` for the agent's own.
    public var user: String?
    /// The group that they run as; `nil` for the user's own. Never without a user.
    public var group: String?
    /// The address that the agent listens on for the service, for example `${ADDRESS}:8000`.
    public var listen: String?
    public var handover: Handover
    public var ready: ReadinessProbe
    /// How long after SIGTERM an instance may finish its work before SIGKILL.
    public var drain: Period
    /// How long the old instance still answers, with `Connection: close`, once the new one is ready.
    public var lameDuck: Period
    public var metrics: MetricsSource?
    public var limits: ResourceLimits
    public var logs: LogLimits

    public init(
        command: [String], environment: [String: String] = [:], user: String? = nil, group: String? = nil,
        listen: String? = nil, handover: Handover = .restart, ready: ReadinessProbe = ReadinessProbe(),
        drain: Period = .seconds(10), lameDuck: Period = .milliseconds(500),
        metrics: MetricsSource? = nil, limits: ResourceLimits = ResourceLimits(), logs: LogLimits = LogLimits()
    ) {
        self.command = command
        self.environment = environment
        self.user = user
        self.group = group
        self.listen = listen
        self.handover = handover
        self.ready = ready
        self.drain = drain
        self.lameDuck = lameDuck
        self.metrics = metrics
        self.limits = limits
        self.logs = logs
    }
}

/// How one version takes over from another on a host.
public enum Handover: String, Hashable, Codable, CaseIterable, Sendable {
    /// The agent owns the listening socket and passes it on: no request is lost.
    case socket
    /// The new version starts beside the old one on a port of its own (`${PORT}`).
    case port
    /// The old version is stopped before the new one starts.
    case restart
}

/// How an agent sees that an instance is ready to serve, and that it stays so.
public struct ReadinessProbe: Hashable, Sendable {
    public enum Method: Hashable, Codable, Sendable {
        /// A GET of `path` answers 200 through 399.
        case http(path: String)
        /// The listening port accepts a connection.
        case tcp
        /// The instance sends `READY=1` to `$NOTIFY_SOCKET`, as for systemd.
        case notify
        /// It is ready when it has stayed up for a second.
        case none
    }

    /// Until its first answer an instance is asked at least this often.
    public static let startingEvery = Period.milliseconds(200)

    public var method: Method
    /// An instance that is not ready within this time has failed.
    public var within: Period
    /// How often a ready instance is asked.
    public var every: Period
    /// An answer that takes longer counts as none.
    public var timeout: Period
    /// An instance that fails so many probes in a row is not ready any more.
    public var failures: Int
    /// An instance that has been ready and then was not for this long is started anew; `nil` for never.
    public var restartAfter: Period?

    public init(
        method: Method = .none, within: Period = .seconds(30), every: Period = .seconds(5),
        timeout: Period = .seconds(2), failures: Int = 3, restartAfter: Period? = nil
    ) {
        self.method = method
        self.within = within
        self.every = every
        self.timeout = timeout
        self.failures = failures
        self.restartAfter = restartAfter
    }

    /// Whether an instance is asked again and again, rather than saying by itself that it is ready.
    public var asks: Bool {
        switch method {
        case .http, .tcp: return true
        case .notify, .none: return false
        }
    }
}

/// Where an instance shows its metrics in the Prometheus or OpenMetrics text format.
public struct MetricsSource: Hashable, Sendable {
    public var path: String
    public var every: Period
    /// A scrape that takes longer is given up.
    public var timeout: Period
    public var rules: ScrapeRules

    public init(
        path: String = "/metrics", every: Period = .seconds(5), timeout: Period = .seconds(3),
        rules: ScrapeRules = ScrapeRules()
    ) {
        self.path = path
        self.every = every
        self.timeout = timeout
        self.rules = rules
    }
}

/// Limits that the kernel enforces where control groups can be had.
public struct ResourceLimits: Hashable, Sendable {
    public var memory: ByteSize?
    /// In processors: 0.5 is half of one.
    public var cpu: Double?
    public var processes: Int?

    /// What the kernel can keep: at least a thousandth of a second in each tenth.
    public static let cpuRange = 0.01...4096.0

    public init(memory: ByteSize? = nil, cpu: Double? = nil, processes: Int? = nil) {
        self.memory = memory
        self.cpu = cpu
        self.processes = processes
    }
}

/// How much of an instance's output is kept.
public struct LogLimits: Hashable, Sendable {
    public var size: ByteSize

    public init(size: ByteSize = .mebibytes(16)) {
        self.size = size
    }
}
