import Rollouts
import Series
import Specs
import Synchronization
import Values
import Verdicts
import Wire

extension ControlPlane {
    /// Judges again and again while the driver goes on, which is woken when there is something new.
    func judgeBesides() async {
        while !Task.isCancelled {
            if await judgeRollouts(at: clock()) { wake.signal() }
            try? await Task.sleep(for: .milliseconds(settings.tick.milliseconds))
        }
    }

    /// Reads the KPIs of every rollout that has the new version somewhere, and keeps the readings.
    ///
    /// - Returns: whether they are others than before.
    @discardableResult
    func judgeRollouts(at now: Timestamp) async -> Bool {
        let (ledger, fleet) = memory.withLock { ($0.ledger, $0.fleet) }
        let readings = await metrics.reading { data in self.readings(ledger, fleet, at: now, data) }
        // Whoever was not allowed to finish reading has read nothing.
        if Task.isCancelled { return false }
        return memory.withLock { memory in
            var isNew = false
            // While it goes back, and afterwards, the last readings stay to be seen.
            for (id, value) in readings where memory.readings[id] != value {
                // A wave that began meanwhile is judged by nothing that was read before.
                guard let present = memory.ledger.machine(id), present.isJudged,
                    present.judgedSince == ledger.machine(id)?.judgedSince
                else { continue }
                memory.readings[id] = value
                isNew = true
                if feed.hasListeners { memory.live.mark(rollout: id) }
            }
            for id in memory.readings.keys where memory.ledger.rollouts[id]?.state.phase.isFinal ?? true {
                memory.readings[id] = nil
            }
            return isNew
        }
    }

    private func readings(
        _ ledger: Ledger, _ fleet: Fleet, at now: Timestamp, _ data: any Queryable
    ) -> [String: [Reading]] {
        var readings: [String: [Reading]] = [:]
        for line in ledger.lines.values {
            guard let id = line.active, let machine = ledger.machine(id), machine.isJudged else { continue }
            guard let comparison = comparison(machine, ledger: ledger, fleet: fleet, at: now) else {
                // No host to read from: yesterday's readings say nothing of today.
                readings[id] = []
                continue
            }
            readings[id] = machine.plan.checks.map { check in
                judge(
                    check, comparison, falseRollbacks: machine.plan.falseRollbacks,
                    checks: machine.plan.checks.count, data: data)
            }
        }
        return readings
    }

    /// The two cohorts as they are now; `nil` while no host serves the new version.
    private func comparison(
        _ machine: RolloutMachine, ledger: Ledger, fleet: Fleet, at now: Timestamp
    ) -> Comparison? {
        let plan = machine.plan
        let settled = now - interval(plan, ledger) * 2
        var canary: [String] = []
        var baseline: [String] = []
        var hasCanary = false
        for (place, host) in plan.hosts.enumerated() {
            guard fleet.contact(host, at: now) == .connected,
                let service = fleet.report(of: plan.service, on: host), service.ready
            else { continue }
            if service.version == plan.version, machine.state.target(host: place) == .new {
                hasCanary = true
                // A host that has just changed has not been scraped yet: it is not missed.
                if isSettled(service, fleet[host], before: settled) { canary.append(host) }
            } else if service.version == plan.previous, isSettled(service, fleet[host], before: settled) {
                baseline.append(host)
            }
        }
        guard hasCanary else { return nil }
        return Comparison(
            service: plan.service, version: plan.version, previous: plan.previous,
            canarySince: max(machine.judgedSince, now - .minutes(10)), baselineSince: plan.createdAt - .minutes(10),
            now: now,
            staleAfter: interval(plan, ledger) * 3 + .seconds(2), expectedCanaryHosts: canary,
            expectedBaselineHosts: baseline, recordedBaselines: machine.state.baselines)
    }

    /// Whether what serves has been seen ready for long enough to have been scraped.
    private func isSettled(_ service: ServiceReport, _ entry: Fleet.Entry, before time: Timestamp) -> Bool {
        service.instances.contains { instance in
            guard instance.version == service.version else { return false }
            return entry.readySince[instance.key(service: service.service)].map { $0 <= time } ?? false
        }
    }

    private func interval(_ plan: RolloutPlan, _ ledger: Ledger) -> Period {
        ledger.version(plan.service, plan.version)?.run.metrics?.every ?? .seconds(5)
    }
}

extension RolloutMachine {
    /// From when on what the new version does counts: since its wave began, and in the end since everyone has it.
    var judgedSince: Timestamp {
        state.phase == .watching ? state.phaseSince : state.waveSince ?? state.phaseSince
    }

    /// Whether its checks are read: the new version is somewhere, and there is one to compare it with.
    var isJudged: Bool {
        guard plan.previous != nil, !plan.checks.isEmpty else { return false }
        switch state.phase {
        case .waiting, .moving, .baking, .watching: return !state.released.isEmpty
        case .queued, .rollingBack, .done, .rolledBack, .cancelled: return false
        }
    }
}
