import Specs
public import Values
public import Wire

/// Decides what happens to one service on one host: what is fetched, started, drained and killed, and when.
///
/// Events and the time go in, actions come out. It is level-triggered: after every event it compares what is wanted with
/// what is, so events may be repeated, and any desired state may come at any moment. Its driver persists it before it
/// performs the actions.
public struct ServiceMachine: Hashable, Codable, Sendable {
    public let service: String
    public internal(set) var desired: DesiredService?
    /// Oldest first, never more than two.
    public internal(set) var instances: [Instance] = []
    /// Why `desired.run` is not tried (again) in its present attempt.
    public internal(set) var failure: FailureReport?
    /// How the version that should run behaves.
    var record: VersionRecord?
    /// Versions that once stayed ready long enough on this host: a crash loop of theirs is not answered by going back.
    var provenVersions: [String] = []
    var artefacts: [String: ArtefactState] = [:]
    var nextInstance: Int
    /// Whether anybody ever said what is wanted; before that nothing is stopped.
    var isInformed = false
    /// Nothing is started before this time, unless the server was heard.
    var holdUntil: Timestamp?

    /// - Parameter firstInstance: the number of its first instance, above all that were ever used for this service.
    public init(service: String, firstInstance: Int = 1) {
        self.service = service
        nextInstance = firstInstance
    }

    /// Takes an event at a time and answers what is to be done now.
    public mutating func step(_ event: ServiceEvent, at now: Timestamp) -> [ServiceAction] {
        var actions: [ServiceAction] = []
        switch event {
        case .desired(let desired): want(desired)
        case .artefact(let digest, let state): observe(digest, state, at: now)
        case .startFailed(let id, let step, let message):
            end(id, step: step, message: message, output: [], at: now)
        case .ready(let id): becomeReady(id, at: now)
        case .notReady(let id, let reason): failProbe(id, reason, at: now)
        case .exited(let id, .unknown, _) where instance(id).map({ $0.adopted && $0.phase == .starting }) == true:
            // It was on its way when its agent was killed, and that may be why it ended. Its successor will be judged.
            instances.removeAll { $0.id == id }
        case .exited(let id, let status, let output):
            let words = instance(id)?.phase == .starting ? "\(status) before it was ready" : status.description
            end(id, step: .start, message: words, output: output, at: now)
        case .missing(let id): instances.removeAll { $0.id == id }
        case .found(let instance): adopt(instance)
        case .resumed(let until): actions += resume(holdUntil: until, at: now)
        case .socketLost(let id): change(id) { $0.holdsSocketAlone = true }
        case .serverAway: holdUntil = nil
        case .tick: break
        }
        actions += keepDeadlines(at: now)
        actions += fetches()
        actions += converge(at: now)
        // What nobody wants may be removed from the disk at any time.
        let wanted = Set(wantedVersions.map(\.artefact.digest))
        artefacts = artefacts.filter { wanted.contains($0.key) }
        return actions
    }

    /// The versions that must stay on disk.
    public var wantedVersions: [DesiredVersion] {
        let wanted = [desired?.run, desired?.fallback].compactMap { $0 } + (desired?.keep ?? [])
        return (wanted + instances.map(\.version)).reduce(into: []) { unique, version in
            if !unique.contains(where: { $0.isSame(as: version) }) { unique.append(version) }
        }
    }

    /// True when nothing runs and nothing should: the machine can be forgotten.
    public var isDone: Bool { isInformed && desired == nil && instances.isEmpty }

    // MARK: What it is told

    private mutating func want(_ new: DesiredService?) {
        holdUntil = nil
        isInformed = true
        guard new != desired else { return }
        let old = desired
        desired = new
        // A failure counts for one attempt at one version, for as long as that version is wanted.
        if let failure, new?.run?.version != failure.version || new?.run?.attempt ?? 0 > failure.attempt {
            self.failure = nil
            if record?.version == failure.version { record = nil }
        }
        let isSameAttempt = new?.run?.version == old?.run?.version && new?.run?.attempt == old?.run?.attempt
        let wanted = Set(wantedVersions.map(\.artefact.digest))
        artefacts = artefacts.filter { digest, state in
            if case .failed = state, !isSameAttempt { return false }
            return wanted.contains(digest)
        }
    }

