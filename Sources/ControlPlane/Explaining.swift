import Rollouts
import Specs
import Values
import Verdicts
import Wire

/// The decisions among a rollout's events, each with the facts that led to it.
func explainDecisions(_ events: [RolloutEvent], plan: RolloutPlan) -> [Explanation.Decision] {
    var decisions: [Explanation.Decision] = []
    var newest: [String: Reading] = [:]
    var failures: [String] = []
    for event in events {
        switch event.fact {
        case .judged(let reading): newest[reading.check] = reading
        case .hostFailed, .stuck: failures.append(event.sentence(plan: plan))
        default: break
        }
        guard let why = event.reasons(plan: plan, failures: failures) else { continue }
        let readings = event.readings ?? newest.values.sorted { $0.check < $1.check }
        decisions.append(
            Explanation.Decision(
                at: event.at, by: event.by, what: event.sentence(plan: plan), why: why,
                readings: event.showsReadings ? readings : []))
    }
    return decisions
}

extension RolloutEvent {
    /// Why this was decided; `nil` when the event is no decision.
    fileprivate func reasons(plan: RolloutPlan, failures: [String]) -> [String]? {
        switch fact {
        case .began: return ["no other rollout of \(plan.service) was in flight"]
        case .waited(_, let reason): return [reason]
        case .waveStarted(let wave): return waveReasons(plan.waves[wave], plan: plan)
        case .waveDone(let wave, let readings):
            let bake = plan.waves[wave].spec.bake
            return ["every host was ready and the bake of \(bake) is over"] + readings.map(describe)
        case .rollbackStarted(let cause):
            return [cause.reason] + failures + (cause.reading.map { [describe($0)] } ?? [])
        case .held(let hold): return [hold.reason]
        case .holdLifted(let reason), .paused(let reason), .resumed(let reason), .promoted(_, let reason),
            .approved(_, let reason), .done(let reason), .cancelled(let reason):
            return reason.isEmpty ? [] : [reason]
        case .rolledBack(let missing):
            return missing.isEmpty ? ["every host was seen on the previous version"] : ["everyone reachable is back"]
        case .watchStarted: return ["the last wave is done; the previous version stays on every host"]
        default: return nil
        }
    }

    private func waveReasons(_ wave: PlannedWave, plan: RolloutPlan) -> [String] {
        let share =
            "\(wave.members.count) of \(plan.hosts.count) hosts, at most \(wave.spec.maxUnavailable) out of service"
        return [share, "its gate, time window and freezes were open"]
    }

    private func describe(_ reading: Reading) -> String {
        "\(reading.check): \(reading.verdict.rawValue), \(reading.reason)"
    }

    fileprivate var readings: [Reading]? {
        switch fact {
        case .waveDone(_, let readings): return readings
        case .rollbackStarted(let cause): return cause.reading.map { [$0] }
        default: return nil
        }
    }

    fileprivate var showsReadings: Bool {
        switch fact {
        case .waveDone, .rollbackStarted, .held: return true
        default: return false
        }
    }
}
