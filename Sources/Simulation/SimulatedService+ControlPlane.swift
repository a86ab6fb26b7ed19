import Rollouts
import Specs
import Values
import Verdicts

/// The driver: look → machine → persist → tell.
extension SimulatedService {
    /// After a kill it starts from the store, and knows nothing else.
    mutating func restart() {
        startedAt = now
        var draft = store.content
        guard var machine = draft.active else { return }
        let events = machine.recover(lastAlive: store.lastAlive, at: now)
        guard !events.isEmpty else { return }
        draft.record(events, machine)
        store.commit(draft)
    }

    mutating func look() {
        var draft = store.content
        let changed = decide(&draft)
        let isKilled = !quiet && random.chance(troubles.kill)
        if isKilled { downUntil = now + .seconds(Int64.random(in: 0...60, using: &random)) }
        if fault == .actsBeforePersisting, changed { tell(draft, revision: store.revision + 1) }
        // Killed before the state was stored: nothing of it ever happened.
        if isKilled, random.chance(0.5) { return decided = [] }
        if changed { store.commit(draft) }
        // Killed after it was stored: it is told once the control plane is back.
        if !isKilled { tell(store.content, revision: store.revision) }
    }

    private mutating func tell(_ content: SimulatedStore.Content, revision: Int) {
        defer { lastTold = revision }
        let active = content.active
        for index in hosts.indices where hosts[index].reachable {
            let name = hosts[index].name
            var version = active.map { $0.version(at: $0.plan.hosts.firstIndex(of: name)) } ?? content.line.stable
            if fault == .sendsAThirdVersion, index == 0, active?.state.phase == .baking { version = "v0" }
            let attempt = version.flatMap { content.line.attempts[$0] } ?? 0
            let told = SimulatedHost.Told(version: version, attempt: attempt, revision: revision)
            guard hosts[index].told != told else { continue }
            let host = hosts[index]
            let leaves = host.ready && host.running == host.told?.version && host.running != version
            messages.append(
                Message(
                    host: name, told: told, persisted: store.revision, leaves: leaves ? host.running : nil,
                    wasUpToDate: host.told?.revision == lastTold))
            hosts[index].told = told
        }
    }

    // MARK: Decisions

    /// - Returns: Whether there is anything to store.
    private mutating func decide(_ draft: inout SimulatedStore.Content) -> Bool {
        var changed = false
        if let version = wishToDeploy() {
            deploy(version, &draft)
            changed = true
        }
        changed = goBackFromTheEnd(&draft) || changed
        changed = advance(&draft) || changed
        guard var machine = draft.active else { return changed }
        var shown = observation(of: machine, draft)
        var events = observe(&machine, shown)
        // Newcomers that were let in are hosts of the plan from here on.
        shown.hosts += machine.plan.hosts.dropFirst(shown.hosts.count).compactMap { shown.newcomers[$0] }
        decided.append(Decision(machine: machine, shown: shown, events: events))
        if let command = personsWish(machine) {
            events += (try? machine.obey(command, by: "alice", reason: "", at: now)) ?? []
        }
        guard !events.isEmpty else { return changed }
        draft.record(fault == .losesAnEvent ? events.dropLast() : events, machine)
        return true
    }

    /// Lets the machine look, twice: it must be at rest after the first time.
    private mutating func observe(_ machine: inout RolloutMachine, _ shown: Observation) -> [RolloutEvent] {
        guard let fault else {
            let events = machine.observe(shown, at: now)
            var twin = machine
            repeated = twin.observe(shown, at: now).first
            return events
        }
        var faulty = RolloutMachine(plan: fault.plan(machine.plan), state: machine.state)
        let events = faulty.observe(fault.observation(shown, machine), at: now)
        machine = RolloutMachine(plan: machine.plan.growing(events), state: faulty.state)
        return events
    }

