public import Values
public import Verdicts

/// All that the machine is told of the world at one moment.
public struct Observation: Hashable, Sendable {
    /// The plan's hosts, in the plan's order.
    public var hosts: [HostObservation]
    /// Hosts of the service that are not in the plan, by name; a look may pass several waves, and they belong to the last.
    public var newcomers: [String: HostObservation]
    /// The newest reading of every check; empty while nothing is judged.
    public var readings: [Reading]
    /// What the checks say together; `nil` while nothing is judged.
    public var judgement: Judgement?
    /// Who is to blame for what is wrong, when this is not the only change in flight.
    public var blame: Blame?
    /// True when no other rollout of the service is in flight.
    public var mayBegin: Bool
    /// Why no wave may start now, for example a freeze; `nil` when none is in force.
    public var freeze: String?
    /// Seconds east of UTC, now, of every time zone that the plan names.
    public var zoneOffsets: [String: Int]

    public init(
        hosts: [HostObservation], newcomers: [String: HostObservation] = [:], readings: [Reading] = [],
        judgement: Judgement? = nil, blame: Blame? = nil, mayBegin: Bool = true, freeze: String? = nil,
        zoneOffsets: [String: Int] = [:]
    ) {
        self.hosts = hosts
        self.newcomers = newcomers
        self.readings = readings
        self.judgement = judgement
        self.blame = blame
        self.mayBegin = mayBegin
        self.freeze = freeze
        self.zoneOffsets = zoneOffsets
    }
}

/// What all checks of a rollout say together.
public struct Judgement: Hashable, Sendable {
    /// `fail` also when no check alone has evidence enough, and all together have.
    public var verdict: Verdict
    public var budget: BudgetView
    /// Why no rollback is to be taken from statistics now; `nil` when they can be trusted.
    public var distrust: String?
    /// Whether somebody still has the version before: without, nothing is proven.
    public var hasBaseline: Bool
    /// Since when the checks count, when they were begun anew.
    public var anewSince: Timestamp?

    public init(
        verdict: Verdict, budget: BudgetView, distrust: String? = nil, hasBaseline: Bool = true,
        anewSince: Timestamp? = nil
    ) {
        (self.verdict, self.budget, self.distrust, self.hasBaseline) = (verdict, budget, distrust, hasBaseline)
        self.anewSince = anewSince
    }
}

/// Which change explains a regression.
public enum Blame: Hashable, Sendable {
    /// This one, though no check of its own says so: one of a service that depends on it does.
    case this(reason: String, reading: Reading?)
    /// Another one, or nobody knows which: this one holds.
    case other(reason: String)
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
    /// What it has in common with hosts that it may be compared with (zone, type of machine).
    public var stratum: String
    /// Why the new version does not run there; it went back by itself.
    public var newFailed: String?
    /// Why the previous version does not run there, with the step that is stuck.
    public var previousFailed: String?

    public init(
        heard: Heard = .yes, running: Running, ready: Bool = true, changing: Bool = false, knowsTarget: Bool = true,
        stratum: String = "", newFailed: String? = nil, previousFailed: String? = nil
    ) {
        self.heard = heard
        self.running = running
        self.ready = ready
        self.changing = changing
        self.knowsTarget = knowsTarget
        self.stratum = stratum
        self.newFailed = newFailed
        self.previousFailed = previousFailed
    }

    /// Whether the host serves users now, as far as is known.
    public var isServing: Bool { heard == .yes && ready && running != .nothing }
}
