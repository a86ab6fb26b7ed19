/// What a verdict rests on, in numbers: for `explain`, the page and the API.
public struct Evidence: Hashable, Codable, Sendable {
    /// ln E that the canary is worse than its margin allows. 0 is no evidence; 4.6 is a hundred to one.
    public var log: Double
    /// What `log` must reach for this check alone to roll back.
    public var threshold: Double
    /// ln E that a regression of `excludes` times the baseline is excluded, and what it must reach; `nil` where nothing can be proven.
    public var proof: Double?
    public var proofThreshold: Double?
    /// The regression that a pass excludes, as a factor on the baseline.
    public var excludes: Double?
    /// Canary over baseline, with an interval that holds at every moment at once.
    public var effect: Effect?
    /// What the evidence is made of, for a check that looks at several things (a latency's body and tail).
    public var parts: [Part]
    /// What was left out or allowed for, a sentence each: warm-up, zones without a baseline, bursts, hosts that differ.
    public var allowances: [String]
    /// How many seconds until it is decided at this traffic, as far as that can be told.
    public var expectedSeconds: Double?

    public struct Effect: Hashable, Codable, Sendable {
        public var ratio: Double
        public var lower: Double
        /// `nil` when there is no bound.
        public var upper: Double?
        /// How sure the interval is, for example 0.95.
        public var confidence: Double

        public init(ratio: Double, lower: Double, upper: Double?, confidence: Double) {
            self.ratio = ratio
            self.lower = lower
            self.upper = upper
            self.confidence = confidence
        }
    }

    public struct Part: Hashable, Codable, Sendable {
        public var name: String
        public var log: Double
        /// Its share of the rollout's chance of a false rollback.
        public var weight: Double

        public init(name: String, log: Double, weight: Double) {
            self.name = name
            self.log = log
            self.weight = weight
        }
    }

    public init(
        log: Double, threshold: Double, proof: Double? = nil, proofThreshold: Double? = nil, excludes: Double? = nil,
        effect: Effect? = nil, parts: [Part] = [], allowances: [String] = [], expectedSeconds: Double? = nil
    ) {
        self.log = log
        self.threshold = threshold
        self.proof = proof
        self.proofThreshold = proofThreshold
        self.excludes = excludes
        self.effect = effect
        self.parts = parts
        self.allowances = allowances
        self.expectedSeconds = expectedSeconds
    }
}

/// How much of the one chance of a false rollback is spent, over all checks, waves and looks.
public struct BudgetView: Hashable, Codable, Sendable {
    /// `falseRollbacks`, as a fraction.
    public var chance: Double
    /// ln of the checks' weighted evidence now, and at its highest.
    public var log: Double
    public var peak: Double
    /// ln(1 / chance): where it rolls back.
    public var threshold: Double

    public init(chance: Double, log: Double, peak: Double, threshold: Double) {
        self.chance = chance
        self.log = log
        self.peak = peak
        self.threshold = threshold
    }
}
