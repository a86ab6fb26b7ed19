import Specs
import Statistics
import Values

/// The evidence of an `slo` check: the canary's bad share against what was promised, and whether it is the canary's doing.
///
/// An objective that everybody misses is an incident, not a bad change: it goes back only when the canary is also worse than the baseline (the
/// lesser of both evidences, for which no budget is spent); else it holds.
struct ObjectiveCheck: Hashable, Sendable {
    let objective: Double
    private(set) var breach: ObjectiveEvidence
    private(set) var events: EventsEvidence
    private var onsets: OnsetShares
    private var warmUp: Double

    init(_ configuration: EvidenceConfiguration, objective: Double) {
        self.objective = objective
        breach = ObjectiveEvidence(objective: objective, cap: Protections.cap(tick: configuration.tick))
        var compared = configuration
        compared.tolerate.relative = 1
        compared.tolerate.absolute = Percentage(0)
        compared.tolerate.floor = Percentage(0)
        events = EventsEvidence(compared)
        onsets = configuration.onsets()
        warmUp = configuration.warmUp
    }

    mutating func observe(_ rows: [HostEvents], tick: Tick, isCold: Bool) {
        events.observe(rows, tick: tick, isCold: isCold)
        guard !tick.isBefore else { return }
        let length = Double(tick.length.milliseconds) / 1000
        let settled = rows.filter {
            $0.place.cohort == .canary && $0.isSound
                && Double($0.place.age.milliseconds) / 1000 - length >= warmUp - 0.001
        }
        let bad = settled.reduce(0) { $0 + $1.bad }
        let total = settled.reduce(0) { $0 + $1.total }
        guard total > 0 else { return }
        breach.observe(
            bad: min(bad, total), of: total, onset: onsets.next(startsWave: tick.startsWave),
            dispersion: events.dispersion.value)
    }

    /// ln E that it misses the objective, and is worse than the baseline.
    var log: Double { min(breach.log, events.worse.log) }

    /// Whether it is missed by everybody: an incident.
    func isShared(threshold: Double) -> Bool { breach.log >= threshold && events.worse.log < Protections.proof }

    /// Whether twice the objective is excluded: the interval of the canary's share ends below it.
    var isWellWithin: Bool {
        guard events.canary.total > 0 else { return false }
        let interval = ShareInterval.trials(
            successes: events.canary.bad, of: events.canary.total, chance: Protections.shownChance,
            tightestAt: 10 / objective)
        return interval.upper <= 2 * objective
    }

    func write(to bytes: inout StateWriter) {
        breach.writeState(to: &bytes)
        events.write(to: &bytes)
        onsets.writeState(to: &bytes)
    }

    mutating func read(from bytes: inout StateReader) throws(StateError) {
        try breach.readState(from: &bytes)
        try events.read(from: &bytes)
        try onsets.readState(from: &bytes)
    }
}
