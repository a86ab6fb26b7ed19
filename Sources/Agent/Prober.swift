import Glibc
import Runtimes
import Specs
import Supervision
import Values
import Wire

/// Asks an instance whether it is ready: often until it first is, then now and then for as long as it is to serve.
struct Prober: Sendable {
    var client: InstanceClient
    var runtime: ExecRuntime
    var snapshot: Snapshot
    var events: AgentEvents

    private enum Outcome {
        case ready
        /// It answered, and it is not ready.
        case notYet(String)
        /// Nothing that it said was heard.
        case silent(String)
        /// The instance was not asked, or this agent was too busy to listen: that says nothing of the instance.
        case unknown
    }

    /// A probe that ends this much later than it should was held up by the host itself.
    private static let lateness = Period.seconds(1)

    /// Returns when the instance is gone or is to go. The machine keeps deadlines, and counts the failures.
    func run(service: String, instance: Instance, saidReady: SaidReady) async {
        let id = instance.id
        let probe = instance.version.run.ready
        var silences = 0
        while !Task.isCancelled, let running = runtime.running(id), let known = snapshot.instance(service, id),
            known.phase == .starting || known.isUp && probe.asks
        {
            switch await ask(running, probe: probe, service: service) {
            case .ready:
                silences = 0
                if known.phase != .ready || known.failedProbes != nil {
                    events.yield(.service(service, .ready(instance: id)))
                }
            case .notYet(let reason):
                silences = 0
                tell(service, known, reason)
            case .silent(let reason):
                silences += 1
                // Its own word counts when nothing contradicts it.
                if known.phase == .starting, saidReady.contains(id), silences >= 2 {
                    events.yield(.service(service, .ready(instance: id)))
                } else {
                    tell(service, known, reason)
                }
            case .unknown: break
            }
            await pause(wait(probe, known))
        }
        saidReady.remove(id)
        client.forget(id)
    }

    /// While it starts, only the deadline counts.
    private func tell(_ service: String, _ instance: Instance, _ reason: String) {
        if instance.isUp { events.yield(.service(service, .notReady(instance: instance.id, reason: reason))) }
    }

    /// Until it is ready every moment counts; then the probes of many instances are spread.
    private func wait(_ probe: ReadinessProbe, _ instance: Instance) -> Period {
        guard instance.isUp else { return max(.milliseconds(20), min(probe.every, ReadinessProbe.startingEvery)) }
        let spread = probe.every.milliseconds / 10
        return .milliseconds(max(20, probe.every.milliseconds + Int64.random(in: -spread...spread)))
    }

    /// Whether there is anything to ask: a machine sees by itself when an instance without a probe has been up long enough,
    /// and the instance itself says when it notifies. (One that was adopted may have said so when nobody listened.)
    static func isNeeded(_ instance: Instance) -> Bool {
        switch instance.version.run.ready.method {
        case .http, .tcp: return true
        case .notify: return instance.adopted
        case .none: return false
        }
    }

    private func ask(_ running: RunningInstance, probe: ReadinessProbe, service: String) async -> Outcome {
        let began = monotonicTime()
        let isAlone = { snapshot.isAlone(service, running.record.instance.id) }
        do throws(InstanceClient.Failure) {
            switch probe.method {
            case .http(let path):
                let answer = try await client.get(
                    running, path: path, timeout: probe.timeout, limit: 1 << 20, isAlone: isAlone)
                if (200..<400).contains(answer.status) { return .ready }
                return .notYet("\(path) answered \(answer.status)")
            case .tcp, .notify:
                if running.record.address == nil { return .ready }
                // A shared listening socket accepts for everybody: only the kernel knows for whom.
                let mustBeAccepted = running.record.probePort != nil
                _ = try await client.connect(running, timeout: probe.timeout, isAlone: { !mustBeAccepted && isAlone() })
                return .ready
            case .none: return .ready
            }
        } catch {
            let isUp = snapshot.instance(service, running.record.instance.id)?.isUp == true
            // To be reached and to answer each have their time.
            let isLate = monotonicTime() - began > probe.timeout * 2 + InstanceClient.reachTime + Prober.lateness
            // Among others on the same socket it is a matter of luck who accepts.
            if isUp, isLate || error == .notThisInstance || error == .unknownOwner { return .unknown }
            return .silent(error.description)
        }
    }
}
