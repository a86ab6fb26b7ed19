import Ports
import Rollouts
import Specs
import Values
import Wire

extension Draft {
    /// Does what follows from a wish to roll a variant out.
    mutating func rollOut(
        _ flag: FlagIdentity, _ request: FlagRolloutRequest, by person: String
    ) throws(Problem) -> DeployAnswer {
        let found = try present(flag, to: request.to)
        var line = ledger.line(flag.subject)
        if ledger.isUnsettled(line) {
            throw Problem(
                .conflict, "the outcome of \(line.latest ?? "the last rollout") is being stored", hint: "try again")
        }
        let active = line.active.flatMap { id in
            ledger.rollouts[id].map { ServiceLine.Active(id: id, version: $0.version, phase: $0.state.phase) }
        }
        if active == nil { line.stable = found.from }
        let waiting = line.queue.compactMap { ledger.rollouts[$0]?.version }
        let decision = line.decide(
            version: request.to, force: request.force, supersede: request.supersede, active: active, waiting: waiting)
        var first = false
        switch decision {
        case .unchanged(let message), .tryAgain(let message):
            return DeployAnswer(outcome: .unchanged, version: request.to, rollout: line.active, message: message)
        case .refuse(let message): throw Problem(.refused, message)
        case .endWatch(let id):
            throw Problem(
                .refused, "\(id) is still watched", hint: "end its watch first: halcyon rollout promote \(id)")
        case .start, .queue: break
        case .queueFirst: first = true
        case .supersede(let id):
            first = true
            try obey(.abort, rollout: id, by: person, reason: "superseded by \(request.to)")
        }
        let id = try enqueue(flag, request, found, by: person, first: first)
        advance(flag.subject)
        return answer(id, version: request.to, service: flag.subject)
    }

    /// The flag as a rollout would find it.
    private func present(_ flag: FlagIdentity, to variant: String) throws(Problem) -> FlagToRollOut {
        guard let flags else { throw Problem(.unavailable, "this server has no flags") }
        return try flags.flagToRollOut(flag.key, environment: flag.environment, to: variant)
    }

    private mutating func enqueue(
        _ flag: FlagIdentity, _ request: FlagRolloutRequest, _ found: FlagToRollOut, by person: String, first: Bool
    ) throws(Problem) -> String {
        let subject = flag.subject
        var line = ledger.line(subject)
        if request.force { line.refused[request.to] = nil }
        let id = "\(subject)-\(ledger.index.nextNumber(of: subject))"
        let record = RolloutRecord(
            id: id, service: subject, version: request.to, attempt: 0, createdAt: now, createdBy: person,
            reason: request.reason, forced: request.force, plan: request.plan, state: RolloutState(), flag: flag)
        do throws(PlanError) {
            setPlan(try plan(for: record, flag, found))
        } catch {
            throw Problem(.refused, "the flag \(flag.key) cannot be rolled out: \(error.description)")
        }
        setRollout(record)
        line.enqueue(id, first: first)
        setLine(subject, line)
        audit(
            "flag.rollout", "flag/\(flag.environment)/\(flag.key)", by: person,
            "to \(request.to) as \(id) \(request.reason)")
        return id
    }

    /// The rollout at the head of the queue gets its turn, with the flag as it is now.
    mutating func beginTurn(of record: RolloutRecord, _ flag: FlagIdentity) {
        var record = record
        var line = ledger.line(record.service)
        do {
            let found = try present(flag, to: record.version)
            guard found.from != record.version else {
                return cancel(record, reason: "'\(record.version)' is what everybody gets already")
            }
            line.stable = found.from
            setPlan(try plan(for: record, flag, found))
            record.attempt = line.begin(record.id, version: record.version)
            setRollout(record)
            setLine(record.service, line)
        } catch let problem as Problem {
            cancel(record, reason: problem.message)
        } catch {
            cancel(record, reason: "no plan can be made: \(error)")
        }
    }

    private func plan(
        for record: RolloutRecord, _ flag: FlagIdentity, _ found: FlagToRollOut
    ) throws(PlanError) -> RolloutPlan {
        let name = record.plan ?? found.plan ?? PlanSpec.guardedName
        guard let spec = ledger.namedPlans[name]?.spec.plan ?? (name == PlanSpec.guardedName ? .guarded : nil) else {
            throw PlanError(path: "plan", message: "there is no plan named \(name)")
        }
        var slices = try FlagSlices(spec)
        // What takes two people takes them here too.
        if found.approvals > 0, !slices.waves.isEmpty { slices.waves[0].spec.gate = .approval }
        let target = FlagTarget(
            key: flag.key, environment: flag.environment, shares: slices.shares, approvals: found.approvals,
            variantLabel: found.variantLabel ?? "variant", services: found.services)
        var plan = RolloutPlan(
            id: record.id, change: .flag(target), service: flag.subject, version: record.version,
            previous: found.from, hosts: slices.names, waves: slices.waves, watch: spec.watch,
            rollback: RollbackSpec(maxUnavailable: .percent(100)), onLostHosts: spec.onLostHosts,
            checks: found.checks ?? CheckSpec.ofFlags, falseRollbacks: spec.falseRollbacks,
            createdAt: record.createdAt, createdBy: record.createdBy, forced: record.forced)
        plan.withoutBaseline = spec.withoutBaseline
        return plan
    }

    /// What the rollout has ended with is stored with the flag.
    mutating func noteSettled(_ id: String) {
        guard var record = ledger.rollouts[id], record.state.phase == .done else { return }
        record.settled = true
        setRollout(record)
    }

    /// Where a change takes two people, nobody opens the gate of their own rollout.
    func checkApprover(_ command: RolloutCommand, rollout id: String, by person: String) throws(Problem) {
        guard let rollout = ledger.whole(id), let target = rollout.plan.flag, target.approvals > 0,
            rollout.record.state.phase == .waiting, rollout.record.state.wave == 0, rollout.record.createdBy == person
        else { return }
        switch command {
        case .approve, .promote:
            throw Problem(
                .refused, "nobody approves their own change: \(person) started \(id)",
                hint: "a change in \(target.environment) needs another person's approval")
        case .pause, .resume, .abort, .rollback: return
        }
    }
}

extension CheckSpec {
    /// What is looked at when a flag names no checks: what SDKs measure of the code behind it.
    static let ofFlags = [
        CheckSpec(
            name: "errors", kind: .ratio(bad: "halcyon_flag_errors_total", total: "halcyon_flag_requests_total")),
        CheckSpec(name: "latency", kind: .latency(histogram: "halcyon_flag_duration_seconds")),
    ]
}
