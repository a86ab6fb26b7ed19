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
        await wake.drive(every: settings.tick, atMostEvery: .milliseconds(50)) {
            do throws(Problem) {
                try await self.lookAtRollouts()
            } catch {
                // Nothing was changed: the next look decides the same again.
                self.logger.error("rollouts cannot move: \(error.message)")
            }
        }
    }

    /// Reads the world, lets the machines decide, and commits what they decided in one transaction.
    func lookAtRollouts() async throws(Problem) {
        let now = clock()
        judgeRollouts(at: now)
        try await change { (draft) throws(Problem) in
            for service in draft.ledger.lines.keys.sorted() { self.look(at: service, in: &draft) }
        }
        publishActiveRollouts(at: now)
    }

    private func look(at service: String, in draft: inout Draft) {
        let line = draft.ledger.line(service)
        if line.active == nil, let next = line.queue.first {
            draft.beginTurn(of: next, service: service)
        }
        guard let id = draft.ledger.line(service).active, var machine = draft.ledger.machine(id) else { return }
        let events = machine.observe(observation(of: machine, in: draft), at: draft.now)
        draft.record(events, machine: machine)
    }

    /// All that the machine is told.
    private func observation(of machine: RolloutMachine, in draft: Draft) -> Observation {
        let plan = machine.plan
        let attempt = draft.ledger.rollouts[plan.id]?.attempt ?? 0
        let (hosts, readings) = memory.withLock { memory in
            let hosts = plan.hosts.map { host in
                var seen = memory.fleet.observation(host: host, plan: plan, attempt: attempt, at: draft.now)
                // A host that was removed from the fleet is gone for good: nobody waits for it.
                if draft.ledger.hosts[host] == nil { seen.heard = .no }
                return seen
            }
            return (hosts, memory.readings[plan.id] ?? [])
        }
        let freeze = draft.ledger.freezes.values.map(\.spec).first {
            $0.isInForce(service: plan.service, at: draft.now)
        }
        let zones = Set(plan.waves.flatMap { $0.spec.timeWindow.map(\.zone) })
        return Observation(
            hosts: hosts, readings: readings, freeze: freeze.map { "\($0.name): \($0.reason)" },
            zoneOffsets: zoneOffsets(zones, at: draft.now))
    }

    /// After a restart: bake clocks do not count the time in which nobody watched.
    func resume() async throws(Problem) {
        let lastAlive = ledger.lastAlive ?? clock()
        try await change { (draft) throws(Problem) in
            if self.settings.acceptRestoredStore {
                draft.ledger.epochBase += 1_000_000_000
                draft.put(Collection.meta, "epoch", EpochRecord(base: draft.ledger.epochBase))
                draft.audit("store.accept", "store", by: "halcyon", "a restored store was accepted")
            }
            for line in draft.ledger.lines.values {
                guard let id = line.active, var machine = draft.ledger.machine(id) else { continue }
                draft.record(machine.recover(lastAlive: lastAlive, at: draft.now), machine: machine)
            }
        }
    }

    /// Notes now and then that it is alive, so that a restart knows how long nobody watched.
    func stayAlive() async {
        while !Task.isCancelled {
            try? await Task.sleep(for: .seconds(5))
            guard !ledger.lines.values.allSatisfy({ $0.active == nil }) else { continue }
            try? await change { (draft) throws(Problem) in
                draft.put(Collection.meta, "alive", AliveRecord(at: draft.now))
            }
        }
    }
}

extension FreezeSpec {
    func isInForce(service: String, at now: Timestamp) -> Bool {
        from <= now && now < until && (services.isEmpty || services.contains(service))
    }
}

extension Draft {
    /// Stores a machine's new state with its events, and what follows for the service and for people.
    mutating func record(_ events: [RolloutEvent], machine: RolloutMachine) {
        let plan = machine.plan
        guard !events.isEmpty, var record = ledger.rollouts[plan.id] else { return }
        record.state = machine.state
        setRollout(record)
        append(events, rollout: plan.id, plan: plan)
        for event in events {
            follow(event, plan: plan, state: machine.state)
            announce(event, plan: plan)
            if event.by != RolloutMachine.automatic {
                audit("rollout", "rollout/\(plan.id)", by: event.by, event.sentence(plan: plan))
            }
        }
    }

    /// Keeps the service's line in step with its rollout.
    private mutating func follow(_ event: RolloutEvent, plan: RolloutPlan, state: RolloutState) {
        var line = ledger.line(plan.service)
        switch event.fact {
        case .rollbackStarted(let cause):
            line.active = plan.id
            line.latest = nil
            if cause.refusesVersion {
                line.refused[plan.version] = ServiceLine.Refusal(rollout: plan.id, reason: cause.reason, at: event.at)
            }
        case .done:
            line.active = nil
            line.stable = plan.version
            line.latest = plan.id
        case .rolledBack:
            line.active = nil
            line.stable = plan.previous
        case .cancelled:
            if line.active == plan.id { line.active = nil }
            line.queue.removeAll { $0 == plan.id }
        default:
            return
        }
        setLine(plan.service, line)
    }

    /// The rollout at the head of the queue gets its turn, with a plan made of today's fleet.
    mutating func beginTurn(of id: String, service: String) {
        var line = ledger.line(service)
        line.queue.removeAll { $0 == id }
        guard let record = ledger.rollouts[id], let applied = ledger.services[service] else {
            setLine(service, line)
            return
        }
        do throws(PlanError) {
            setPlan(try plan(for: record, service: applied.spec, line: line))
            line.active = id
            setLine(service, line)
        } catch {
            setLine(service, line)
            cancel(record, reason: "no plan can be made: \(error)")
        }
    }

    private mutating func cancel(_ record: RolloutRecord, reason: String) {
        guard let plan = ledger.plans[record.id] else { return }
        var machine = RolloutMachine(plan: plan, state: record.state)
        let events = (try? machine.obey(.abort, by: RolloutMachine.automatic, reason: reason, at: now)) ?? []
        self.record(events, machine: machine)
    }

    /// The plan of a rollout as of now.
    func plan(for record: RolloutRecord, service: ServiceSpec, line: ServiceLine) throws(PlanError) -> RolloutPlan {
        let fleet = ledger.hosts.values.map { PlanHost(name: $0.name, labels: $0.labels) }
        let order = try WaveOrder(service: service, fleet: fleet)
        let isForwardOnly = ledger.version(service.name, record.version)?.forwardOnly ?? false
        return RolloutPlan(
            id: record.id, service: service.name, version: record.version, previous: line.stable,
            forwardOnly: isForwardOnly, hosts: order.hosts, waves: order.waves, watch: service.plan.watch,
            rollback: service.plan.rollback, onLostHosts: service.plan.onLostHosts, checks: service.checks,
            falseRollbacks: service.plan.falseRollbacks, createdAt: record.createdAt, createdBy: record.createdBy,
            forced: record.forced)
    }
}
