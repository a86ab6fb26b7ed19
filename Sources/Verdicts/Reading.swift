/// What a check says of a change.
public enum Verdict: String, Hashable, Codable, Sendable {
    /// No regression worth a rollback.
    case pass
    /// A regression.
    case fail
    /// Not enough evidence for either; the reading says why.
    case undecided
}

/// One check's verdict at one moment, with the numbers that it was taken from.
public struct Reading: Hashable, Codable, Sendable {
    public var check: String
    public var verdict: Verdict
    /// One sentence a person can read out, for example `canary 5.2% of 1,204 bad, baseline 0.5% of 9,876, limit 0.7%`.
    public var reason: String
    /// True when the data are missing, stale or broken: the bake clock stops until they are back.
    public var lacksData: Bool
    public var dryRun: Bool
    public var canary: CohortCount?
    public var baseline: CohortCount?
    /// The value that the canary may not exceed (a ratio's limit, a guardrail's bound); `nil` when it is infinite.
    public var limit: Double?
    /// The canary's value: a ratio, or a guardrail's left side; `nil` when it is infinite.
    public var value: Double?

    public init(
        check: String, verdict: Verdict, reason: String, lacksData: Bool = false, dryRun: Bool = false,
        canary: CohortCount? = nil, baseline: CohortCount? = nil, limit: Double? = nil, value: Double? = nil
    ) {
        self.check = check
        self.verdict = verdict
        self.reason = reason
        self.lacksData = lacksData
        self.dryRun = dryRun
        self.canary = canary
        self.baseline = baseline
        // A quotient by zero is infinite; the reason says so, and what is stored and drawn are numbers.
        self.limit = limit.flatMap { $0.isFinite ? $0 : nil }
        self.value = value.flatMap { $0.isFinite ? $0 : nil }
    }
}

/// A cohort's events since the judged stretch of time began.
public struct CohortCount: Hashable, Codable, Sendable {
    public var bad: Double
    public var total: Double
    /// How many hosts the counts come from.
    public var hosts: Int

    public init(bad: Double, total: Double, hosts: Int) {
        self.bad = bad
        self.total = total
        self.hosts = hosts
    }

    /// Bad of total; `nil` without events.
    public var ratio: Double? { total > 0 ? bad / total : nil }
}
