public import Rollouts
public import Values

/// A host with an agent, on a virtual clock: it hears its target, takes its time to change, may fail and may fall silent.
public struct SimulatedHost: Hashable, Sendable {
    public var running: HostObservation.Running
    public var ready = true
    /// The change under way, and when it is finished.
    public var change: (target: RolloutTarget, until: Timestamp)? {
        get { changeTarget.map { ($0, changeUntil) } }
        set { (changeTarget, changeUntil) = (newValue?.target, newValue?.until ?? .epoch) }
    }
    private var changeTarget: RolloutTarget?
    private var changeUntil = Timestamp.epoch
    /// Whether the control plane hears of it.
    public var reachable = true
    public var lastHeard = Timestamp.epoch
    /// The new version does not get ready here.
    public var rejectsNew = false
    /// The previous version does not start here any more.
    public var rejectsPrevious = false
    public var newFailed: String?
    public var previousFailed: String?
    /// While it changes nothing is served (`handover: restart`).
    public let restarts: Bool

    public init(running: HostObservation.Running, restarts: Bool) {
        self.running = running
        self.restarts = restarts
        ready = running != .nothing
    }

    /// Out of service because it was told to change.
    public var isDownByChange: Bool { restarts && changeTarget != nil }

    /// One look of the agent at its target.
    public mutating func step(target: RolloutTarget?, previousExists: Bool, takes: Period, at now: Timestamp) {
        finishChange(previousExists: previousExists, at: now)
        guard reachable, changeTarget == nil, let target else { return }
        let wanted: HostObservation.Running = target == .new ? .new : previousExists ? .previous : .nothing
        if target == .previous { newFailed = nil }
        guard running != wanted else { return }
        if target == .new && newFailed != nil { return }
        if target == .previous && rejectsPrevious {
            previousFailed = "does not start"
            return
        }
        previousFailed = nil
        change = (target, now + takes)
        if restarts { ready = false }
    }

    private mutating func finishChange(previousExists: Bool, at now: Timestamp) {
        guard let (target, until) = change, now >= until else { return }
        change = nil
        let old: HostObservation.Running = previousExists ? .previous : .nothing
        if target == .new && rejectsNew {
            newFailed = "not ready within 30s"
            running = old
        } else {
            running = target == .new ? .new : old
        }
        ready = running != .nothing
    }

    /// What the control plane knows of the host.
    public func observation(heard: HostObservation.Heard) -> HostObservation {
        HostObservation(
            heard: heard, running: running, ready: ready, changing: changeTarget != nil, newFailed: newFailed,
            previousFailed: previousFailed)
    }
}
