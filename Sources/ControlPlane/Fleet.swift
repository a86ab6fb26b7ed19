import Ports
import Rollouts
import Values
import Wire

/// What is heard of the hosts: memory only, never written to the store.
struct Fleet: Sendable {
    struct Entry: Sendable {
        /// When it reported last.
        var lastSeen: Timestamp?
        var report: HostReport?
        /// When it joined or opened its stream last: from here it has time to report.
        var expectedSince: Timestamp?
        /// When each of its instances was first reported ready, by the control plane's clock: hosts' clocks may be wrong.
        var readySince: [String: Timestamp] = [:]
        /// The agent works towards a newer desired state than the store holds: it refuses what it is told.
        var isAhead = false
        var sink: (any AgentSink)?
        /// The identity of the agent that spoke last.
        var agent: String?
        /// What the host was last told to do, without its epoch.
        var told: [UInt8] = []
        /// The epoch at which that was told first; beyond every other while there is no stream to tell it on.
        var toldEpoch = Int64.max
    }

    /// Each host's place in the two arrays below. An element of an array is read and changed where it is; one of a
    /// dictionary would be copied with all that it holds, for each of thousands of hosts, at every look.
    private var places: [String: Int] = [:]
    private(set) var names: [String] = []
    private(set) var entries: [Entry] = []
    let startedAt: Timestamp
    let heartbeat: Period

    init(startedAt: Timestamp, heartbeat: Period) {
        self.startedAt = startedAt
        self.heartbeat = heartbeat
    }

    /// A host is unknown when it was silent for this long.
    var grace: Period { heartbeat * 4 }

    subscript(host: String) -> Entry {
        get { places[host].map { entries[$0] } ?? Entry() }
        _modify { yield &entries[placeMade(for: host)] }
    }

    /// Where a host's entry is among `entries`, until a host is removed.
    func place(of host: String) -> Int? { places[host] }

    private mutating func placeMade(for host: String) -> Int {
        if let place = places[host] { return place }
        places[host] = entries.count
        names.append(host)
        entries.append(Entry())
        return entries.count - 1
    }

    mutating func remove(_ host: String) {
        guard let place = places.removeValue(forKey: host) else { return }
        // The last one takes its place.
        names.swapAt(place, names.count - 1)
        entries.swapAt(place, entries.count - 1)
        names.removeLast()
        entries.removeLast()
        if place < names.count { places[names[place]] = place }
    }

    /// After the server's own downtime everybody gets time to report before anyone is missed.
    func contact(_ host: String, at now: Timestamp) -> Contact {
        guard let place = places[host] else { return now - startedAt <= grace * 2 ? .expected : .unknown }
        return contact(place, at: now)
    }

    private func contact(_ place: Int, at now: Timestamp) -> Contact {
        let seen = entries[place].lastSeen
        if let seen, now - seen <= grace { return .connected }
        // A stream says nothing of what the host does; a report does, and is about to follow.
        if let since = entries[place].expectedSince, now - since <= grace { return .expected }
        return seen == nil && now - startedAt <= grace * 2 ? .expected : .unknown
    }

    func isLive(_ host: String, at now: Timestamp) -> Bool {
        guard let place = places[host] else { return false }
        return entries[place].sink != nil || contact(place, at: now) == .connected
    }

    /// What a host's agent said last of a service.
    func report(of service: String, on host: String) -> ServiceReport? {
        guard let place = places[host], let services = entries[place].report?.services,
            let index = services.indices.first(where: { services[$0].service == service })
        else { return nil }
        return services[index]
    }

    /// Takes in what a host's agent says, and returns what it said before.
    mutating func take(
        _ report: HostReport, of host: String, from agent: String, newestEpoch: Int64, generation: String?,
        at now: Timestamp
    ) -> HostReport? {
        let isOther = report.generation != nil && report.generation != generation
        return self[host].take(report, from: agent, isAhead: isOther || report.epoch > newestEpoch, at: now)
    }

    /// Everybody is to be told again.
    mutating func forgetTold() {
        for place in entries.indices { entries[place].told = [] }
    }

    /// Notes what the host at a place is told from now on.
    mutating func noteTold(_ told: [UInt8], at place: Int, epoch: Int64) {
        entries[place].told = told
        entries[place].toldEpoch = epoch
    }

