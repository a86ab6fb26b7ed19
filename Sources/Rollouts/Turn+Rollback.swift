import Specs
import Values
import Verdicts

extension Turn {
    /// Starts the way back when the evidence asks for it, or holds where nobody may go back by himself.
    ///
    /// - Returns: true when the rollout does not go forward in this round.
    mutating func goBackIfNeeded() -> Bool {
        guard !state.released.isEmpty, let cause = reasonToGoBack() else {
            liftHold([.forwardOnly], "what was wrong is over")
            return state.hold?.kind == .forwardOnly
        }
        if plan.forwardOnly {
            if let accepted = state.acceptedThrough, accepted >= state.wave { return false }
            stopClock("\(plan.version) is forward-only and something is wrong")
            hold(.forwardOnly, "\(cause.reason); \(plan.version) is forward-only, so a person must decide")
            return true
        }
        stopClock("going back")
        emit(.rollbackStarted(cause: cause))
        return true
    }

    private func reasonToGoBack() -> RollbackCause? {
        if let cause = failedCheck { return cause }
        for wave in plan.waves.prefix(state.wave + 1) {
            // A host that joined later says more about itself than about the version.
            let failed = wave.members.filter { state.failed.contains($0) && $0 < plan.planned }
            let budget = wave.spec.failureBudget.roundedDown(of: wave.members.count)
            guard failed.count > budget else { continue }
            let why = failed.compactMap { observation.hosts[$0].newFailed }.last.map { " (\($0))" } ?? ""
            return automaticCause(
                .failedHosts,
                "\(plan.version) failed on \(names(failed))\(why); \(budget) of wave \(wave.spec.name) may fail")
        }
        let lost = lostHosts
        if plan.onLostHosts == .rollback, lost.count > failureBudget, !isPromoted {
            return automaticCause(.lostHosts, "out of contact with \(names(lost)) that have \(plan.version)")
        }
        return nil
    }

    /// The check that takes the rollout back. While the statistics cannot be trusted, none of theirs does.
    private var failedCheck: RollbackCause? {
        switch observation.blame {
        case .other: return nil
        case .this(let reason, let reading): return automaticCause(.check, reason, reading)
        // What the checks say goes back to when another change was at work; they begin anew once the hold is lifted.
        case nil where state.hold?.kind == .attributed: return nil
        case nil: break
        }
        let counted = observation.readings.filter { !$0.dryRun && (!isDistrusted || $0.evidence == nil) }
        if let reading = counted.first(where: { $0.verdict == .fail }) {
            return automaticCause(.check, "check \(reading.check) failed: \(reading.reason)", reading)
        }
        guard observation.judgement?.verdict == .fail, let reading = counted.max(by: { $0.leaning < $1.leaning }),
            reading.evidence != nil
        else { return nil }
        return automaticCause(
            .check, "the checks failed together, \(reading.check) the most: \(reading.reason)", reading)
    }

    private var isDistrusted: Bool { observation.judgement?.distrust != nil }

    private func automaticCause(
        _ trigger: RollbackCause.Trigger, _ reason: String, _ reading: Reading? = nil
    ) -> RollbackCause {
        RollbackCause(
            trigger: trigger, by: RolloutMachine.automatic, reason: reason, reading: reading,
            refusesVersion: true, at: now)
    }

    /// How many hosts of the waves so far may fail or be lost.
    var failureBudget: Int {
        plan.waves.prefix(state.wave + 1).reduce(0) { sum, wave in
            sum + wave.spec.failureBudget.roundedDown(of: wave.members.count)
        }
    }

    /// Hosts that were told to take the new version and are silent since.
    var lostHosts: [Int] {
        state.released.filter { observation.hosts[$0].heard == .no && $0 < plan.planned }
    }

    // MARK: The way back

    /// The priority lane: no gate, window, freeze or bake; everyone at once, as far as that keeps serving who serves.
    mutating func bringBack() {
        returnMore()
        reportStuck()
        let missing = state.released.filter { !isBack($0) && !isRemoved($0) }
        guard missing.allSatisfy({ observation.hosts[$0].heard == .no && state.returned.contains($0) }) else { return }
        emit(.rolledBack(missing: HostSet(missing)))
    }

    private mutating func returnMore() {
        let waiting = state.released.filter { !state.returned.contains($0) }
        guard !waiting.isEmpty else { return }
        // Whoever does not serve loses nothing by going back now; that holds for silent hosts too.
        var chosen = HostSet(waiting.filter { !observation.hosts[$0].isServing || isRunningPrevious($0) })
        // A stuck host that is out of service takes from what may be out, but never the last place: the others must go back.
        let outForGood = state.leftBehind.filter { isStuck($0) && !observation.hosts[$0].isServing }.count
        let limit = max(1, plan.rollback.maxUnavailable.roundedDown(of: plan.hosts.count) - outForGood)
        var moving = state.returned.filter(takesCapacity).count
        for host in waiting where !chosen.contains(host) && moving < limit {
            chosen.insert(host)
            moving += 1
        }
        if !chosen.isEmpty { emit(.returned(hosts: chosen)) }
    }

    /// Whether the host is on its way back, and so perhaps out of service. One that is stuck is not on its way.
    private func takesCapacity(_ host: Int) -> Bool {
        let seen = observation.hosts[host]
        if isBack(host) || seen.heard == .no || seen.heard == .removed { return false }
        return !state.leftBehind.contains(host)
    }

    private func isStuck(_ host: Int) -> Bool {
        state.leftBehind.contains(host) && observation.hosts[host].heard == .yes && !isBack(host)
    }

    private mutating func reportStuck() {
        let deadline = plan.waves[state.wave].spec.progressDeadline
        for host in state.returned where !isBack(host) && !state.leftBehind.contains(host) {
            guard observation.hosts[host].heard == .yes else { continue }
            if let reason = observation.hosts[host].previousFailed {
                emit(.stuck(host: host, reason: reason))
            } else if now - (state.returnedAt ?? now) > deadline {
                emit(.stuck(host: host, reason: "not back within \(deadline): \(whereItStands(host))"))
            }
        }
        let stuck = state.leftBehind.filter { !isBack($0) && !isRemoved($0) }
        if stuck.isEmpty {
            liftHold([.stuckRollback], "every host that was stuck is back")
        } else {
            hold(.stuckRollback, "\(names(stuck)) cannot go back")
        }
    }

    /// The step of the way back that a host has not got past.
    private func whereItStands(_ host: Int) -> String {
        let seen = observation.hosts[host]
        let previous = plan.previous ?? "nothing"
        if seen.changing { return "it is still changing to \(previous)" }
        switch seen.running {
        case .new: return "\(plan.version) still runs there"
        case .other: return "neither \(plan.version) nor \(previous) runs there"
        case .nothing: return "nothing runs there"
        case .previous: return seen.ready ? "its agent has not confirmed it" : "\(previous) is not ready"
        }
    }

    private func isRunningPrevious(_ host: Int) -> Bool {
        let seen = observation.hosts[host]
        return seen.heard == .yes && seen.running == .previous && seen.ready && !seen.changing
    }

    /// Whether the host is seen on the previous version, ready; after a first deployment, whether nothing runs there.
    func isBack(_ host: Int) -> Bool {
        let seen = observation.hosts[host]
        guard seen.heard == .yes, seen.knowsTarget, state.returned.contains(host) else { return false }
        return isFirstDeployment ? seen.running == .nothing && !seen.changing : isRunningPrevious(host)
    }
}
