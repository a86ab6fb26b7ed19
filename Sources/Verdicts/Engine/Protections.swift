/// The engine's constants, each with the reason for it. What they reach is in docs/benchmarks.md; the mathematics in docs/verdicts-math.md.
enum Protections {
    /// For so long after the change reached a host, its numbers may be those of a cold start (seconds).
    static let youth = 300.0
    /// While a young canary's latency still falls it is cold, for at most so long.
    static let longestColdStart = 1800.0
    /// And its errors are taken for those of a cold start for at most so long.
    static let longestColdErrors = 300.0
    /// The youth of a canary beside controls that were restarted with it: they are as cold, so nothing is lost by waiting for longer.
    static let youthWithControl = 900.0
    /// In the warm-up a version may have this many times the margin's events: it takes (weak) evidence of more to call it a crash.
    static let coldStart = 3.0
    /// ln of how much evidence that takes: seven to one, and fifteen to one against a control.
    static let crashGuard = 2.0
    static let crashGuardWithControl = 2.7
    /// The share of a check of events that is kept for crashes in the warm-up.
    static let crashShare = 0.15
    static let crashShareWithControl = 0.4
    /// The share of a latency check that looks at the slowest requests.
    static let tailShare = 0.4
    /// ln of what one second may add to the evidence, between 3 and 10 a tick: no single moment decides.
    static func cap(tick seconds: Double) -> Double { min(10, max(3, seconds)) }
    /// Most regressions begin with the rollout or with a wave; what begins in between costs more evidence.
    static let onsetAtStart = 0.96
    static let onsetAtStartWithWaves = 0.72
    static let onsetAtWaves = 0.24
    static let onsetAtTicks = 0.04
    /// ln 20: a pass means that the regression is excluded with 95% confidence.
    static let proof = 2.995732273553991
    /// A pass excludes a regression of twice the baseline, or of this many times the margin if that is more.
    static let excluded = 2.0
    static let excludedOverMargin = 1.6
    /// The confidence of the intervals that are shown.
    static let shownChance = 0.05
    /// How far hosts may differ: this many standard deviations.
    static let hostDeviations = 2.58
    /// Latencies of one host wander by this much (in ln) even where the baseline's do not.
    static let leastWander = 0.008
    /// Of the baseline's own wander a single host may show this share; and this share more of what is beyond the usual.
    static let sharedWander = 0.3
    static let sharedUnusualWander = 1.2
    static let calmWander = 0.05
    /// By how much the baseline's latency (in ln) and its share of bad events usually wander, how many observations that is worth, and in how
    /// many seconds two thirds of where it was is forgotten.
    static let usualWander = 0.05
    static let usualRateWander = 0.3
    static let usualWanderTrust = 3.0
    static let wanderMemory = 500.0
    /// A baseline whose share of bad events (in ln) wanders by more than this widens the margin by this many times the rest, up to a limit.
    static let calmRateWander = 0.4
    static let sharedRateWander = 2.0
    static let widestRateWander = 0.25
    /// This part of the tolerated slowdown (in ln) is the margin, so that a slowdown of all of it is found.
    static let slowdownMargin = 0.34
    /// A shift is estimated from at least as many requests of each cohort.
    static let leastRequests = 25.0
    /// z of the 99th percentile of a normal law: how far the slow requests lie from the typical ones.
    static let slow = 2.326347874040841
    /// A latency that falls has not settled: z of the trend of the last minute and a half.
    static let fallingTrend = 2.0

    /// What is looked for, as factors on the margin, and how likely each is: most regressions worth finding slowly are of 1.5 to 3 times. Few
    /// alternatives suffice: one that is off by a fifth costs a few hundredths of the evidence.
    static let ratios: [Double] = [1.3, 1.55, 1.85, 2.4, 4, 9, 40]
    static let likelyRatios: [Double] = [0.8, 11, 7, 4, 5, 1.5, 0.4]
    /// The same for crashes.
    static let crashRatios: [Double] = [2.3, 3.5, 6, 12, 40, 200]
    static let crashWeights: [Double] = [1.5, 3.5, 5, 8, 9, 2]
    static let guardRatios: [Double] = [2, 4, 10, 30]
    static let guardWeights: [Double] = [1, 1, 1, 1]
    static let proofRatios: [Double] = [0.75, 0.5, 0.3, 0.08]
    /// Between the halves of a baseline.
    static let halvesRatios: [Double] = [1.5, 2.5, 8]
    /// The sentinel and the interval take this many seconds together: they tell nearly as much, and cost a sixth.
    static let collectedSeconds = 30.0
}
