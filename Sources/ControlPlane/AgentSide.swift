import FoundationEssentials
import Logging
public import Ports
import Synchronization
import Values
public import Wire

/// What agents ask and say.
extension ControlPlane: AgentGateway {
    public func authenticate(token: String) -> Principal? {
        let now = clock()
        // The lookup is by digest: how long it takes says nothing about the secret.
        let known = memory.withLock { $0.principals[Secret.hash(token)] }
        guard let known, known.expiresAt.map({ $0 > now }) ?? true else { return nil }
        return known.principal
    }

    public func attach(host: String, agent: String, sink: any AgentSink) throws(Problem) {
        let now = clock()
        let old = try memory.withLock { (memory) throws(Problem) -> (any AgentSink)? in
            guard memory.ledger.hosts.contains(host) else { throw unknownHost(host) }
            if let present = memory.fleet[host].agent, present != agent, memory.fleet.isLive(host, at: now) {
                throw Problem(
                    .conflict, "another agent named \(host) is connected",
                    hint: "give this host another --name, or stop the other agent first")
            }
            let old = memory.fleet[host].sink
            memory.fleet[host].agent = agent
            memory.fleet[host].sink = sink
            memory.fleet[host].told = []
            memory.fleet[host].expectedSince = now
            return old
        }
        old?.close()
        let hello = StreamHello(
            server: settings.instance, heartbeat: settings.heartbeat, reconnectWithin: reconnectWithin)
        sink.send(event: "hello", data: Codec.encode(hello))
        tellAgents(only: [host])
        wake.signal()
    }

    public func detach(host: String, sink: any AgentSink) {
        let isGone = memory.withLock { memory in
            guard let present = memory.fleet[host].sink, isSame(present, sink) else { return false }
            memory.fleet.forgetStream(host)
            return true
        }
        if isGone { logRelay.endWaiting(host: host) }
    }

    public func report(host: String, agent: String, body: [UInt8]) throws(Problem) {
        let report = try read(body)
        let now = clock()
        let (before, wasHeard) = try memory.withLock { (memory) throws(Problem) -> (HostReport?, Bool) in
            guard memory.ledger.hosts.contains(host) else { throw unknownHost(host) }
            let present = memory.fleet[host].agent
            if let present, present != agent, memory.fleet.isLive(host, at: now) {
                throw Problem(
                    .conflict, "another agent named \(host) is connected",
                    hint: "give this host another --name, or stop the other agent first")
            }
            let generation = memory.ledger.generation?.identifier
            if report.generation != nil, report.generation == generation, report.epoch > memory.epoch {
                memory.isOutdated = true
            }
            let wasHeard = memory.fleet.contact(host, at: now) == .connected
            let before = memory.fleet.take(
                report, of: host, from: agent, newestEpoch: memory.epoch, generation: generation, at: now)
            return (before, wasHeard)
        }
        publishHost(host, report, after: wasHeard ? before : nil, at: now)
        guard report.isNews(after: before) else { return }
        // Services that the ledger does not know any more are told to stop.
        tellAgents(only: [host])
        wake.signal()
    }

    private func read(_ body: [UInt8]) throws(Problem) -> HostReport {
        if let report = HostReport(plainJSON: body) { return report }
        do {
            return try JSONDecoder().decode(HostReport.self, from: Data(body))
        } catch {
            throw Problem(.invalid, "the report cannot be read: \(error)")
        }
    }

    /// Every scrape of every host may bring the same complaint; it is logged now and then, with how often it was not.
    func complain(_ words: String, about subject: String, host: String) {
        guard let unsaid = complaints.withLock({ $0.note(subject, at: clock()) }) else { return }
        let more = unsaid == 0 ? "" : " (and \(unsaid) more like it since the last time)"
        logger.warning("\(words)\(more)", metadata: ["host": "\(host)"])
    }

    func unknownHost(_ host: String) -> Problem {
        Problem(.notFound, "no host named \(host) has joined", hint: "start the agent with --join-token")
    }

    /// The larger the fleet, the longer its agents spread their return: about 200 a second.
    private var reconnectWithin: Period {
        let hosts = memory.withLock { $0.ledger.hosts.count }
        return Period(milliseconds: max(1000, Int64(hosts) * 5))
    }

    private func isSame(_ left: any AgentSink, _ right: any AgentSink) -> Bool {
        ObjectIdentifier(left as AnyObject) == ObjectIdentifier(right as AnyObject)
    }

    // MARK: Telling

    /// Sends its target to every agent, or to those of some hosts, whose target changed.
    func tellAgents(only hosts: [String]? = nil) {
        // One after the other: an agent must not hear an older message after a newer one of the same epoch.
        telling.withLock { _ in
            let messages = memory.withLock { $0.outgoing(only: hosts) }
            for message in messages { message.sink.send(event: "desired", data: message.message.data) }
        }
    }
}

extension ControlPlane.Memory {
    struct Outgoing: Sendable {
        var sink: any AgentSink
        var message: TargetTable.Message
    }

    /// The messages that are due, and notes them as told.
    mutating func outgoing(only hosts: [String]?) -> [Outgoing] {
        // Taken out while it is changed, so that it is not copied.
        var table = targets ?? TargetTable(ledger, epoch: epoch)
        targets = nil
        var result: [Outgoing] = []
        if let hosts {
            for host in hosts {
                if let place = fleet.place(of: host) { tell(place, &table, &result) }
            }
        } else {
            result.reserveCapacity(fleet.entries.count)
            for place in fleet.entries.indices { tell(place, &table, &result) }
        }
        targets = table
        return result
    }

    /// What the host at this place is to be told, when it does not know it yet.
    private mutating func tell(_ place: Int, _ table: inout TargetTable, _ result: inout [Outgoing]) {
        guard let sink = fleet.entries[place].sink else { return }
        let host = fleet.names[place]
        let message = table.message(
            ledger.hosts.contains(host)
                ? table.target(host: host, reported: fleet.entries[place].report?.services ?? []) : HostTarget())
        guard fleet.entries[place].told != message.told else { return }
        fleet.noteTold(message.told, at: place, epoch: epoch)
        result.append(Outgoing(sink: sink, message: message))
    }
}
