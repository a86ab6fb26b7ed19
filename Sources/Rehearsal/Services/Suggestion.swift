public import Specs
public import Values

/// A plan by which a regression is found in time, if there is one.
public struct PlanSuggestion: Sendable {
    /// As one would write it.
    public var plan: PlanSpec
    /// The checks with the margins that it was tried with.
    public var checks: [CheckSpec]
    /// The share of rollouts in which each regression was found in time, 0 through 1, in the order in which they were given.
    public var found: [Double]
    /// The share of rollouts of a change that is no worse that were rolled back, and that were held for a person.
    public var stopped: (rolledBack: Double, held: Double)
    /// Whether all were found often enough, and a good change goes through; else it is the best that was tried.
    public var isEnough: Bool
}

extension Rehearsal {
    /// So many of all must be found in time.
    public static let enough = 0.9
    private static let firstWaves: [Double] = [0, 0.02, 0.05, 0.1, 0.2, 0.35, 0.5]

    /// Looks for the smallest first wave, and the widest margins, by which regressions are found within a time and a change that is no
    /// worse still goes through.
    ///
    /// - Parameter rollouts: tried for each regression and each plan.
    public func suggestion(
        for regressions: [Regression], within time: Period, rollouts: Int, progress: (_ done: Int) -> Void = { _ in }
    ) -> PlanSuggestion? {
        guard plan.hosts > 1, !regressions.isEmpty else { return nil }
        var best: PlanSuggestion?
        var done = 0
        for checks in marginsToTry {
            for count in firstWavesToTry {
                let written = written(first: count, time)
                let trial = trial(written, checks)
                let found = regressions.map { regression in
                    done += 1
                    defer { progress(done) }
                    return trial.shareCaught(regression, within: time, of: rollouts)
                }
                let finds = found.min() ?? 0
                // What finds no more than another need not be tried with a good change.
                guard finds >= Rehearsal.enough || finds > best?.found.min() ?? -1 else { continue }
                let good = trial.result(of: nil, rollouts: rollouts)
                let suggestion = PlanSuggestion(
                    plan: written, checks: checks, found: found, stopped: (good.caught, good.held),
                    isEnough: finds >= Rehearsal.enough && isHarmless(good))
                if suggestion.isEnough { return suggestion }
                if best.map({ suggestion.isBetter(than: $0) }) ?? true { best = suggestion }
            }
        }
        return best
    }

    /// Whether no more good changes are rolled back than the plan's chance says, as far as so many rollouts can tell, and few are held.
    private func isHarmless(_ good: RehearsalResult) -> Bool {
        let expected = plan.falseRollbacks.fraction * Double(good.rollouts)
        return good.caught * Double(good.rollouts) <= max(1, expected + 2 * expected.squareRoot())
            && good.promoted >= Rehearsal.enough
    }

    /// The service's own margins, and then half of them.
    private var marginsToTry: [[CheckSpec]] {
        let tightened = recording.checks.map(Rehearsal.tightened)
        return tightened == recording.checks ? [recording.checks] : [recording.checks, tightened]
    }

    /// In hosts, each once, and never more than half of the fleet.
    private var firstWavesToTry: [Int] {
        var counts: [Int] = []
        for share in Rehearsal.firstWaves {
            let count = max(1, min(plan.hosts / 2, Int((Double(plan.hosts) * share).rounded(.up))))
            if !counts.contains(count) { counts.append(count) }
        }
        return counts
    }

    /// A rehearsal of a plan as it is written.
    private func trial(_ written: PlanSpec, _ checks: [CheckSpec]) -> Rehearsal {
        var trial = self
        trial.recording.checks = checks
        var changed = 0
        let waves = written.waves.map { wave in
            let count = max(0, wave.hosts.roundedUp(of: plan.hosts) - changed)
            changed += count
            return RehearsedPlan.Wave(name: wave.name, hosts: count, bake: wave.bake)
        }
        trial.plan = RehearsedPlan(
            waves: waves, holdout: written.holdout(of: plan.hosts), falseRollbacks: written.falseRollbacks,
            control: written.control, watch: written.watch)
        return trial
    }

    private func shareCaught(_ regression: Regression, within time: Period, of rollouts: Int) -> Double {
        let rehearsed = RehearsedRollout(plan, recording, regression)
        let caught = (0..<rollouts).count { index in
            let outcome = rehearsed.run(seed: seed &+ UInt64(index), giveUpAfter: time)
            if case .caught = outcome.ending { return true }
            return false
        }
        return Double(caught) / Double(max(1, rollouts))
    }

    /// The plan as one would write it: the first wave as found, a quarter of the fleet where that is more, and everyone.
    private func written(first count: Int, _ time: Period) -> PlanSpec {
        let bake = Bake(atLeast: min(time, max(.minutes(1), recording.tick * 4)), atMost: time)
        var waves = [WaveSpec(name: "one", hosts: .count(count), bake: bake)]
        if count * 4 < plan.hosts { waves.append(WaveSpec(name: "quarter", hosts: .percent(25), bake: bake)) }
        waves.append(WaveSpec(name: "all", hosts: .percent(100), bake: bake))
        return PlanSpec(falseRollbacks: plan.falseRollbacks, waves: waves, control: plan.control)
    }

    /// A check that finds smaller regressions: half the margin.
    private static func tightened(_ check: CheckSpec) -> CheckSpec {
        var check = check
        guard check.kind.compares else { return check }
        check.tolerate.relative = 1 + (check.tolerate.relative - 1) / 2
        check.tolerate.absolute = Percentage(check.tolerate.absolute.percent / 2)
        return check
    }
}

extension PlanSuggestion {
    /// A plan that stops good changes is no answer, however much it finds.
    fileprivate func isBetter(than other: PlanSuggestion) -> Bool {
        let own = (found.min() ?? 0) - stopped.rolledBack - stopped.held
        return own > (other.found.min() ?? 0) - other.stopped.rolledBack - other.stopped.held
    }
}
