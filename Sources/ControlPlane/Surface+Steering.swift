import Ports
public import Rollouts
import Specs
import Values
public import Wire

/// What people do to rollouts.
extension ControlPlane {
    public func deploy(_ request: DeployRequest, by principal: Principal) async throws(Problem) -> DeployAnswer {
        let answer = try await change { (draft) throws(Problem) in
            try await self.deploy(request, by: principal, in: &draft)
        }
        wake.signal()
        publishService(request.service)
        return answer
    }

    private func deploy(
        _ request: DeployRequest, by principal: Principal, in draft: inout Draft
    ) async throws(Problem) -> DeployAnswer {
        guard let service = draft.ledger.services[request.service]?.spec else {
            throw Problem.unknown("service", request.service, among: Array(draft.ledger.services.keys))
        }
        let version = try await draft.version(for: request, service: service, artefacts: artefacts, by: principal.name)
        let line = draft.ledger.line(service.name)
        let active = line.active.flatMap { id in
            draft.ledger.rollouts[id].map { (id: id, version: $0.version, phase: $0.state.phase) }
        }
        let waiting = line.queue.compactMap { draft.ledger.rollouts[$0]?.version }
        switch line.decide(
            version: version, force: request.force, supersede: request.supersede, active: active, waiting: waiting)
        {
        case .unchanged(let message):
            return DeployAnswer(outcome: .unchanged, version: version, rollout: line.active, message: message)
        case .refuse(let message):
            throw Problem(.refused, message)
        case .start:
            return try draft.enqueue(request, version: version, service: service, by: principal, first: false)
        case .queue(let behind):
            var answer = try draft.enqueue(request, version: version, service: service, by: principal, first: false)
            answer.outcome = .queued
            answer.message = "waits for \(behind); --supersede would replace it"
            return answer
        case .supersede(let id):
            let reason = "superseded by \(version)"
            _ = try draft.obey(.abort, rollout: id, by: principal.name, reason: reason)
            return try draft.enqueue(request, version: version, service: service, by: principal, first: true)
        case .endWatch(let id):
            _ = try draft.obey(
                .promote(full: false), rollout: id, by: principal.name,
                reason: "the watch ended with the deployment of \(version)")
            return try draft.enqueue(request, version: version, service: service, by: principal, first: true)
        }
    }

    public func command(
        _ command: RolloutCommand, rollout id: String, reason: String, by principal: Principal
    ) async throws(Problem) -> RolloutView {
        let id = try resolve(rollout: id)
        try await change { (draft) throws(Problem) in
            try draft.obey(command, rollout: id, by: principal.name, reason: reason)
        }
        wake.signal()
        return try await rollout(id)
    }

    public func retry(rollout id: String, reason: String, by principal: Principal) async throws(Problem) -> DeployAnswer
    {
        let id = try resolve(rollout: id)
        guard let record = ledger.rollouts[id] else { throw Problem(.notFound, "there is no rollout \(id)") }
        guard record.state.phase.isFinal else {
            throw Problem(.refused, "\(id) is \(record.state.phase.words); only an ended rollout can be tried again")
        }
        return try await deploy(
            DeployRequest(service: record.service, version: record.version, force: true, reason: reason), by: principal)
    }
}

extension Draft {
    /// Passes a person's command to the rollout's machine.
    mutating func obey(
        _ command: RolloutCommand, rollout id: String, by person: String, reason: String
    ) throws(Problem) {
        guard var machine = ledger.machine(id) else { throw Problem(.notFound, "there is no rollout \(id)") }
        try checkNewest(command, machine)
        let events: [RolloutEvent]
        do throws(CommandRefusal) {
            events = try machine.obey(command, by: person, reason: reason, at: now)
        } catch {
            throw Problem(.refused, "\(id) cannot be told to \(command.name): \(error.description)")
        }
        record(events, machine: machine)
    }

    /// An ended rollout goes back only while nothing newer has happened to the service.
    private func checkNewest(_ command: RolloutCommand, _ machine: RolloutMachine) throws(Problem) {
        guard machine.state.phase == .done, command == .rollback || command == .abort else { return }
        let line = ledger.line(machine.plan.service)
        guard line.active == nil, line.latest == machine.plan.id else {
            let newer = line.active ?? line.latest ?? "another rollout"
            throw Problem(
                .refused, "\(machine.plan.id) is not the newest rollout of \(machine.plan.service) (\(newer) is)",
                hint: "roll that one back, or deploy the version that you want")
        }
    }

    /// Puts a new rollout into the service's queue, at the front or at the end. The driver gives it its turn.
    mutating func enqueue(
        _ request: DeployRequest, version: String, service: ServiceSpec, by principal: Principal, first: Bool
    ) throws(Problem) -> DeployAnswer {
        var line = ledger.line(service.name)
        if request.force { line.refused[version] = nil }
        line.attempts[version, default: 0] += 1
        let number = ledger.rollouts.values.filter { $0.service == service.name }.count + 1
        let record = RolloutRecord(
            id: "\(service.name)-\(number)", service: service.name, version: version,
            attempt: line.attempts[version] ?? 1, createdAt: now, createdBy: principal.name, reason: request.reason,
            forced: request.force, state: RolloutState())
        do throws(PlanError) {
            setPlan(try plan(for: record, service: service, line: line))
        } catch {
            throw Problem(.refused, "service \(service.name) cannot be deployed: \(error.description)")
        }
        line.queue.insert(record.id, at: first ? 0 : line.queue.count)
        setLine(service.name, line)
        setRollout(record)
        audit("deploy", "service/\(service.name)", by: principal.name, "\(version) as \(record.id) \(request.reason)")
        return DeployAnswer(
            outcome: .started, version: version, rollout: record.id, message: "rollout \(record.id) brings \(version)")
    }
}
