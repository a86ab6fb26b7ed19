import Rollouts
import Specs
import Values
import Verdicts
import Wire

/// The decisions among a rollout's events, each with the facts that led to it.
func explainDecisions(_ events: [RolloutEvent], plan: RolloutPlan) -> [Explanation.Decision] {
    var explainer = Explainer(plan: plan)
    return events.compactMap { explainer.decision($0) }
}

/// Walks through a rollout's events in their order, and remembers what later decisions rest on.
private struct Explainer {
    let plan: RolloutPlan
    private var newest: [String: Reading] = [:]
    private var failures: [String] = []
    /// How long the wave in progress has been watched, when its clock last stood still.
    private var baked = Period.zero
    /// Who approved a wave.
    private var approvals: [Int: String] = [:]
    /// The newest promotion, and the last wave that it reaches.
    private var promotion: (through: Int, by: String)?

    init(plan: RolloutPlan) { self.plan = plan }

    mutating func decision(_ event: RolloutEvent) -> Explanation.Decision? {
        switch event.fact {
        case .judged(let reading): newest[reading.check] = reading
        case .hostFailed, .stuck: failures.append(event.sentence(plan: plan))
        case .approved(let wave, _): approvals[wave] = event.by
        case .bakeClock(_, let watched, _): baked = watched
        case .waveStarted: baked = .zero
        case .promoted(let wave, _): promotion = (wave, event.by)
        default: break
        }
        guard let why = reasons(event.fact) else { return nil }
        let readings = event.readings ?? newest.values.sorted { $0.check < $1.check }
        return Explanation.Decision(
            at: event.at, by: event.by, what: event.sentence(plan: plan), why: why,
            readings: event.showsReadings ? readings : [])
    }

    /// Why this was decided; `nil` when the event is no decision.
    private func reasons(_ fact: RolloutEvent.Fact) -> [String]? {
        switch fact {
        case .began: return ["no other rollout of \(plan.service) was in flight"]
        case .waited(_, let reason): return [reason]
        case .waveStarted(let wave): return startReasons(wave)
        case .waveDone(let wave, let readings):
            return [endReason(wave)] + passedBefore(wave, readings) + readings.map(describe)
        case .rollbackStarted(let cause):
            return [cause.reason] + failures + (cause.reading.map { [describe($0)] } ?? [])
        case .held(let hold): return [hold.reason]
        case .holdLifted(let reason), .paused(let reason), .resumed(let reason), .promoted(_, let reason),
            .approved(_, let reason), .done(let reason), .cancelled(let reason):
            return reason.isEmpty ? [] : [reason]
        case .rolledBack(let missing):
            return missing.isEmpty
                ? ["\(plan.everybody) was seen on the previous version"] : ["everyone reachable is back"]
        case .watchStarted:
            return [
                plan.flag == nil
                    ? "the last wave is done; the previous version stays on every host"
                    : "the last wave is done; the flag itself is changed when the watch is over"
            ]
        default: return nil
        }
    }

    private func startReasons(_ wave: Int) -> [String] {
        let planned = plan.waves[wave]
        let limit = planned.spec.maxUnavailable
        let share =
            plan.flag.map { "\($0.shares[planned.members.upperBound - 1]) of the targeting keys" }
            ?? "\(planned.members.count) of \(plan.hosts.count) hosts, at most \(limit) out of service"
        if let person = promoter(wave) { return [share, "\(person) promoted it: it waited for nothing"] }
        var open: [String] = []
        if let person = approvals[wave] { open.append("\(person) approved it") }
        if !planned.spec.timeWindow.isEmpty { open.append("its time window was open") }
        open.append("no freeze was in force")
        return [share] + open
    }

    /// A proof that chance has taken below its line again still counts in its wave: else the numbers would contradict the decision.
    private func passedBefore(_ wave: Int, _ readings: [Reading]) -> [String] {
        guard promoter(wave) == nil, endedEarly(wave) else { return [] }
        return readings.filter { !$0.dryRun && $0.verdict == .undecided }.map {
            "\($0.check) had passed earlier in the wave"
        }
    }

    /// Whether evidence has ended the bake.
    private func endedEarly(_ wave: Int) -> Bool { baked > .zero && baked < plan.waves[wave].spec.bake.atMost }

    private func endReason(_ wave: Int) -> String {
        let bake = plan.waves[wave].spec.bake
        if let person = promoter(wave) { return "\(person) promoted it: what was left of it was skipped" }
        if endedEarly(wave) {
            return "every host was ready, and every check had passed after \(baked) of the bake of \(bake)"
        }
        if plan.previous == nil {
            return "every host was ready; a first version is not baked, for there is nothing to compare it with"
        }
        return bake.atMost == .zero
            ? "every host was ready, and there is no bake"
            : "every host was ready and the bake of \(bake.atMost) is over"
    }

    /// Who promoted this wave.
    private func promoter(_ wave: Int) -> String? {
        guard let promotion, wave <= promotion.through else { return nil }
        return promotion.by
    }

    private func describe(_ reading: Reading) -> String {
        "\(reading.check): \(reading.verdict.rawValue), \(reading.reason)"
    }
}

extension RolloutEvent {
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
