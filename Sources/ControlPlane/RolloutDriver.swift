import Logging
import Ports
import Rollouts
import Specs
import Synchronization
import Values
import Verdicts
import Wire

extension ControlPlane {
    /// Looks at every rollout in flight, again and again.
    func driveRollouts() async {
        await withDiscardingTaskGroup { tasks in
            if metrics.backend != nil { tasks.addTask { await self.judgeBesides() } }
            await self.moveRollouts()
            tasks.cancelAll()
        }
    }

    private func moveRollouts() async {
        var trouble: String?
        await wake.drive(every: settings.tick, atMostEvery: .milliseconds(50)) {
            do throws(Problem) {
                try await self.lookAtRollouts()
                if trouble != nil { self.logger.notice("rollouts move again") }
                trouble = nil
            } catch {
                // Nothing was changed: the next look decides the same again. It is said once, not twice a second.
                if trouble != error.message { self.logger.error("rollouts cannot move: \(error.message)") }
                trouble = error.message
            }
        }
    }

    /// Reads the world, lets the machines decide, and commits what they decided in one transaction.
    func lookAtRollouts() async throws(Problem) {
        try await renewGeneration()
        // A backend would have everything wait that needs no metrics: it is asked beside this.
        if metrics.backend == nil { await judgeRollouts(at: clock()) }
        try await change { (draft) throws(Problem) in
            let blames = self.blames(draft.ledger, at: draft.now)
            for service in draft.ledger.lines.keys.sorted() { self.look(at: service, blames, in: &draft) }
        }
    }

    private func look(at service: String, _ blames: [String: Blame], in draft: inout Draft) {
        draft.advance(service)
        guard let id = draft.ledger.line(service).active, var machine = draft.ledger.machine(id) else { return }
        if let target = machine.plan.flag, let trouble = trouble(with: machine, target),
            let events = try? machine.obey(.abort, by: RolloutMachine.automatic, reason: trouble, at: draft.now)
        {
            draft.record(events, machine: machine)
        }
        var (observation, evidence) = observation(of: machine, in: draft)
        observation.blame = blames[id]
        let events = machine.observe(observation, at: draft.now)
        // With the decision goes what it was taken from.
        draft.setEvidence(evidence, of: id)
        draft.record(events, machine: machine)
    }

    /// All that the machine is told, and what it rests on.
    private func observation(
        of machine: RolloutMachine, in draft: Draft
    ) -> (observation: Observation, evidence: EvidenceRecord?) {
        let plan = machine.plan
        let attempt = draft.ledger.rollouts[plan.id]?.attempt ?? 0
        let names = machine.state.phase == .rollingBack ? [] : draft.ledger.newcomers(plan)
        let slices = plan.flag.map { self.slices(of: machine, $0) }
        let isControlled = plan.control == .restart
        let (hosts, newcomers, judged) = memory.withLock { memory in
            let hosts =
                slices
                ?? plan.hosts.map { host in
                    var seen = memory.fleet.observation(host: host, plan: plan, attempt: attempt, at: draft.now)
                    if !draft.ledger.hosts.contains(host) { seen.heard = .removed }
                    if isControlled { seen.stratum = draft.ledger.hosts[host]?.stratum ?? "" }
                    return seen
                }
            let newcomers = names.map {
                ($0, memory.fleet.observation(host: $0, plan: plan, attempt: attempt, at: draft.now))
            }
            return (
                hosts, Dictionary(uniqueKeysWithValues: newcomers),
                (
                    memory.readings[plan.id] ?? [], memory.judgements[plan.id],
                    memory.evidence(of: plan.id, since: draft.ledger.evidence[plan.id])
                )
            )
        }
        let freeze = draft.ledger.freezes.values.map(\.spec).first {
            $0.isInForce(service: plan.service, at: draft.now)
        }
        let zones = Set(plan.waves.flatMap { $0.spec.timeWindow.map(\.zone) })
        let observation = Observation(
            hosts: hosts, newcomers: newcomers, readings: judged.0, judgement: judged.1,
            freeze: freeze.map { "\($0.name): \($0.reason)" }, zoneOffsets: zoneOffsets(zones, at: draft.now))
        return (observation, judged.2)
    }