    private func observation(of machine: RolloutMachine, _ content: SimulatedStore.Content) -> Observation {
        let plan = machine.plan
        let attempt = content.attempts[plan.id] ?? 0
        let seen = plan.hosts.compactMap { places[$0] }.map { index in
            hosts[index].observation(
                plan: plan, attempt: attempt, heard: heard(hosts[index]),
                knowsTarget: hosts[index].told?.revision == store.revision)
        }
        var newcomers: [String: HostObservation] = [:]
        if machine.state.phase != .rollingBack {
            for host in strangers(plan) {
                newcomers[host.name] = host.observation(
                    plan: plan, attempt: attempt, heard: heard(host),
                    knowsTarget: host.told?.revision == store.revision)
            }
        }
        return Observation(hosts: seen, newcomers: newcomers, readings: readings(plan))
    }

    /// Hosts that are not in the plan.
    private func strangers(_ plan: RolloutPlan) -> [SimulatedHost] {
        let known = Set(plan.hosts)
        return known.count == hosts.count ? [] : hosts.filter { !known.contains($0.name) }
    }

    private func heard(_ host: SimulatedHost) -> HostObservation.Heard {
        if now - host.lastHeard <= SimulatedService.grace { return .yes }
        return now - startedAt <= SimulatedService.grace ? .notYet : .no
    }

    private func readings(_ plan: RolloutPlan) -> [Reading] {
        guard hosts.contains(where: { $0.running == plan.version }) else { return [] }
        return [
            Reading(
                check: "errors", verdict: lacksData ? .undecided : verdict, reason: "simulated", lacksData: lacksData)
        ]
    }

    // MARK: People

    private mutating func wishToDeploy() -> String? {
        if deployments == 0 { return newVersion() }
        guard !quiet, deployments < 4, random.chance(troubles.deployment) else { return nil }
        // Now and then somebody tries an old one again.
        return random.chance(0.2) ? "v\(Int.random(in: 1...deployments, using: &random))" : newVersion()
    }

    private mutating func deploy(_ version: String, _ draft: inout SimulatedStore.Content) {
        let active = draft.active.map {
            ServiceLine.Active(
                id: $0.plan.id, version: $0.plan.version, phase: $0.state.phase, isStuck: !$0.state.leftBehind.isEmpty)
        }
        let decision = draft.line.decide(
            version: version, force: random.chance(0.3), supersede: random.chance(0.5), active: active,
            waiting: draft.line.queue.compactMap { draft.plans[$0]?.version })
        var first = true
        switch decision {
        case .unchanged, .refuse: return
        case .tryAgain: return _ = draft.line.addAttempt(version)
        case .start, .queue: first = false
        case .queueFirst: break
        case .supersede: guard draft.obey(.abort, at: now) else { return }
        case .endWatch: guard draft.obey(.promote(full: false), at: now) else { return }
        }
        draft.line.refused[version] = nil
        let id = "shop-\(draft.plans.count + 1)"
        draft.plans[id] = plan(id, version, draft)
        draft.states[id] = RolloutState()
        draft.line.enqueue(id, first: first)
    }

    /// Gives the next in the queue its turn, with a plan of the fleet as it is then.
    private func advance(_ draft: inout SimulatedStore.Content) -> Bool {
        guard draft.line.active == nil, let next = draft.line.queue.first, let waiting = draft.plans[next] else {
            return false
        }
        guard waiting.version != draft.line.stable, let plan = plan(next, waiting.version, draft) else {
            draft.line.queue.removeFirst()
            return true
        }
        draft.plans[next] = plan
        draft.attempts[next] = draft.line.begin(next, version: plan.version)
        return true
    }

