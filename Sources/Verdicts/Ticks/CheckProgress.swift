import Series
import Specs
import Values

extension RolloutJudge {
    /// What is kept of a check beside its evidence: what no comparison of cohorts shows.
    public struct CheckProgress: Hashable, Codable, Sendable {
        var pace = CanaryPace()
        /// Once nobody has the version before any more.
        var alone: AloneRate?
        /// Whether a bad event was ever seen; until then the selector may be wrong.
        var hasBad = false
        /// When the selector was last looked at, and what is odd about it.
        var lookedAt: Timestamp?
        var oddity: String?

        init() {}
    }

    /// Looks at a tick beside the engine.
    ///
    /// - Returns: why the canary's part of it must not count, for example because it is not used any more.
    mutating func watch(_ sample: CheckSample, of check: CheckSpec, _ scene: TickScene) -> String? {
        var seen = progress.checks[check.name] ?? CheckProgress()
        defer { progress.checks[check.name] = seen }
        guard let canary = sample.canary, !check.isByTheSecond else { return nil }
        seen.pace.observe(canary.total, seconds: scene.length.seconds)
        if scene.isAlone, check.isShare {
            let usual = scene.earlier[check.name] ?? CohortCount(bad: 0, total: 0, hosts: 0)
            var alone = seen.alone ?? AloneRate(usual: usual)
            alone.usual = usual
            alone.observe(
                bad: canary.bad, total: canary.total, hosts: canary.hosts, seconds: scene.length.seconds,
                sinceChange: scene.changedAt.map { scene.through - $0 })
            seen.alone = alone
        } else {
            seen.alone = nil
        }
        return seen.pace.doubt
    }

    /// Looks whether bad events can be counted at all, while none ever was.
    mutating func lookForOddity(_ sample: CheckSample, of check: CheckSpec, _ scene: TickScene, _ data: any Queryable) {
        guard case .events(let rows) = sample, !rows.isEmpty, let selectors = check.badOfTotal else { return }
        var seen = progress.checks[check.name] ?? CheckProgress()
        guard !seen.hasBad else { return }
        if rows.contains(where: { $0.bad > 0 }) {
            (seen.hasBad, seen.oddity) = (true, nil)
        } else if seen.lookedAt.map({ scene.through - $0 >= CheckProgress.rest }) ?? true {
            seen.lookedAt = scene.through
            seen.oddity =
                scene.variants == nil
                ? data.oddity(bad: selectors.bad, total: selectors.total, service: scene.service, at: scene.through)
                : nil
        }
        progress.checks[check.name] = seen
    }

    /// One reading per check, in their order, after the last look.
    public var readings: [Reading] {
        zip(configuration.checks, engine.readings).map { check, reading in
            var reading = reading
            let seen = progress.checks[check.name]
            if !reading.lacksData, let alone = seen?.alone { reading.judge(alone, of: check) }
            var allowances: [String] = []
            if progress.skipped > .zero {
                allowances.append("\(ageText(progress.skipped)) in which nobody judged are left out")
            }
            if let oddity = seen?.oddity { allowances.append(oddity) }
            reading.evidence?.allowances += allowances
            return reading
        }
    }
}

extension RolloutJudge.CheckProgress {
    fileprivate static let rest = Period.minutes(10)
}

extension CheckSample {
    /// The canary's events; `nil` for what has none.
    fileprivate var canary: CohortCount? {
        switch self {
        case .events(let rows):
            let own = rows.filter { $0.place.cohort == .canary && $0.isSound }
            return CohortCount(
                bad: own.reduce(0) { $0 + $1.bad }, total: own.reduce(0) { $0 + $1.total }, hosts: own.count)
        case .durations(_, let rows):
            let own = rows.filter { $0.place.cohort == .canary }
            return CohortCount(
                bad: 0, total: own.reduce(0) { $0 + $1.counts.reduce(0, +) }, hosts: own.count)
        case .gauges, .comparison, .missing: return nil
        }
    }
}

extension CheckSpec {
    /// Whether it counts by the second, which pass whatever happens.
    fileprivate var isByTheSecond: Bool {
        if case .rate(_, nil) = kind { return true }
        return false
    }

    /// Whether it is about bad events of all events, for which the time before tells something.
    fileprivate var isShare: Bool {
        switch kind {
        case .ratio, .web, .slo: return true
        case .latency, .rate, .gauge, .guardrail, .peers: return false
        }
    }

    /// The selectors of bad and of all events, where it has them.
    fileprivate var badOfTotal: (bad: String, total: String)? {
        switch kind {
        case .ratio(let bad, let total), .slo(let bad, let total, _), .peers(let bad, let total): return (bad, total)
        case .web, .latency, .rate, .gauge, .guardrail: return nil
        }
    }
}