    /// The stream is gone: what the agent knows is not known any more.
    mutating func forgetStream(_ host: String) {
        guard let place = places[host] else { return }
        entries[place].sink = nil
        noteTold([], at: place, epoch: .max)
    }

    /// What the machine is told of a host.
    func observation(host: String, plan: RolloutPlan, attempt: Int, at now: Timestamp) -> HostObservation {
        guard let place = places[host] else {
            return HostObservation(
                heard: heard(contact(host, at: now)), running: .nothing, ready: false, knowsTarget: false)
        }
        let heard = heard(contact(place, at: now))
        let epoch = entries[place].report?.epoch
        let knowsTarget = (epoch ?? -1) >= entries[place].toldEpoch && !entries[place].isAhead
        guard let services = entries[place].report?.services,
            let index = services.indices.first(where: { services[$0].service == plan.service })
        else {
            return HostObservation(
                heard: heard == .yes && epoch == nil ? .notYet : heard, running: .nothing, ready: false,
                knowsTarget: knowsTarget)
        }
        let state = services[index].state
        let failure = services[index].failure
        let newFailed = failure.flatMap { $0.version == plan.version && $0.attempt == attempt ? $0 : nil }
        let previousFailed = failure.flatMap { $0.version == plan.previous && state == .failed ? $0 : nil }
        return HostObservation(
            heard: heard, running: running(services[index].version, plan), ready: services[index].ready,
            changing: state == .starting || state == .handingOver || state == .stopping,
            knowsTarget: knowsTarget, newFailed: newFailed.map(describe),
            previousFailed: previousFailed.map(describe))
    }

    private func heard(_ contact: Contact) -> HostObservation.Heard {
        contact == .connected ? .yes : contact == .expected ? .notYet : .no
    }

    private func running(_ version: String?, _ plan: RolloutPlan) -> HostObservation.Running {
        guard let version else { return .nothing }
        return version == plan.version ? .new : version == plan.previous ? .previous : .other
    }

    private func describe(_ failure: FailureReport) -> String {
        "\(failure.step.words): \(failure.message)"
    }
}

extension Fleet.Entry {
    fileprivate mutating func take(
        _ report: HostReport, from agent: String, isAhead: Bool, at now: Timestamp
    ) -> HostReport? {
        let before = self.report
        if report.isNews(after: before) { noteReady(report, at: now) }
        self.isAhead = isAhead
        self.agent = agent
        lastSeen = now
        self.report = report
        return before
    }

    private mutating func noteReady(_ report: HostReport, at now: Timestamp) {
        var since: [String: Timestamp] = [:]
        for service in report.services {
            for instance in service.instances where instance.ready && !instance.draining {
                let key = instance.key(service: service.service)
                since[key] = readySince[key] ?? now
            }
        }
        readySince = since
    }
}

extension InstanceReport {
    /// Tells an instance from every other that the host ever had.
    func key(service: String) -> String { "\(service)/\(id)/\(startedAt.milliseconds)" }
}

extension HostReport {
    /// Whether a decision may follow from this report that did not follow from the one before. What an instance uses of
    /// processor and memory changes with every report, and nothing follows from it.
    func isNews(after old: HostReport?) -> Bool {
        guard let old, epoch == old.epoch, generation == old.generation else { return true }
        return !services.elementsEqual(old.services) { $0.decides(like: $1) }
    }
}

extension HostReport {
    /// Whether a person sees more of a difference than what instances use of processor and memory.
    func looksDifferent(from old: HostReport?) -> Bool {
        guard let old, warnings == old.warnings else { return true }
        return !services.elementsEqual(old.services) { $0.decides(like: $1) }
    }
}

extension ServiceReport {
    fileprivate func decides(like other: ServiceReport) -> Bool {
        service == other.service && state == other.state && version == other.version && ready == other.ready
            && onDisk == other.onDisk && failure == other.failure && detail == other.detail
            && instances.elementsEqual(other.instances) { mine, theirs in
                var mine = mine
                (mine.cpu, mine.memory) = (theirs.cpu, theirs.memory)
                return mine == theirs
            }
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
