import Rollouts
import Specs
import Values
import Verdicts
import Wire

extension RolloutScene {
    /// Two variants of a flag, as their judge looks at them: what SDKs have measured of both.
    init(flag: FlagTarget, _ previous: String, of machine: RolloutMachine, interval: Period, at now: Timestamp) {
        let (plan, state) = (machine.plan, machine.state)
        self.init(
            service: plan.service, previous: previous, hosts: [], wave: state.phase == .watching ? -1 : state.wave,
            began: machine.reachedAt + FlagMeasures.settling, now: now, interval: interval, earlier: state.baselines)
        (changedAt, anewSince) = (state.releasedAt, state.anewSince)
        withoutBaseline = plan.withoutBaseline
        variants = Variants(
            cohorts: .variants(
                flag: flag.key, environment: flag.environment, label: flag.variantLabel, canary: plan.version,
                baseline: previous),
            canary: plan.version, baseline: previous, isConcurrent: machine.desiredShare.percent < 100)
    }
}

extension ControlPlane {
    /// Why nothing can be concluded from comparing variants of flags, by rollout: keys were not given out as they should be.
    func doubts(_ ledger: Ledger, at now: Timestamp) -> [String: String] {
        var doubts: [String: String] = [:]
        for rollout in ledger.flagRollouts where rollout.machine.isJudged {
            guard let target = rollout.plan.flag else { continue }
            doubts[rollout.plan.id] = exposure(of: rollout.machine, target, at: now).doubt
        }
        return doubts
    }

    private func exposure(of machine: RolloutMachine, _ target: FlagTarget, at now: Timestamp) -> FlagExposureCheck {
        let (to, from) = (machine.plan.version, machine.plan.previous ?? "")
        let share = machine.desiredShare
        let seen = measures.exposures(
            of: target.key, environment: target.environment, rollout: machine.plan.id, share: share, at: now)
        return FlagExposureCheck(
            to: to, from: from, share: share,
            seen: seen.map { exposure in
                func drawn(_ variant: String) -> Double {
                    Double(exposure.drawn.filter { $0.variant == variant }.reduce(0) { $0 + $1.count })
                }
                return FlagExposureCheck.Seen(
                    to: drawn(to), from: drawn(from), keys: Double(exposure.keys), crossed: Double(exposure.crossed))
            })
    }
}