    /// After a restart: bake clocks do not count the time in which nobody watched.
    func resume() async throws(Problem) {
        let lastAlive = ledger.lastAlive ?? clock()
        try await change { (draft) throws(Problem) in
            if self.settings.acceptRestoredStore {
                draft.ledger.epochBase += 1_000_000_000
                draft.put(Collection.meta, "epoch", EpochRecord(base: draft.ledger.epochBase))
                draft.audit("store.accept", "store", by: "halcyon", "a restored store was accepted")
                draft.setGeneration(.make(isAccepted: true))
            } else if draft.ledger.generation == nil {
                draft.setGeneration(.make(isAccepted: false))
            }
            for line in draft.ledger.lines.values {
                guard let id = line.active, var machine = draft.ledger.machine(id) else { continue }
                draft.record(machine.recover(lastAlive: lastAlive, at: draft.now), machine: machine)
            }
        }
    }

    /// An agent has seen a newer state of this very generation: the store is an older copy of itself. With another
    /// generation it stays one to every agent, also when its epochs have caught up.
    private func renewGeneration() async throws(Problem) {
        let isOutdated = memory.withLock { memory in
            defer { memory.isOutdated = false }
            return memory.isOutdated
        }
        guard isOutdated else { return }
        let advice = "they change nothing until the server is started with --accept-restored-store"
        logger.error("agents have seen a newer state than this store holds: was it restored? If so, \(advice)")
        do throws(Problem) {
            try await change { (draft) throws(Problem) in
                draft.setGeneration(.make(isAccepted: false))
                draft.audit("store.outdated", "store", by: "halcyon", "an agent has seen a newer state")
            }
        } catch {
            memory.withLock { $0.isOutdated = true }
            throw error
        }
        memory.withLock { memory in
            memory.targets = nil
            memory.fleet.forgetTold()
        }
        tellAgents()
    }

    /// Notes now and then that it is alive, so that a restart knows how long nobody watched.
    func stayAlive() async {
        while !Task.isCancelled {
            try? await Task.sleep(for: .seconds(5))
            guard !ledger.lines.values.allSatisfy({ $0.active == nil }) else { continue }
            try? await noteAlive()
        }
    }

    func noteAlive() async throws(Problem) {
        try await change { (draft) throws(Problem) in
            draft.put(Collection.meta, "alive", AliveRecord(at: draft.now))
        }
    }
}

extension FreezeSpec {
    func isInForce(service: String, at now: Timestamp) -> Bool {
        from <= now && now < until && (services.isEmpty || services.contains(service))
    }
}

extension Draft {
    mutating func setGeneration(_ generation: GenerationRecord) {
        ledger.generation = generation
        put(DocumentKey.generation.collection, DocumentKey.generation.name, generation)
    }

    /// Stores a machine's new state with its events, and what follows for the service and for people.
    mutating func record(_ events: [RolloutEvent], machine: RolloutMachine) {
        let plan = machine.plan
        guard !events.isEmpty, var record = ledger.rollouts[plan.id] else { return }
        record.state = machine.state
        if machine.state.phase.isFinal { record.budget = ledger.evidence[plan.id]?.budget ?? record.budget }
        setRollout(record)
        if ledger.plan(of: plan.id)?.hosts.count != plan.hosts.count { setPlan(plan) }
        append(events, rollout: plan.id, plan: plan)
        if machine.state.phase.isFinal { setEvidence(nil, of: plan.id) }
        for event in events {
            follow(event, plan: plan)
            announce(event, plan: plan, approved: machine.state.approved)
            if event.by != RolloutMachine.automatic {
                audit("rollout", "rollout/\(plan.id)", by: event.by, event.sentence(plan: plan))
            }
        }
    }