    private func plan(_ id: String, _ version: String, _ content: SimulatedStore.Content) -> RolloutPlan? {
        let fleet = hosts.map { PlanHost(name: $0.name, labels: ["region": $0.name.hasSuffix("1") ? "eu" : "us"]) }
        guard let order = try? WaveOrder(service: spec, fleet: fleet) else { return nil }
        return RolloutPlan(
            id: id, service: spec.name, version: version, previous: content.line.stable,
            forwardOnly: forwardOnly.contains(version), hosts: order.hosts, waves: order.waves,
            watch: spec.plan.watch, rollback: spec.plan.rollback, onLostHosts: spec.plan.onLostHosts,
            checks: spec.checks, falseRollbacks: spec.plan.falseRollbacks, createdAt: now, createdBy: "test")
    }

    /// Somebody takes back a version that everyone has.
    private mutating func goBackFromTheEnd(_ draft: inout SimulatedStore.Content) -> Bool {
        guard !quiet, draft.line.active == nil, random.chance(troubles.person),
            var machine = draft.line.latest.flatMap(draft.machine)
        else { return false }
        let names = strangers(machine.plan).map(\.name)
        guard let events = try? machine.obey(.rollback, by: "alice", reason: "", newcomers: names, at: now) else {
            return false
        }
        draft.record(events, machine)
        return true
    }

    private mutating func personsWish(_ machine: RolloutMachine) -> RolloutCommand? {
        let state = machine.state
        if quiet {
            if state.phase == .waiting { return .promote(full: true) }
            if state.pause != nil { return .resume }
            if state.hold?.kind == .forwardOnly { return .rollback }
            return state.hold != nil && state.phase != .rollingBack ? .promote(full: true) : nil
        }
        guard random.chance(troubles.person) else { return nil }
        let wishes: [RolloutCommand] = [
            .pause, .resume, .resume, .approve, .approve, .promote(full: false), .promote(full: true), .abort,
            .rollback,
        ]
        return wishes.randomElement(using: &random)
    }
}

extension SimulatedStore.Content {
    /// Keeps a machine's new state with its events, and the service's line in step.
    mutating func record(_ new: [RolloutEvent], _ machine: RolloutMachine) {
        states[machine.plan.id] = machine.state
        plans[machine.plan.id] = machine.plan
        events[machine.plan.id, default: []] += new
        for event in new { line.follow(event, plan: machine.plan) }
    }

    /// - Returns: Whether the rollout in flight did what it was told.
    mutating func obey(_ command: RolloutCommand, at now: Timestamp) -> Bool {
        guard var machine = active,
            let events = try? machine.obey(command, by: "alice", reason: "another version", at: now)
        else { return false }
        record(events, machine)
        return true
    }
}

extension RolloutPlan {
    /// The plan as these events leave it; a defective machine must not leave its own.
    fileprivate func growing(_ events: [RolloutEvent]) -> RolloutPlan {
        RolloutMachine.replayed(events, plan: self).plan
    }
}

extension SimulatedFault {
    /// The plan as a defective machine understands it.
    fileprivate func plan(_ plan: RolloutPlan) -> RolloutPlan {
        var plan = plan
        switch self {
        case .ignoresMaxUnavailable:
            for wave in plan.waves.indices { plan.waves[wave].spec.maxUnavailable = .percent(100) }
        case .exceedsTheShare where plan.waves.count > 1 && !plan.waves[1].members.isEmpty:
            let (first, second) = (plan.waves[0].members, plan.waves[1].members)
            plan.waves[0].members = first.lowerBound..<first.upperBound + 1
            plan.waves[1].members = second.lowerBound + 1..<second.upperBound
        case .ignoresTheRollbacksLimit:
            plan.rollback.maxUnavailable = .percent(100)
        default:
            break
        }
        return plan
    }

    /// The world as a defective machine sees it.
    fileprivate func observation(_ shown: Observation, _ machine: RolloutMachine) -> Observation {
        var shown = shown
        if self == .leavesAHostBehind, machine.state.phase == .rollingBack,
            let host = machine.state.released.first(where: { _ in true })
        {
            shown.hosts[host] = HostObservation(running: machine.plan.previous == nil ? .nothing : .previous)
        }
        return shown
    }
}
