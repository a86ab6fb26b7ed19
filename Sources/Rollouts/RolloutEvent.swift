public import Values
public import Verdicts

/// A fact in a rollout's history. Applying a rollout's events in order to a fresh state reproduces its state.
public struct RolloutEvent: Hashable, Codable, Sendable {
    /// 1 for the first event of a rollout; no gaps.
    public var sequence: Int
    public var at: Timestamp
    /// `halcyon`, or the person or token that did it.
    public var by: String
    public var fact: Fact

    public init(sequence: Int, at: Timestamp, by: String, fact: Fact) {
        self.sequence = sequence
        self.at = at
        self.by = by
        self.fact = fact
    }

    public enum Fact: Hashable, Codable, Sendable {
        /// The rollout's turn has come.
        case began
        /// A wave waits for its gate, window or freeze; the reason says for which.
        case waited(wave: Int, reason: String)
        case approved(wave: Int, reason: String)
        /// The hosts of a wave begin to move.
        case waveStarted(wave: Int)
        /// These hosts are told to take the new version.
        case released(hosts: HostSet)
        /// These hosts have the version before and are started anew with it, so that the canary is compared with hosts as cold.
        case controlled(hosts: HostSet)
        /// The new version failed on a host, which went back by itself.
        case hostFailed(host: Int, reason: String)
        /// Every host of the wave is ready with the new version.
        case waveReady(wave: Int)
        /// Hosts that have the new version and are not ready any more; empty when all are again.
        case unready(hosts: HostSet)
        /// The bake clock runs (`true`) or stands still.
        case bakeClock(running: Bool, baked: Period, reason: String)
        /// A check's verdict changed.
        case judged(reading: Reading)
        /// These hosts joined after the plan was made, and belong to its last wave from now on.
        case joined(hosts: [String])
        case waveDone(wave: Int, readings: [Reading])
        case watchStarted
        case held(hold: Hold)
        case holdLifted(reason: String)
        case paused(reason: String)
        case resumed(reason: String)
        /// A person skips what is left of gates, windows and bakes up to and including this wave.
        case promoted(throughWave: Int, reason: String)
        case rollbackStarted(cause: RollbackCause)
        /// These hosts are told to go back.
        case returned(hosts: HostSet)
        /// A host on the way back is stuck; the reason names the step.
        case stuck(host: Int, reason: String)
        /// Everybody reachable is back; `missing` get the previous version when they return.
        case rolledBack(missing: HostSet)
        case done(reason: String)
        case cancelled(reason: String)
    }
}

/// What a person may tell a rollout.
public enum RolloutCommand: Hashable, Codable, Sendable {
    case pause
    case resume
    /// Skip the rest of the wave's waiting and bake; `full` skips that of every later wave too.
    case promote(full: Bool)
    case approve
    /// End it and go back; the version may be deployed again.
    case abort
    /// Go back; the version is refused until somebody says `--force`.
    case rollback

    public var name: String {
        switch self {
        case .pause: return "pause"
        case .resume: return "resume"
        case .promote: return "promote"
        case .approve: return "approve"
        case .abort: return "abort"
        case .rollback: return "rollback"
        }
    }
}
