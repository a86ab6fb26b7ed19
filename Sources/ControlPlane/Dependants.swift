import Rollouts
import Series
import Specs
import Values
import Verdicts
import Wire

/// A dependant that is looked at.
struct DependantLook: Sendable {
    var key: DependantChecks.Key
    var judge: RolloutJudge
    var scene: RolloutScene
    /// Since when which checks fail, as it was stored, when this goes on from there.
    var failing: [String: Timestamp]?
    /// Why it does not go on from what was stored.
    var trouble: String?
    var hasNews = false

    func judged(_ data: any Queryable) -> DependantLook {
        var look = self
        look.hasNews = look.judge.look(scene, data: data)
        return look
    }
}

extension ControlPlane.Memory {
    typealias Dependant = (service: ServiceSpec, checks: [CheckSpec])

    /// Services that depend on this one, however indirectly, and have checks that can be compared with before.
    func dependants(of service: String) -> [Dependant] {
        var found: Set<String> = [service]
        var open = [service]
        while let next = open.popLast() {
            for (name, applied) in ledger.services
            where applied.spec.dependsOn.contains(next) && !found.contains(name) {
                found.insert(name)
                open.append(name)
            }
        }
        found.remove(service)
        return found.sorted().compactMap { ledger.services[$0]?.spec }.compactMap { spec in
            let checks = spec.checks.isEmpty ? usualChecks[spec.name] ?? [] : spec.checks
            let compared = checks.filter { $0.kind.isComparedWithBefore && !$0.dryRun }
            return compared.isEmpty ? nil : (spec, compared)
        }
    }

    /// The dependants of every rollout that has the new version somewhere.
    func dependantLooks(at now: Timestamp) -> [DependantLook] {
        ledger.lines.values.compactMap(\.active).sorted().compactMap(ledger.machine).flatMap { machine in
            guard !machine.state.released.isEmpty, machine.plan.previous != nil, !machine.state.phase.isFinal,
                machine.state.phase != .rollingBack
            else { return [DependantLook]() }
            let dependants = dependants(of: machine.plan.service)
            let chance = machine.plan.falseRollbacks.percent * DependantChecks.share / Double(max(1, dependants.count))
            return dependants.compactMap { look(machine, $0, chance: Percentage(chance), at: now) }
        }
    }

    private func look(
        _ machine: RolloutMachine, _ dependant: Dependant, chance: Percentage, at now: Timestamp
    ) -> DependantLook? {
        let service = dependant.service.name
        let interval = ledger.version(service, ledger.line(service).stable)?.run.metrics?.every ?? .seconds(5)
        let key = DependantChecks.Key(rollout: machine.plan.id, service: service)
        let present = dependants.judge(key)
        if let present, !present.isDue(at: now, interval: interval) { return nil }
        let names = ledger.hosts.values.map(\.name).sorted()
        let hosts = names.enumerated().compactMap { number, name -> RolloutScene.Host? in
            guard let version = fleet.report(of: service, on: name)?.version else { return nil }
            return host(name, number, .canary, version: version, of: service, settled: now - interval * 2, at: now)
        }
        guard hosts.contains(where: \.serves) else { return nil }
        var scene = RolloutScene(
            service: service, previous: "", hosts: hosts, wave: machine.state.wave, began: machine.reachedAt, now: now,
            interval: interval)
        scene.anewSince = machine.state.anewSince
        if let present { return DependantLook(key: key, judge: present, scene: scene) }
        let look = begun(key, dependant.checks, chance, machine, scene)
        return look.judge.isDue(at: now, interval: interval) ? look : nil
    }

    /// The first look since the start of the control plane: it goes on from what is stored.
    private func begun(
        _ key: DependantChecks.Key, _ checks: [CheckSpec], _ chance: Percentage, _ machine: RolloutMachine,
        _ scene: RolloutScene
    ) -> DependantLook {
        let stored = ledger.evidence[key.rollout]?.dependants?[key.service]
        let configuration = VerdictEngine.Configuration(
            checks: checks, falseRollbacks: stored?.chance ?? chance, waves: machine.plan.waves.count,
            tick: scene.interval)
        var look = DependantLook(key: key, judge: RolloutJudge(configuration), scene: scene)
        guard let stored else { return look }
        do {
            look.judge = try RolloutJudge(configuration, state: Array(stored.state), progress: stored.progress)
            look.failing = stored.failing
        } catch {
            look.trouble = "\(error)"
        }
        return look
    }
}

extension CheckSpec.Kind {
    /// Whether it can be told from before and after whether something is worse, without anybody to compare with: numbers of hosts drift
    /// by themselves, hosts are unlike each other before and after, and nobody asks instances while nothing is rolled out.
    var isComparedWithBefore: Bool {
        switch self {
        case .ratio, .rate, .latency, .slo, .guardrail: return true
        case .gauge, .peers, .web: return false
        }
    }
}

extension ServiceSpec {
    /// What of its checks cannot say that a service which it depends on has made it worse.
    var checksWithoutBefore: [String] {
        guard !dependsOn.isEmpty else { return [] }
        return checks.enumerated().filter { !$1.kind.isComparedWithBefore && !$1.dryRun }.map { index, check in
            "checks[\(index)]: a check of the kind \(check.kind.name) judges rollouts of \(name) only: it is not compared with before "
                + "when \(dependsOn.joined(separator: ", ")) \(dependsOn.count == 1 ? "changes" : "change"); "
                + "for that write a ratio, rate, latency, slo or guardrail"
        }
    }
}
