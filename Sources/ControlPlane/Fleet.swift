import Ports
import Rollouts
import Values
import Wire

/// What is heard of the hosts: memory only, never written to the store.
struct Fleet: Sendable {
    struct Entry: Sendable {
        var lastSeen: Timestamp?
        var report: HostReport?
        var sink: (any AgentSink)?
        /// The identity of the agent that spoke last.
        var agent: String?
        /// What the host was last told to do, without its epoch.
        var told: String = ""
        /// The epoch at which that was told first.
        var toldEpoch: Int64 = 0
    }

    private(set) var entries: [String: Entry] = [:]
    let startedAt: Timestamp
    let heartbeat: Period

    init(startedAt: Timestamp, heartbeat: Period) {
        self.startedAt = startedAt
        self.heartbeat = heartbeat
    }

    /// A host is unknown when it was silent for this long.
    var grace: Period { heartbeat * 4 }

    subscript(host: String) -> Entry {
        get { entries[host] ?? Entry() }
        set { entries[host] = newValue }
    }

    mutating func remove(_ host: String) { entries[host] = nil }

    /// After the server's own downtime everybody gets time to report before anyone is missed.
    func contact(_ host: String, at now: Timestamp) -> Contact {
        guard let seen = entries[host]?.lastSeen else {
            return now - startedAt <= grace * 2 ? .expected : .unknown
        }
        return now - seen <= grace ? .connected : .unknown
    }

    func isLive(_ host: String, at now: Timestamp) -> Bool {
        guard let entry = entries[host] else { return false }
        return entry.sink != nil || contact(host, at: now) == .connected
    }

    var connected: Int { entries.values.filter { $0.sink != nil }.count }

    /// What the machine is told of a host.
    func observation(host: String, plan: RolloutPlan, attempt: Int, at now: Timestamp) -> HostObservation {
        let contact = contact(host, at: now)
        let entry = self[host]
        let heard: HostObservation.Heard = contact == .connected ? .yes : contact == .expected ? .notYet : .no
        guard let service = entry.report?.services.first(where: { $0.service == plan.service }) else {
            return HostObservation(
                heard: heard == .yes && entry.report == nil ? .notYet : heard, running: .nothing, ready: false,
                knowsTarget: (entry.report?.epoch ?? -1) >= entry.toldEpoch)
        }
        let failure = service.failure
        let newFailed = failure.flatMap { $0.version == plan.version && $0.attempt == attempt ? $0 : nil }
        let previousFailed = failure.flatMap { $0.version == plan.previous && service.state == .failed ? $0 : nil }
        return HostObservation(
            heard: heard, running: running(service, plan), ready: service.ready,
            changing: [.starting, .handingOver, .stopping].contains(service.state),
            knowsTarget: (entry.report?.epoch ?? -1) >= entry.toldEpoch, newFailed: newFailed.map(describe),
            previousFailed: previousFailed.map(describe))
    }

    private func running(_ service: ServiceReport, _ plan: RolloutPlan) -> HostObservation.Running {
        guard let version = service.version else { return .nothing }
        return version == plan.version ? .new : version == plan.previous ? .previous : .other
    }

    private func describe(_ failure: FailureReport) -> String {
        "\(failure.step.words): \(failure.message)"
    }
}

extension FailureReport.Step {
    /// How people say it.
    var words: String {
        switch self {
        case .download: return "download"
        case .verify: return "verification"
        case .unpack: return "unpacking"
        case .listen: return "listening"
        case .start: return "start"
        case .ready: return "not ready"
        case .crashLoop: return "crash loop"
        case .stop: return "stop"
        }
    }
}
