import Archives
import Ports
public import Rollouts
import Specs
import Values
public import Wire

/// What people do to rollouts.
extension ControlPlane {
    public func deploy(_ request: DeployRequest, by principal: Principal) async throws(Problem) -> DeployAnswer {
        guard ledger.services[request.service] != nil else {
            throw Problem.unknown("service", request.service, among: Array(ledger.services.keys))
        }
        if let plan = request.plan, ledger.namedPlans[plan] == nil {
            throw Problem.unknown("plan", plan, among: Array(ledger.namedPlans.keys))
        }
        let contents = try await contents(of: request.artefact)
        let answer = try await change { (draft) throws(Problem) in
            try await self.deploy(request, contents, by: principal, in: &draft)
        }
        wake.signal()
        publishService(request.service)
        return answer
    }

    private func deploy(
        _ request: DeployRequest, _ contents: ArtefactContents?, by principal: Principal, in draft: inout Draft
    ) async throws(Problem) -> DeployAnswer {
        guard let service = draft.ledger.services[request.service]?.spec else {
            throw Problem.unknown("service", request.service, among: Array(draft.ledger.services.keys))
        }
        try contents?.check(service.run.command, of: service.name)
        let version = try await draft.version(for: request, service: service, artefacts: artefacts, by: principal.name)
        let line = draft.ledger.line(service.name)
        let active = line.active.flatMap { id in
            draft.ledger.rollouts[id].map {
                ServiceLine.Active(
                    id: id, version: $0.version, phase: $0.state.phase, isStuck: !$0.state.leftBehind.isEmpty)
            }
        }
        let waiting = line.queue.compactMap { draft.ledger.rollouts[$0]?.version }
        let decision = line.decide(
            version: version, force: request.force, supersede: request.supersede, active: active, waiting: waiting)
        return try draft.follow(decision, request, version: version, service: service, by: principal.name)
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
        let record = try await whole(rollout: id).record
        if let flag = record.flag, record.state.phase.isFinal {
            let again = FlagRolloutRequest(to: record.version, plan: record.plan, force: true, reason: reason)
            return try await rollOut(flag: flag.key, environment: flag.environment, again, by: principal)
        }
        guard record.state.phase.isFinal else {
            throw Problem(
                .refused,
                "\(id) is \(record.state.phase.words): only an ended rollout is tried again, and this one is still on its way",
                hint: ledger.plan(of: id).map { record.state.advice(plan: $0) })
        }
        return try await deploy(
            DeployRequest(service: record.service, version: record.version, force: true, reason: reason), by: principal)
    }
}

extension Draft {
    /// Does what was decided on a wish to deploy.
    mutating func follow(
        _ decision: ServiceLine.Decision, _ request: DeployRequest, version: String, service: ServiceSpec,
        by person: String
    ) throws(Problem) -> DeployAnswer {
        var first = true
        switch decision {
        case .unchanged(let message):
            let rollout = ledger.line(service.name).active
            return DeployAnswer(outcome: .unchanged, version: version, rollout: rollout, message: message)
        case .refuse(let message):
            throw Problem(.refused, message)
        case .tryAgain(let message):
            var line = ledger.line(service.name)
            line.addAttempt(version)
            setLine(service.name, line)
            audit("deploy", "service/\(service.name)", by: person, "\(version) again where it failed \(request.reason)")
            return DeployAnswer(outcome: .unchanged, version: version, rollout: nil, message: message)
        case .start, .queue: first = false
        case .queueFirst: break
        case .supersede(let id):
            try obey(.abort, rollout: id, by: person, reason: "superseded by \(version)")
        case .endWatch(let id):
            let reason = "the watch ended with the deployment of \(version)"
            try obey(.promote(full: false), rollout: id, by: person, reason: reason)
        }
        let id = try enqueue(request, version: version, service: service, by: person, first: first)
        advance(service.name)
        return answer(id, version: version, service: service.name)
    }

    func answer(_ id: String, version: String, service: String) -> DeployAnswer {
        let line = ledger.line(service)
        guard line.active != id, let before = line.active else {
            return DeployAnswer(
                outcome: .started, version: version, rollout: id,
                message: "rollout \(id) brings \(version)" + (ledger.rollouts[id]?.plan.map { " by plan \($0)" } ?? ""))
        }
        let isReturning = ledger.rollouts[before]?.state.phase == .rollingBack
        let message =
            isReturning
            ? "\(id) begins once \(before) has gone back"
            : "\(id) brings \(version), and waits for \(before); --supersede would replace it"
        return DeployAnswer(outcome: .queued, version: version, rollout: id, message: message)
    }

    /// Passes a person's command to the rollout's machine.
    mutating func obey(
        _ command: RolloutCommand, rollout id: String, by person: String, reason: String
    ) throws(Problem) {
        guard let present = ledger.index[id] else {
            throw Problem.unknown("rollout", id, among: ledger.index.identifiers)
        }
        try checkNewest(command, id, present.phase)
        try checkApprover(command, rollout: id, by: person)
        guard var machine = ledger.machine(id) else {
            throw Problem(.refused, "\(id) cannot be told to \(command.name): it has ended (\(present.phase.words))")
        }
        let events: [RolloutEvent]
        do throws(CommandRefusal) {
            events = try machine.obey(
                command, by: person, reason: reason, newcomers: ledger.newcomers(machine.plan), at: now)
        } catch {
            throw Problem(.refused, "\(id) cannot be told to \(command.name): \(error.description)")
        }
        record(events, machine: machine)
    }

    /// An ended rollout goes back only while nothing newer has happened to the service.
    private func checkNewest(_ command: RolloutCommand, _ id: String, _ phase: Phase) throws(Problem) {
        guard phase == .done, command == .rollback || command == .abort,
            let service = RolloutIndex.parts(of: id)?.service
        else { return }
        let line = ledger.line(service)
        guard line.active == nil, line.latest == id else {
            let newest = ledger.index.newest(of: service) ?? "another one"
            throw Problem(
                .refused, "\(id) is not the newest rollout of \(service) (\(newest) is)",
                hint: "roll that one back, or deploy the version that you want")
        }
    }

    /// Puts a new rollout into the service's queue, at the front or at the end; one that brings this version and waits
    /// already is moved to the front.
    ///
    /// - Returns: The rollout's identifier.
    private mutating func enqueue(
        _ request: DeployRequest, version: String, service: ServiceSpec, by person: String, first: Bool
    ) throws(Problem) -> String {
        var line = ledger.line(service.name)
        if request.force { line.refused[version] = nil }
        let waiting = line.queue.first { ledger.rollouts[$0]?.version == version }
        let id = waiting ?? "\(service.name)-\(ledger.index.nextNumber(of: service.name))"
        if waiting == nil {
            let record = RolloutRecord(
                id: id, service: service.name, version: version, attempt: 0, createdAt: now, createdBy: person,
                reason: request.reason, forced: request.force, plan: request.plan, state: RolloutState())
            do throws(PlanError) {
                setPlan(try plan(for: record, service: service, line: line))
            } catch {
                throw Problem(.refused, "service \(service.name) cannot be deployed: \(error.description)")
            }
            setRollout(record)
        }
        line.enqueue(id, first: first)
        setLine(service.name, line)
        audit("deploy", "service/\(service.name)", by: person, "\(version) as \(id) \(request.reason)")
        return id
    }
}