    private mutating func observe(_ digest: String, _ state: ArtefactState, at now: Timestamp) {
        artefacts[digest] = state
        guard case .failed(let step, let message) = state, let run = desired?.run, run.artefact.digest == digest,
            !runs(run), !hasFailed(run)
        else { return }
        fail(run, step: step, message: message, output: [], at: now)
    }

    private mutating func becomeReady(_ id: String, at now: Timestamp) {
        change(id) { instance in
            instance.failedProbes = nil
            guard instance.phase == .starting || instance.phase == .unready else { return }
            instance.phase = .ready
            instance.since = now
        }
        if let version = instance(id)?.version.version, record?.version == version { record?.wasReady = true }
    }

    /// One bad answer says little of an instance that has served: a host may just be busy. So many in a row count.
    private mutating func failProbe(_ id: String, _ reason: String, at now: Timestamp) {
        change(id) { instance in
            guard instance.isUp else { return }
            let limit = instance.version.run.ready.failures
            let count = min(limit, (instance.failedProbes?.count ?? 0) + 1)
            // A reason that changes with every probe would be written to the disk with every probe.
            let isKnown = instance.phase == .unready
            instance.failedProbes = FailedProbes(
                count: count, reason: isKnown ? instance.failedProbes?.reason ?? reason : reason)
            guard count >= limit, !isKnown else { return }
            instance.phase = .unready
            instance.since = now
        }
    }

    private mutating func adopt(_ found: Instance) {
        guard instance(found.id) == nil else { return }
        instances.append(found)
    }

    private mutating func resume(holdUntil: Timestamp, at now: Timestamp) -> [ServiceAction] {
        self.holdUntil = holdUntil
        artefacts = [:]
        for index in instances.indices {
            instances[index].adopted = true
            instances[index].since = min(instances[index].since, now)
        }
        // The host may have booted with a clock that was wrong before, or is now: nothing is waited for beyond the longest
        // wait, and what lies in the future did not happen.
        if let notBefore = record?.notBefore { record?.notBefore = min(notBefore, now + Limits.longestBackOff) }
        record?.exits.removeAll { $0 > now }
        return instances.flatMap { instance -> [ServiceAction] in
            switch instance.phase {
            case .starting, .ready, .unready: return [.probe(instance: instance.id)]
            case .draining: return [.terminate(instance: instance.id)]
            case .retiring, .killed: return []
            }
        }
    }

    // MARK: Looking and changing

    func instance(_ id: String) -> Instance? { instances.first { $0.id == id } }

    mutating func change(_ id: String, _ body: (inout Instance) -> Void) {
        guard let index = instances.firstIndex(where: { $0.id == id }) else { return }
        body(&instances[index])
    }

    func runs(_ version: DesiredVersion) -> Bool {
        instances.contains { $0.version.isSame(as: version) && !$0.isLeaving }
    }

    /// Whether this attempt at the version is over.
    func hasFailed(_ version: DesiredVersion) -> Bool {
        guard let failure else { return false }
        return failure.version == version.version && version.attempt <= failure.attempt
    }
}

/// How one version behaves since it was last started for the first time.
struct VersionRecord: Hashable, Codable, Sendable {
    var version: String
    /// When its instances ended by themselves, within the last five minutes.
    var exits: [Timestamp] = []
    /// How often it was started again, in all.
    var restarts = 0
    /// How many times in a row; decides the wait.
    var inARow = 0
    var wasReady = false
    var notBefore: Timestamp?
    /// A crash loop that nothing can be done about but trying on.
    var crashLoop: FailureReport?

    init(version: String) {
        self.version = version
    }
}