    /// Keeps the service's line in step with its rollout.
    private mutating func follow(_ event: RolloutEvent, plan: RolloutPlan) {
        var line = ledger.line(plan.service)
        line.follow(event, plan: plan)
        setLine(plan.service, line)
    }

    /// Gives the next in the queue its turn when no rollout of the service is in flight.
    mutating func advance(_ service: String) {
        while ledger.line(service).active == nil, let next = ledger.line(service).queue.first,
            !ledger.isUnsettled(ledger.line(service)), isJudgeable(service)
        {
            beginTurn(of: next, service: service)
        }
    }

    /// Whether it is known what a rollout of the service is judged by: without its usual checks it would begin with none.
    private func isJudgeable(_ service: String) -> Bool {
        guard let spec = ledger.services[service]?.spec, spec.isJudgedByUsualChecks,
            ledger.line(service).stable != nil
        else { return true }
        return usualChecks[service] != nil
    }

    /// The rollout at the head of the queue gets its turn, with a plan made of today's fleet.
    private mutating func beginTurn(of id: String, service: String) {
        var line = ledger.line(service)
        guard var record = ledger.rollouts[id] else {
            line.queue.removeAll { $0 == id }
            return setLine(service, line)
        }
        if let flag = record.flag { return beginTurn(of: record, flag) }
        guard let spec = ledger.services[service]?.spec else {
            return cancel(record, reason: "service \(service) was deleted")
        }
        guard ledger.version(service, record.version) != nil else {
            return cancel(record, reason: "version \(record.version) was deleted")
        }
        guard record.version != line.stable else {
            return cancel(record, reason: "\(record.version) is what runs already")
        }
        do throws(PlanError) {
            setPlan(try plan(for: record, service: spec, line: line))
            record.attempt = line.begin(id, version: record.version)
            setRollout(record)
            setLine(service, line)
        } catch {
            cancel(record, reason: "no plan can be made: \(error)")
        }
    }

    /// Ends a rollout that has not begun.
    mutating func cancel(_ record: RolloutRecord, by person: String = RolloutMachine.automatic, reason: String) {
        var line = ledger.line(record.service)
        if var machine = ledger.machine(record.id),
            let events = try? machine.obey(.abort, by: person, reason: reason, at: now)
        {
            self.record(events, machine: machine)
            line = ledger.line(record.service)
        }
        // Whatever became of it, it waits no longer: the queue must move on.
        line.queue.removeAll { $0 == record.id }
        setLine(record.service, line)
    }

    /// The plan of a rollout as of now.
    func plan(for record: RolloutRecord, service: ServiceSpec, line: ServiceLine) throws(PlanError) -> RolloutPlan {
        let fleet = ledger.hosts.values.map { PlanHost(name: $0.name, labels: $0.labels) }
        var service = service
        if let name = record.plan {
            guard let named = ledger.namedPlans[name]?.spec else {
                throw PlanError(path: "plan", message: "there is no plan named \(name)")
            }
            service.plan = named.plan
        }
        let order = try WaveOrder(service: service, fleet: fleet)
        let isForwardOnly = ledger.version(service.name, record.version)?.forwardOnly ?? false
        var plan = RolloutPlan(
            id: record.id, service: service.name, version: record.version, previous: line.stable,
            forwardOnly: isForwardOnly, hosts: order.hosts, waves: order.waves, watch: service.plan.watch,
            rollback: service.plan.rollback, onLostHosts: service.plan.onLostHosts,
            checks: service.checks.isEmpty ? usualChecks[service.name] ?? [] : service.checks,
            falseRollbacks: service.plan.falseRollbacks, createdAt: record.createdAt, createdBy: record.createdBy,
            forced: record.forced)
        (plan.control, plan.withoutBaseline) = (service.plan.control, service.plan.withoutBaseline)
        return plan
    }
}
