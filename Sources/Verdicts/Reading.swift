/// What a check says of a change.
public enum Verdict: String, Hashable, Codable, Sendable {
    /// No regression worth a rollback.
    case pass
    /// A regression.
    case fail
    /// Not enough evidence for either; the reading says why.
    case undecided
}

/// What a check's values are.
public enum ReadingScale: String, Hashable, Codable, Sendable {
    /// Bad events of all, from 0 to 1.
    case share
    /// Events for each second, or for each other event.
    case rate
    /// Canary over baseline.
    case factor
}

/// One check's verdict at one moment, with the numbers that it was taken from.
public struct Reading: Hashable, Codable, Sendable {
    /// The check's name.
    public var check: String
    /// What it says.
    public var verdict: Verdict
    /// One sentence a person can read out, for example `canary 5.2% of 1,204 bad, baseline 0.5% of 9,876, limit 0.7%`.
    public var reason: String
    /// True when the data are missing, stale or broken: the bake clock stops until they are back.
    public var lacksData: Bool
    /// True while nobody new may get the change, whatever the evidence says: an incident hits everybody. A verdict that fails
    /// never holds, and one that holds never passes.
    public var holds: Bool
    /// Whether it is only shown, and moves nothing.
    public var dryRun: Bool
    /// What was counted of those with the change; `nil` for a check that counts nothing.
    public var canary: CohortCount?
    /// What was counted of those without it.
    public var baseline: CohortCount?
    /// The value that the canary may not exceed (a ratio's limit, a guardrail's bound); `nil` when it is infinite.
    public var limit: Double?
    /// The canary's value: a ratio, or a guardrail's left side; `nil` when it is infinite.
    public var value: Double?
    /// What `value` and `limit` are; `nil` for any number.
    public var scale: ReadingScale?
    /// The sequential evidence; `nil` for a check that is judged by the moment (a guardrail).
    public var evidence: Evidence?

    public init(
        check: String, verdict: Verdict, reason: String, lacksData: Bool = false, holds: Bool = false,
        dryRun: Bool = false, canary: CohortCount? = nil, baseline: CohortCount? = nil, limit: Double? = nil,
        value: Double? = nil, scale: ReadingScale? = nil, evidence: Evidence? = nil
    ) {
        self.check = check
        self.verdict = verdict
        self.reason = reason
        self.lacksData = lacksData
        self.holds = holds
        self.dryRun = dryRun
        self.canary = canary
        self.baseline = baseline
        // A quotient by zero is infinite; the reason says so, and what is stored and drawn are numbers.
        self.limit = limit.flatMap { $0.isFinite ? $0 : nil }
        self.value = value.flatMap { $0.isFinite ? $0 : nil }
        self.scale = scale
        self.evidence = evidence
    }
}

extension Reading {
    /// What an older release has stored never held.
    public init(from decoder: any Decoder) throws {
        let stored = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            check: try stored.decode(String.self, forKey: .check),
            verdict: try stored.decode(Verdict.self, forKey: .verdict),
            reason: try stored.decode(String.self, forKey: .reason),
            lacksData: try stored.decode(Bool.self, forKey: .lacksData),
            holds: try stored.decodeIfPresent(Bool.self, forKey: .holds) ?? false,
            dryRun: try stored.decode(Bool.self, forKey: .dryRun),
            canary: try stored.decodeIfPresent(CohortCount.self, forKey: .canary),
            baseline: try stored.decodeIfPresent(CohortCount.self, forKey: .baseline),
            limit: try stored.decodeIfPresent(Double.self, forKey: .limit),
            value: try stored.decodeIfPresent(Double.self, forKey: .value),
            scale: try stored.decodeIfPresent(ReadingScale.self, forKey: .scale),
            evidence: try stored.decodeIfPresent(Evidence.self, forKey: .evidence))
    }
}

/// A cohort's events since the judged stretch of time began.
public struct CohortCount: Hashable, Codable, Sendable {
    /// Bad events; for a rate, the events.
    public var bad: Double
    /// All events; for a rate, what they are counted against.
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
