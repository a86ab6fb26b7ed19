import Rollouts
public import Values

/// A host with an agent, on a virtual clock: it hears which version it should run, takes its time to change, may fail, may
/// fall silent, and may run something that nobody told it to run.
public struct SimulatedHost: Hashable, Sendable {
    /// What the agent was told last.
    public struct Told: Hashable, Sendable {
        /// `nil`: nothing should run.
        public var version: String?
        public var attempt: Int
        /// The store's revision from which it follows, as the sender says.
        public var revision: Int
    }

    public let name: String
    /// What answers on the host; `nil` when nothing does.
    public internal(set) var running: String?
    public internal(set) var ready: Bool
    /// Whether the control plane hears of it.
    public internal(set) var reachable = true
    public internal(set) var lastHeard: Timestamp
    public internal(set) var told: Told?
    /// Versions that do not get ready here.
    public internal(set) var rejects: Set<String> = []
    /// The version that failed here, and which deployment of it: the agent does not try that one again.
    public private(set) var failure: Told?
    /// While it changes nothing is served (`handover: restart`), and what fails to start leaves nothing behind.
    public let restarts: Bool
    private var change: (target: Told, until: Timestamp)? {
        get { changeTarget.map { ($0, changeUntil) } }
        set { (changeTarget, changeUntil) = (newValue?.target, newValue?.until ?? .epoch) }
    }
    private var changeTarget: Told?
    private var changeUntil = Timestamp.epoch

    init(name: String, running: String?, restarts: Bool, at now: Timestamp) {
        self.name = name
        self.running = running
        self.restarts = restarts
        ready = running != nil
        lastHeard = now
    }

    public var isChanging: Bool { changeTarget != nil }

    /// Whether the version that it was told failed here.
    public var hasFailedWhatItWasTold: Bool {
        guard let told, let failure else { return false }
        return failure.version == told.version && failure.attempt == told.attempt
    }

    /// Somebody starts something on the host by hand.
    mutating func start(byHand version: String) {
        guard changeTarget == nil else { return }
        running = version
        ready = true
    }

    /// One look of the agent at what it was told; out of contact it begins nothing.
    mutating func step(takes: Period, at now: Timestamp) {
        finishChange(at: now)
        guard reachable, changeTarget == nil, let told, running != told.version, !hasFailedWhatItWasTold else { return }
        change = (told, now + takes)
        if restarts { ready = false }
    }

    private mutating func finishChange(at now: Timestamp) {
        guard let (target, until) = change, now >= until else { return }
        change = nil
        guard let version = target.version, rejects.contains(version) else {
            failure = nil
            running = target.version
            ready = running != nil
            return
        }
        failure = target
        // What ran before goes on, or is started again; where it cannot be, nothing serves.
        if restarts, running.map(rejects.contains) ?? true { running = nil }
        ready = running != nil
    }

    /// What the control plane knows of the host, in the words of a rollout.
    func observation(
        plan: RolloutPlan, attempt: Int, heard: HostObservation.Heard, knowsTarget: Bool
    ) -> HostObservation {
        let failed = failure?.version
        let isNew = failed == plan.version && failure?.attempt == attempt
        let isPrevious = failed != nil && failed == plan.previous && running != plan.previous
        return HostObservation(
            heard: heard, running: running.map { words($0, plan) } ?? .nothing, ready: ready, changing: isChanging,
            knowsTarget: knowsTarget, newFailed: isNew ? "not ready within 30s" : nil,
            previousFailed: isPrevious ? "not ready within 30s" : nil)
    }

    private func words(_ version: String, _ plan: RolloutPlan) -> HostObservation.Running {
        version == plan.version ? .new : version == plan.previous ? .previous : .other
    }
}
