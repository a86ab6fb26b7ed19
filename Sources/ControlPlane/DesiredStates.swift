import Ports
import Rollouts
import Specs
import Values
import Wire

extension Ledger {
    /// Desired state is a function of the ledger and the host: this is it.
    ///
    /// `reported` are the services that the host says it has; one that the ledger does not know any more is to be stopped.
    func desiredServices(host: String, reported: Set<String>) -> [DesiredService] {
        guard let record = hosts[host] else { return [] }
        var result = services.keys.sorted().compactMap { desired(service: $0, host: record, reported: reported) }
        result += reported.filter { services[$0] == nil }.sorted().map { DesiredService(service: $0, run: nil) }
        return result
    }

    private func desired(service: String, host: HostRecord, reported: Set<String>) -> DesiredService? {
        guard let applied = services[service] else { return nil }
        let line = line(service)
        let place = placement(line: line, host: host.name)
        guard place != nil || applied.spec.select.matches(host.labels) else {
            return reported.contains(service) ? DesiredService(service: service, run: nil) : nil
        }
        let choice = place ?? (run: versionForNewcomers(line), fallback: nil, others: [])
        let names = [choice.run, choice.fallback, line.stable] + choice.others
        var kept: Set<String> = []
        let keep = names.compactMap { $0 }.filter { kept.insert($0).inserted }
        return DesiredService(
            service: service, run: desiredVersion(service, choice.run),
            fallback: choice.fallback == choice.run ? nil : desiredVersion(service, choice.fallback),
            keep: keep.compactMap { desiredVersion(service, $0) })
    }

    /// What the rollout in flight says about this host; `nil` without one.
    private func placement(line: ServiceLine, host: String) -> (run: String?, fallback: String?, others: [String?])? {
        if let id = line.active, let machine = machine(id) {
            guard let place = places[id]?[host] else { return nil }
            let target = machine.state.target(host: place)
            let (new, previous) = (machine.plan.version, machine.plan.previous)
            return target == .new ? (new, previous, []) : (previous, nil, [new])
        }
        // The version before the present one stays on disk until the next rollout.
        if let id = line.latest, let plan = plans[id], plan.version == line.stable, places[id]?[host] != nil {
            return (plan.version, plan.previous, [])
        }
        return nil
    }

    /// What a host runs that joined after the plan was made.
    private func versionForNewcomers(_ line: ServiceLine) -> String? {
        guard let id = line.active, let machine = machine(id) else { return line.stable }
        return machine.state.targetForNewcomers == .new ? machine.plan.version : machine.plan.previous
    }

    private func desiredVersion(_ service: String, _ name: String?) -> DesiredVersion? {
        guard let record = version(service, name) else { return nil }
        return DesiredVersion(
            version: record.version, artefact: record.artefact, run: record.run,
            attempt: line(service).attempts[record.version] ?? 0)
    }
}
