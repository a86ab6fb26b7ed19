import FoundationEssentials
import Logging
import MetricsWindow
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
            guard memory.ledger.hosts[host] != nil else { throw unknownHost(host) }
            let entry = memory.fleet[host]
            if let present = entry.agent, present != agent, memory.fleet.isLive(host, at: now) {
                throw Problem(
                    .conflict, "another agent named \(host) is connected",
                    hint: "give this host another --name, or stop the other agent first")
            }
            memory.fleet[host].agent = agent
            memory.fleet[host].sink = sink
            memory.fleet[host].told = ""
            memory.fleet[host].lastSeen = now
            return entry.sink
        }
        old?.close()
        let hello = StreamHello(
            server: settings.instance, heartbeat: settings.heartbeat, reconnectWithin: reconnectWithin)
        sink.send(event: "hello", data: Codec.encode(hello))
        tellAgents(only: host)
        wake.signal()
    }

    public func detach(host: String, sink: any AgentSink) {
        memory.withLock { memory in
            if let present = memory.fleet[host].sink, isSame(present, sink) { memory.fleet[host].sink = nil }
        }
    }

    public func report(host: String, agent: String, body: [UInt8]) throws(Problem) {
        let report: HostReport
        do {
            report = try JSONDecoder().decode(HostReport.self, from: Data(body))
        } catch {
            throw Problem(.invalid, "the report cannot be read: \(error)")
        }
        let now = clock()
        let changed = try memory.withLock { (memory) throws(Problem) -> Bool in
            guard memory.ledger.hosts[host] != nil else { throw unknownHost(host) }
            let entry = memory.fleet[host]
            if let present = entry.agent, present != agent, memory.fleet.isLive(host, at: now) {
                throw Problem(
                    .conflict, "another agent named \(host) is connected",
                    hint: "give this host another --name, or stop the other agent first")
            }
            if report.epoch > memory.epoch { memory.seenNewerEpoch.insert(host) }
            memory.fleet[host].agent = agent
            memory.fleet[host].lastSeen = now
            memory.fleet[host].report = report
            return entry.report?.services != report.services
        }
        guard changed else { return }
        // Services that the ledger does not know any more are told to stop.
        tellAgents(only: host)
        publishHost(host)
        wake.signal()
    }

    public func samples(host: String, agent: String, body: [UInt8]) throws(Problem) {
        guard let record = ledger.hosts[host] else { throw unknownHost(host) }
        let outcome = metrics.ingest(body: body, host: host, hostLabels: record.labels, receivedAt: clock())
        if let problem = outcome.problems.first {
            logger.warning("\(outcome.broken) samples were refused: \(problem)", metadata: ["host": "\(host)"])
        }
        if let (service, count) = outcome.refusedSeries.first {
            logger.warning("no room for \(count) new series of \(service)", metadata: ["host": "\(host)"])
        }
    }

    private func unknownHost(_ host: String) -> Problem {
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

    /// Sends its target to every agent whose target changed; equal messages are encoded once.
    func tellAgents(only: String? = nil) {
        let messages = memory.withLock { $0.outgoing(only: only) }
        for message in messages { message.sink.send(event: "desired", data: message.data) }
    }
}

extension ControlPlane.Memory {
    struct Outgoing: Sendable {
        var sink: any AgentSink
        var data: [UInt8]
    }

    /// The messages that are due, and notes them as told.
    mutating func outgoing(only: String?) -> [Outgoing] {
        var encoded: [[DesiredService]: (told: String, data: [UInt8])] = [:]
        var result: [Outgoing] = []
        for host in only.map({ [$0] }) ?? Array(fleet.entries.keys) {
            guard let sink = fleet[host].sink else { continue }
            let reported = Set(fleet[host].report?.services.filter { $0.state != .absent }.map(\.service) ?? [])
            let services = ledger.desiredServices(host: host, reported: reported)
            let message = encoded[services] ?? encode(services)
            encoded[services] = message
            guard fleet[host].told != message.told else { continue }
            fleet[host].told = message.told
            fleet[host].toldEpoch = epoch
            result.append(Outgoing(sink: sink, data: message.data))
        }
        return result
    }

    private func encode(_ services: [DesiredService]) -> (told: String, data: [UInt8]) {
        let told = String(decoding: Codec.encode(services), as: UTF8.self)
        return (told, Codec.encode(DesiredState(epoch: epoch, services: services)))
    }
}
