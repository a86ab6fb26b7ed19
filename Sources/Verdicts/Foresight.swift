public import Specs
import Statistics
public import Values

/// Whether a plan is long enough for what a check is to find, at a service's traffic: before any rollout, by the planning formula.
public struct Foresight: Hashable, Sendable {
    /// A wave of the plan.
    public struct Wave: Hashable, Sendable {
        /// The share of the fleet that has the change in it, 0 through 1.
        public var canary: Double
        /// The share that is left to compare with.
        public var baseline: Double
        /// How long it is watched at most.
        public var bake: Period

        public init(canary: Double, baseline: Double, bake: Period) {
            self.canary = canary
            self.baseline = baseline
            self.bake = bake
        }
    }

    /// One that counts bad events among all.
    public var check: CheckSpec
    /// Events a second, over all hosts.
    public var total: Double
    /// Bad events a second.
    public var bad: Double
    /// The check's chance of a false rollback.
    public var chance: Double

    public init(check: CheckSpec, total: Double, bad: Double, chance: Double) {
        self.check = check
        self.total = total
        self.bad = bad
        self.chance = chance
    }

    private var baseline: Double { total > 0 ? bad / total : 0 }

    /// The smallest regression that is looked at here: twice the rate that is tolerated, or every event.
    private var regression: Double { min(1, 2 * check.tolerate.limit(baseline: baseline)) }

    /// What share of the evidence that a rollback takes the whole rollout can be expected to bring; 1 and more is enough.
    func evidence(_ waves: [Wave]) -> Double {
        guard total > 0, bad > 0, chance > 0 else { return .infinity }
        let margin = RateMargin(relative: check.tolerate.limit(baseline: baseline) / baseline)
        let evidence = CountEvidence(margin: margin)
        let needed =
            FalseRollbackBudget(chance: chance, weights: [1], reserve: 0).threshold
            + ExpectedDelay.mixtureCost(evidence)
        return waves.reduce(0) { sum, wave in
            let seconds = ExpectedDelay.seconds(
                evidence,
                traffic: ExpectedDelay.Traffic(
                    canary: wave.canary * total, baseline: wave.baseline * total, rate: baseline),
                ratio: regression / baseline, needed: needed)
            return seconds > 0 ? sum + wave.bake.seconds / seconds : .infinity
        }
    }

    /// A sentence for people when even a regression of twice what is tolerated would most likely not be seen; else `nil`.
    public func warning(_ waves: [Wave]) -> String? {
        let found = evidence(waves)
        guard found < 0.5 else { return nil }
        let bakes = waves.reduce(Period.zero) { $0 + $1.bake }
        let times =
            found > 0.001
            ? "about \(Int((1 / found).rounded(.up))) times as long" : "more than a thousand times as long"
        return "check \(check.name): at the \(numberText(total)) events a second of late, "
            + "\(percentText(baseline)) of them bad, a regression to \(percentText(regression)) would take \(times) to be "
            + "seen as the \(bakes) that the waves bake for; bake longer, or find a plan with: halcyon rehearse"
    }
}
