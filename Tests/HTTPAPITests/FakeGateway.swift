import Glibc
import Ports
import Synchronization
import Wire

/// Knows a token of every role, named like the role, and keeps what agents bring.
final class FakeGateway: AgentGateway {
    struct State {
        var sinks: [String: [any AgentSink]] = [:]
        var detached = 0
        var reports: [(host: String, agent: String, body: [UInt8])] = []
        var samples = 0
        /// While it is true samples are taken in but not on the disk: those who wait for that.
        var holdsDisk = false
        var unkept: [@Sendable (Problem?) -> Void] = []
        var revoked: Set<String> = []
        var problem: Problem?
    }

    let state = Mutex(State())
    /// While it is true nobody's samples are taken in, as when the store's lock is held.
    let holdsSamples = Atomic(false)
    /// Samples that wait because of that.
    let heldSamples = Atomic(0)

    func authenticate(token: String) -> Principal? {
        guard let role = Role(rawValue: token), !state.withLock({ $0.revoked.contains(token) }) else { return nil }
        return role == .agent
            ? Principal(name: "agent/web1", role: .agent, host: "web1") : Principal(name: token, role: role)
    }

    func attach(host: String, agent: String, sink: any AgentSink) throws(Problem) {
        if let problem = state.withLock({ $0.problem }) { throw problem }
        sink.send(event: "hello", data: Array(#"{"server":"s"}"#.utf8))
        state.withLock { $0.sinks[host, default: []].append(sink) }
    }

    func detach(host: String, sink: any AgentSink) {
        state.withLock { state in
            state.sinks[host]?.removeAll { $0 as AnyObject === sink as AnyObject }
            state.detached += 1
        }
    }

    func report(host: String, agent: String, body: [UInt8]) throws(Problem) {
        if let problem = state.withLock({ $0.problem }) { throw problem }
        state.withLock { $0.reports.append((host, agent, body)) }
    }

    func samples(
        host: String, agent: String, body: [UInt8], whenKept: @escaping @Sendable (Problem?) -> Void
    ) throws(Problem) {
        heldSamples.add(1, ordering: .relaxed)
        while holdsSamples.load(ordering: .relaxed) { usleep(1000) }
        let waits = state.withLock { state in
            state.samples += body.count
            if state.holdsDisk { state.unkept.append(whenKept) }
            return state.holdsDisk
        }
        if !waits { whenKept(nil) }
    }

    var sinks: [any AgentSink] { state.withLock { $0.sinks.values.flatMap { $0 } } }
}
