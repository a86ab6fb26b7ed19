import Specs
import Values

/// What the canary does once nobody has the version before any more: its rate of the last minute beside what the baseline did
/// earlier in the rollout.
///
/// It is no evidence. Another hour may be another hour for everybody, and an incident looks like a bad change. So it holds, and a person
/// is told. There is one exception, a crash of everything right after the last hosts were given the change.
public struct AloneRate: Hashable, Codable, Sendable {
    /// Of the last minute, fading.
    public private(set) var canary = CohortCount(bad: 0, total: 0, hosts: 0)
    public var usual: CohortCount
    /// For how long it is looked at.
    private var seconds = 0.0
    /// Whether most of it has failed since just after the last hosts were given the change.
    public private(set) var isCrash = false

    private static let fading = 60.0
    /// A crash: at least this share of so many events is bad, for so long, where it was below `usual` of so many events before; and
    /// the last hosts were given the change no longer ago than this.
    private static let crash = (
        share: 0.5, events: 20.0, seconds: 30.0, usual: 0.05, usualEvents: 100.0, after: Period.minutes(5)
    )

    init(usual: CohortCount) { self.usual = usual }

    /// - Parameter sinceChange: how long ago the last hosts were given the change; `nil` when that is not known.
    mutating func observe(bad: Double, total: Double, hosts: Int, seconds length: Double, sinceChange: Period?) {
        let kept = max(0, 1 - length / AloneRate.fading)
        canary.bad = canary.bad * kept + min(bad, total)
        canary.total = canary.total * kept + total
        canary.hosts = hosts
        seconds += length
        let crash = AloneRate.crash
        guard let rate = canary.ratio, let before = usual.ratio, let sinceChange, sinceChange <= crash.after else {
            return isCrash = false
        }
        isCrash =
            seconds >= crash.seconds && canary.total >= crash.events && rate >= crash.share
            && usual.total >= crash.usualEvents && before < crash.usual
    }

    /// The rate that is still called usual: twice that of before and no lower than the data of then allow, because the hour may be
    /// another; or what was promised.
    func limit(of check: CheckSpec) -> Double {
        if case .slo(_, _, let objective) = check.kind { return max(1e-9, 1 - objective.fraction) }
        guard usual.total > 0 else { return 1 }
        let rate = (usual.bad + 2 * usual.bad.squareRoot() + 3) / usual.total
        return min(1, max(2 * rate, check.tolerate.limit(baseline: rate)))
    }

    /// Whether it is far above the limit, beyond what chance brings within a minute.
    func isWorse(than limit: Double) -> Bool {
        let expected = limit * canary.total
        return canary.bad >= 10 && canary.bad > expected + 5 * expected.squareRoot()
    }
}

extension Reading {
    /// What a comparison would have said is said by a person, or by nobody: there is nothing left to compare with.
    mutating func judge(_ alone: AloneRate, of check: CheckSpec) {
        let limit = alone.limit(of: check)
        let (now, before) = (alone.canary.ratio.map(percentText) ?? "?", alone.usual.ratio.map(percentText) ?? "?")
        let isPromise = if case .slo = check.kind { true } else { false }
        if alone.isCrash {
            // By the moment: it is no evidence, and takes nothing from the budget.
            (verdict, holds, evidence) = (.fail, false, nil)
            (canary, baseline, value, self.limit) = (alone.canary, alone.usual, alone.canary.ratio, limit)
            reason =
                "\(now) are bad since the last hosts have it, \(before) were before: nobody is left on the version before to "
                + "compare with, and what changed last goes back"
        } else if verdict != .fail, alone.isWorse(than: limit) {
            (verdict, holds) = (.undecided, true)
            reason =
                (isPromise
                    ? "\(now) are bad, promised are at most \(percentText(limit))"
                    : "errors rose from \(before) to \(now) since everybody has it")
                + "; nobody is left on the version before to compare with, so a person must say whether it is the change"
        } else if holds {
            holds = false
            reason = "nobody is left on the version before to compare with"
        }
    }
}
