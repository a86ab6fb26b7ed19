import Glibc
import Runtimes
import Specs
import Supervision
import Values
import Wire

/// Asks an instance that was started until it is ready.
struct Prober: Sendable {
    var client: InstanceClient
    var runtime: ExecRuntime
    var snapshot: Snapshot
    var events: AgentEvents

    private enum Outcome {
        case ready
        /// It answered, and it is not ready.
        case notYet
        /// Nothing that it said was heard.
        case silent
    }

    /// Returns when the instance is ready, gone, or no longer starting. The machine keeps the deadline.
    func run(service: String, instance: Instance, saidReady: SaidReady) async {
        let id = instance.id
        let probe = instance.version.run.ready
        var silences = 0
        while !Task.isCancelled, let running = runtime.running(id), isStarting(service, id) {
            switch await ask(running, probe: probe, service: service, adopted: instance.adopted) {
            case .ready:
                events.yield(.service(service, .ready(instance: id)))
                return
            case .notYet: silences = 0
            case .silent:
                silences += 1
                // Its own word counts when nothing contradicts it.
                if saidReady.contains(id), silences >= 2 {
                    events.yield(.service(service, .ready(instance: id)))
                    return
                }
            }
            await pause(max(probe.every, .milliseconds(20)))
        }
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

    private func isStarting(_ service: String, _ id: String) -> Bool {
        snapshot.instance(service, id)?.phase == .starting
    }

    private func ask(
        _ running: RunningInstance, probe: ReadinessProbe, service: String, adopted: Bool
    ) async -> Outcome {
        let isAlone = { snapshot.isAlone(service, running.record.instance.id) }
        do throws(InstanceClient.Failure) {
            switch probe.method {
            case .http(let path):
                let answer = try await client.get(
                    running, path: path, timeout: .seconds(2), limit: 1 << 20, isAlone: isAlone)
                return (200..<400).contains(answer.status) ? .ready : .notYet
            case .tcp, .notify:
                if running.record.address == nil { return .ready }
                // A shared listening socket accepts for everybody: only the kernel knows for whom.
                let mustBeAccepted = running.record.probePort != nil
                _ = try await client.connect(running, timeout: .seconds(2), isAlone: { !mustBeAccepted && isAlone() })
                return .ready
            case .none: return .ready
            }
        } catch {
            return .silent
        }
    }
}
