import Foundation
import Ports
import Values
import Wire

@testable import ControlPlane

/// A host with an agent: it hears its target, and does it at once when the test says so.
final class FakeAgent {
    let name: String
    var labels: [String: String]
    var identity: String
    var sink = FakeSink()
    var connected = false
    /// What runs, by service.
    var running: [String: String] = [:]
    /// Versions that do not get ready here.
    var rejects: Set<String> = []
    var startedAt: [String: Timestamp] = [:]
    /// The newest restart that it was asked for, and how many instances there were since.
    private(set) var restarted: [String: Int64] = [:]
    private(set) var starts: [String: Int] = [:]
    /// It never gets round to what it was told.
    var isSlow = false
    /// What its instances use, in processors.
    var cpu = 0.0
    /// How far ahead the host's own clock is.
    var clockOffset = Period.zero
    private var failures: [String: FailureReport] = [:]
    private var desired = DesiredState(epoch: 0, services: [])

    init(_ name: String, region: String) {
        self.name = name
        labels = ["region": region]
        identity = "id-\(name)"
    }

    var epoch: Int64 { desired.epoch }
    func target(_ service: String) -> DesiredService? { desired.services.first { $0.service == service } }

    func join(_ plane: ControlPlane) async throws {
        let request = JoinRequest(
            host: name, agent: identity, address: "127.0.2.1", labels: labels, release: "0.1.0")
        _ = try await plane.join(request, by: Principal(name: "join", role: .join))
    }

    func connect(_ plane: ControlPlane) throws {
        sink = FakeSink()
        try plane.attach(host: name, agent: identity, sink: sink)
        connected = true
    }

    /// Hears what it was told; an older epoch is refused.
    func hear() {
        for told in sink.told {
            let isSame = desired.generation == nil || told.generation == desired.generation
            if isSame ? told.epoch >= desired.epoch : told.isAccepted == true { desired = told }
        }
    }

    /// Does what it was told.
    func obey(at now: Timestamp) {
        hear()
        if isSlow { return }
        for service in desired.services {
            let name = service.service
            guard let run = service.run else {
                running[name] = nil
                failures[name] = nil
                continue
            }
            if running[name] == run.version, run.restart ?? 0 > restarted[name] ?? 0 {
                restarted[name] = run.restart
                startedAt[name] = now
                starts[name, default: 1] += 1
            }
            guard running[name] != run.version else { continue }
            if rejects.contains(run.version) {
                failures[name] = FailureReport(
                    version: run.version, attempt: run.attempt, step: .ready, message: "not ready within 30s", at: now)
                if running[name] == nil { running[name] = service.fallback?.version }
            } else {
                failures[name] = nil
                running[name] = run.version
                startedAt[name] = now
            }
        }
    }

    func report(_ plane: ControlPlane) throws {
        guard connected else { return }
        try plane.report(host: name, agent: identity, body: Codec.encode(view))
    }

    var view: HostReport {
        let services = Set(running.keys).union(failures.keys).sorted().map { service -> ServiceReport in
            let version = running[service]
            let instances = version.map { version in
                [
                    InstanceReport(
                        id: "\(service)-\(starts[service] ?? 1)", version: version, pid: 1,
                        startedAt: (startedAt[service] ?? .epoch) + clockOffset,
                        ready: true, cpu: cpu)
                ]
            }
            return ServiceReport(
                service: service, state: failures[service] == nil ? .running : .failed, version: version,
                ready: version != nil, instances: instances ?? [], failure: failures[service])
        }
        return HostReport(epoch: desired.epoch, generation: desired.generation, services: services, boot: "b1")
    }
}
