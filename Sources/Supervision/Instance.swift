import Specs
public import Values
public import Wire

/// One running copy of a version, as its machine sees it.
public struct Instance: Hashable, Codable, Sendable {
    public enum Phase: String, Hashable, Codable, Sendable {
        /// Started, and not ready yet.
        case starting
        case ready
        /// It was ready, and has failed its probe too often since. It runs on.
        case unready
        /// Its successor is ready; it still serves until the traffic has moved (`handover: port`).
        case retiring
        /// It was sent SIGTERM and finishes its work.
        case draining
        /// It took too long and was sent SIGKILL.
        case killed
    }

    /// Unique on the host, for example `storefront-17`.
    public var id: String
    public var version: DesiredVersion
    public var phase: Phase
    /// When it entered its phase.
    public var since: Timestamp
    public var startedAt: Timestamp
    /// How often its version was started again before it.
    public var restarts: Int
    /// True when this agent found it running, rather than starting it.
    public var adopted: Bool
    /// True when only this process has the service's listening socket.
    public var holdsSocketAlone: Bool
    /// How many times it was sent SIGKILL; more than once means that it does not end.
    public var kills: Int
    /// The probes that it has failed in a row since it was ready; `nil` after a good one.
    public var failedProbes: FailedProbes?

    public init(
        id: String, version: DesiredVersion, phase: Phase = .starting, startedAt: Timestamp, restarts: Int = 0,
        adopted: Bool = false
    ) {
        self.id = id
        self.version = version
        self.phase = phase
        self.since = startedAt
        self.startedAt = startedAt
        self.restarts = restarts
        self.adopted = adopted
        holdsSocketAlone = false
        kills = 0
    }

    /// Whether it is on its way out, or has been told to go.
    public var isLeaving: Bool { phase == .retiring || isStopping }

    /// Whether it was sent a signal that ends it.
    public var isStopping: Bool { phase == .draining || phase == .killed }

    /// Whether it has been ready, and nobody told it to go.
    public var isUp: Bool { phase == .ready || phase == .unready }

    /// How long after SIGTERM everything of it is killed.
    var stopTime: Period { version.run.lameDuck + version.run.drain + Limits.stopMargin }
}

/// Probes that an instance failed one after the other.
public struct FailedProbes: Hashable, Codable, Sendable {
    public var count: Int
    /// Why the last one failed, for people.
    public var reason: String
}

extension DesiredVersion {
    /// Whether an instance that was started for this is what another asks for: the same version, started no earlier than wanted.
    func answers(_ wanted: DesiredVersion) -> Bool {
        isSame(as: wanted) && restart ?? 0 >= wanted.restart ?? 0
    }

    /// Whether both are the same immutable version, whatever the attempt.
    public func isSame(as other: DesiredVersion) -> Bool {
        version == other.version && artefact.digest == other.artefact.digest
    }
}

/// The machine's fixed times and counts.
enum Limits {
    /// A drained process may take this much longer before it is killed.
    static let stopMargin = Period.seconds(1)
    /// A killed instance that is still there is killed again, and reported.
    static let killAgain = Period.seconds(10)
    /// Without a probe, an instance that stayed up for this long is ready.
    static let upIsReady = Period.seconds(1)
    static let firstBackOff = Period.seconds(1)
    static let longestBackOff = Period.seconds(60)
    /// An instance that stayed ready for this long has proven its version on this host.
    static let proven = Period.minutes(5)
    /// A failure of a version that nothing could replace is forgotten after this time of good health.
    static let recovered = Period.seconds(60)
    /// So many exits within so much time are a crash loop.
    static let crashLoops: [(exits: Int, within: Period)] = [(3, .seconds(60)), (5, .minutes(5))]
    static let mostInstances = 2
    static let provenVersionsKept = 4
}
