import Rollouts
import Specs
import Synchronization
import Values
import Verdicts

extension ControlPlane {
    /// Which of the changes in flight explains what is wrong, by rollout. Nothing where a rollout's own checks say it all.
    func blames(_ ledger: Ledger, at now: Timestamp) -> [String: Blame] {
        let suspects = suspects(ledger)
        let own = suspects.filter { !$0.failures.isEmpty }
        let isFelt = suspects.contains { !$0.dependants.isEmpty }
        guard suspects.count > 1 && !own.isEmpty || isFelt else { return [:] }
        var regressions: [SeenRegression] = []
        for suspect in own {
            let plan = suspect.machine.plan
            regressions += suspect.failures.map { reading in
                SeenRegression(
                    service: plan.service, check: reading.check, since: now,
                    splits: reading.evidence == nil ? [:] : [plan.id: .worse], isClear: reading.isClear)
            }
        }
        for failure in suspects.flatMap(\.dependants) {
            regressions.append(
                SeenRegression(
                    service: failure.service, check: failure.reading.check, since: failure.since,
                    splits: splits(failure, suspects)))
        }
        let attribution = Attribution(of: regressions, in: changes(suspects.map(\.machine), ledger))
        var blames: [String: Blame] = [:]
        for suspect in suspects { blames[suspect.machine.plan.id] = blame(suspect, attribution) }
        return blames
    }

    /// A change in flight, with what speaks against it.
    private struct Suspect {
        var machine: RolloutMachine
        var readings: [Reading]
        /// Its own checks that failed.
        var failures: [Reading]
        /// The checks that failed of services that depend on this one.
        var dependants: [DependantChecks.Failure]
    }

    private func suspects(_ ledger: Ledger) -> [Suspect] {
        let machines = ledger.lines.values.compactMap(\.active).sorted().compactMap(ledger.machine).filter { machine in
            !machine.state.released.isEmpty && machine.plan.previous != nil && !machine.state.phase.isFinal
        }
        return memory.withLock { memory in
            machines.map { machine in
                let id = machine.plan.id
                let readings = memory.readings[id] ?? []
                return Suspect(
                    machine: machine, readings: readings, failures: ownFailures(readings, memory.judgements[id]),
                    dependants: memory.dependants.failures(of: id, anewSince: machine.state.anewSince))
            }
        }
    }

    private func blame(_ suspect: Suspect, _ attribution: Attribution) -> Blame? {
        let id = suspect.machine.plan.id
        if let reason = attribution.rollbacks[id] {
            if attribution.newest.contains(id) {
                let reading = suspect.failures.first
                return .this(reason: "\(reason)\(reading.map { ": \($0.reason)" } ?? "")", reading: reading)
            }
            // It was held because of another change, which is gone: what the checks say is of both, and they begin anew.
            if suspect.machine.state.hold?.kind == .attributed { return nil }
            // Its own check says it better.
            guard suspect.failures.isEmpty else { return nil }
            return .this(reason: reason, reading: suspect.dependants.first?.reading)
        }
        if let reason = attribution.holds[id] { return .other(reason: reason) }
        guard !suspect.failures.isEmpty else { return nil }
        return .other(reason: attribution.unexplained.first ?? "a check failed, and no change in flight explains it")
    }

    private func ownFailures(_ readings: [Reading], _ judgement: Judgement?) -> [Reading] {
        guard judgement?.distrust == nil else { return readings.filter { $0.isFailure && $0.evidence == nil } }
        let failing = readings.filter(\.isFailure)
        guard failing.isEmpty, judgement?.verdict == .fail else { return failing }
        return readings.filter { !$0.dryRun && $0.evidence != nil }
            .max { ($0.evidence?.log ?? 0) < ($1.evidence?.log ?? 0) }.map { [$0] } ?? []
    }

    /// What the same check says when the dependant's own rollout splits it.
    private func splits(
        _ failure: DependantChecks.Failure, _ suspects: [Suspect]
    ) -> [String: SeenRegression.Split] {
        var splits: [String: SeenRegression.Split] = [:]
        for suspect in suspects where suspect.machine.plan.service == failure.service {
            let reading = suspect.readings.first { $0.check == failure.reading.check }
            guard let reading, reading.evidence != nil else { continue }
            let id = suspect.machine.plan.id
            switch reading.verdict {
            case .fail: splits[id] = .worse
            case .pass: splits[id] = .alike
            case .undecided: splits[id] = .undecided
            }
        }
        return splits
    }

    private func changes(_ machines: [RolloutMachine], _ ledger: Ledger) -> ChangeLedger {
        let changes = machines.map { machine in
            let (plan, state) = (machine.plan, machine.state)
            if let flag = plan.flag {
                return ChangeInFlight(
                    rollout: plan.id, subject: "flag \(flag.key)", services: Set([plan.service] + flag.services),
                    since: machine.reachedAt, reach: .keys)
            }
            // On its way back it is at work until the last host is back.
            let isGoing = state.phase == .rollingBack
            let canary = Set(
                plan.hosts.indices.filter { isGoing ? state.released.contains($0) : state.target(host: $0) == .new }
                    .map { plan.hosts[$0] })
            return ChangeInFlight(
                rollout: plan.id, subject: "service \(plan.service)", services: [plan.service],
                since: machine.reachedAt, reach: .hosts(canary, of: Set(plan.hosts)))
        }
        return ChangeLedger(changes, dependsOn: ledger.services.mapValues(\.spec.dependsOn))
    }
}

extension Reading {
    fileprivate var isFailure: Bool { verdict == .fail && !dryRun }

    /// Ten times the evidence that it needs alone.
    fileprivate var isClear: Bool { evidence.map { $0.log >= $0.threshold + 2.302585092994046 } ?? false }
}
