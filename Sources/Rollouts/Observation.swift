public import Verdicts

/// All that the machine is told of the world at one moment.
public struct Observation: Hashable, Sendable {
    /// The plan's hosts, in the plan's order.
    public var hosts: [HostObservation]
    /// Hosts of the service that are not in the plan, by name; a look may pass several waves, and they belong to the last.
    public var newcomers: [String: HostObservation]
    /// The newest reading of every check; empty while nothing is judged.
    public var readings: [Reading]
    /// True when no other rollout of the service is in flight.
    public var mayBegin: Bool
    /// Why no wave may start now, for example a freeze; `nil` when none is in force.
    public var freeze: String?
    /// Seconds east of UTC, now, of every time zone that the plan names.
    public var zoneOffsets: [String: Int]

    public init(
        hosts: [HostObservation], newcomers: [String: HostObservation] = [:], readings: [Reading] = [],
        mayBegin: Bool = true, freeze: String? = nil,
        zoneOffsets: [String: Int] = [:]
    ) {
        self.hosts = hosts
        self.newcomers = newcomers
        self.readings = readings
        self.mayBegin = mayBegin
        self.freeze = freeze
        self.zoneOffsets = zoneOffsets
    }
}

/// What is known of one host.
public struct HostObservation: Hashable, Sendable {
    public enum Heard: Hashable, Sendable {
        case yes
        /// Silent for longer than the grace time: nobody knows what it does.
        case no
        /// Silent, but the control plane itself has just started: it still has time to report.
        case notYet
        /// Taken out of the fleet: nobody waits for it, and it counts for nothing.
        case removed
    }

    /// Which of the rollout's versions answers on the host.
    public enum Running: Hashable, Sendable {
        case nothing
        case previous
        case new
        case other
    }

    public var heard: Heard
    public var running: Running
    /// Whether what runs is ready to serve.
    public var ready: Bool
    /// True while the host is between two versions; the one that is named still answers.
    public var changing: Bool
    /// Whether the agent made its report knowing the host's present target; otherwise what it says may be about to change.
    public var knowsTarget: Bool
    /// Why the new version does not run there; it went back by itself.
    public var newFailed: String?
    /// Why the previous version does not run there, with the step that is stuck.
    public var previousFailed: String?

    public init(
        heard: Heard = .yes, running: Running, ready: Bool = true, changing: Bool = false, knowsTarget: Bool = true,
        newFailed: String? = nil, previousFailed: String? = nil
    ) {
        self.heard = heard
        self.running = running
        self.ready = ready
        self.changing = changing
        self.knowsTarget = knowsTarget
        self.newFailed = newFailed
        self.previousFailed = previousFailed
    }

    /// Whether the host serves users now, as far as is known.
    public var isServing: Bool { heard == .yes && ready && running != .nothing }
}
