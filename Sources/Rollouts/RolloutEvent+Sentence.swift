import Specs
import Values
import Verdicts

extension RolloutEvent {
    /// The event as a sentence for people.
    public func sentence(plan: RolloutPlan) -> String {
        switch fact {
        case .began: return "started: \(plan.service) \(plan.previous ?? "(nothing)") → \(plan.version)"
        case .waited(let wave, let reason): return "wave \(plan.name(wave)) waits: \(reason)"
        case .approved(let wave, let reason): return "\(by) approved wave \(plan.name(wave))\(suffix(reason))"
        case .waveStarted(let wave): return "wave \(plan.name(wave)) started (\(reach(wave, plan)))"
        case .released(let hosts):
            return "\(plan.version) goes to \(plan.names(hosts))\(plan.flag == nil ? "" : " of the targeting keys")"
        case .controlled(let hosts):
            return "\(plan.names(hosts)) start anew with \(plan.previous ?? "nothing"), to be compared with"
        case .hostFailed(let host, let reason): return "\(plan.version) failed on \(plan.hosts[host]): \(reason)"
        case .waveReady(let wave): return "wave \(plan.name(wave)) is ready and bakes for \(plan.waves[wave].spec.bake)"
        case .unready(let hosts) where hosts.isEmpty: return "\(plan.everybody) that has \(plan.version) is ready again"
        case .unready(let hosts): return "not ready any more: \(plan.names(hosts))"
        case .bakeClock(true, _, let reason): return "the bake clock runs: \(reason)"
        case .bakeClock(false, let baked, let reason):
            return "the bake clock stands at \(baked.roundedToSeconds): \(reason)"
        case .judged(let reading): return "check \(reading.check): \(reading.verdict.rawValue) (\(reading.reason))"
        case .waveDone(let wave, _): return "wave \(plan.name(wave)) is done"
        case .joined(let hosts):
            let shown = hosts.prefix(5).joined(separator: ", ")
            let all = hosts.count > 5 ? "\(shown) and \(hosts.count - 5) more" : shown
            return "\(all) joined, in wave \(plan.waves.last?.spec.name ?? "")"
        case .watchStarted: return "\(plan.everybody) has \(plan.version); watching for \(plan.watch)"
        default: return turnSentence(plan: plan)
        }
    }

    private func turnSentence(plan: RolloutPlan) -> String {
        switch fact {
        case .held(let hold): return "held: \(hold.reason)"
        case .holdLifted(let reason): return "no longer held: \(reason)"
        case .paused(let reason): return "\(by) paused it\(suffix(reason))"
        case .resumed(let reason): return "\(by) resumed it\(suffix(reason))"
        case .promoted(_, let reason): return "\(by) promoted it\(suffix(reason))"
        case .rollbackStarted(let cause): return "going back to \(plan.previous ?? "nothing"): \(cause.reason)"
        case .returned(let hosts): return "\(plan.previous ?? "nothing") goes back to \(plan.names(hosts))"
        case .stuck(let host, let reason): return "\(plan.hosts[host]) is stuck on the way back: \(reason)"
        case .rolledBack(let missing) where missing.isEmpty:
            return "rolled back: \(plan.everybody) is on \(previous(plan))"
        case .rolledBack(let missing):
            return "rolled back, without \(plan.names(missing)): put right when heard of again"
        case .done(let reason): return "done: \(reason)"
        case .cancelled(let reason): return "cancelled: \(reason)"
        default: return ""
        }
    }

    private func previous(_ plan: RolloutPlan) -> String { plan.previous ?? "nothing" }

    private func suffix(_ reason: String) -> String { reason.isEmpty ? "" : ": \(reason)" }

    /// Whom a wave brings in.
    private func reach(_ wave: Int, _ plan: RolloutPlan) -> String {
        guard let flag = plan.flag, let last = plan.waves[wave].members.last else {
            return count(plan.waves[wave].members.count)
        }
        return "\(flag.shares[last]) of the targeting keys"
    }

    private func count(_ hosts: Int) -> String { hosts == 1 ? "1 host" : "\(hosts) hosts" }
}

extension RolloutPlan {
    public func name(_ wave: Int) -> String { waves[wave].spec.name }

    /// Up to five names, and how many more there are.
    public func names(_ set: HostSet) -> String {
        let shown = set.prefix(5).map { hosts[$0] }.joined(separator: ", ")
        let more = set.count - 5
        return more > 0 ? "\(shown) and \(more) more" : shown
    }
}
