public import Values

/// Who may let a change of flags happen.
public enum ApprovalRule {
    /// Whether a change in an environment waits for another person.
    public static func isNeeded(in environment: EnvironmentSpec, propose: Bool) -> Bool {
        propose || environment.approvals > 0
    }

    /// Why this person may not approve; `nil` when they may.
    ///
    /// - Parameters:
    ///   - base: the flag's revision that the proposal was made against.
    ///   - current: the flag's revision now; 0 when there is none.
    public static func refusal(author: String, approver: String, base: Int64, current: Int64) -> String? {
        if author == approver { return "nobody approves their own change: \(author) proposed this one" }
        if base != current {
            return "the flag has changed since: the proposal was made against revision \(base), now it is \(current)"
        }
        return nil
    }
}

/// What is known of a flag's evaluations.
public struct FlagUse: Hashable, Sendable {
    /// From when on evaluations were counted.
    public var since: Timestamp
    /// When each variant was given last; those without a variant under the empty name.
    public var lastGiven: [String: Timestamp]
    /// When a client last took the whole set, which does not say what it uses of it.
    public var takenWholeAt: Timestamp?

    public init(since: Timestamp, lastGiven: [String: Timestamp], takenWholeAt: Timestamp? = nil) {
        self.takenWholeAt = takenWholeAt
        self.since = since
        self.lastGiven = lastGiven
    }

    public var lastEvaluatedAt: Timestamp? { lastGiven.values.max() }
}

extension ManagedFlag {
    /// Why the flag has probably done its work; empty when it has not.
    ///
    /// - Parameters:
    ///   - use: the evaluations counted so far.
    ///   - updatedAt: when it was last changed.
    ///   - period: how long it must have been without change.
    public func staleness(use: FlagUse, updatedAt: Timestamp, unchangedFor period: Period, now: Timestamp) -> [String] {
        guard !isArchived else { return [] }
        var reasons: [String] = []
        if let expires, let end = expiry(expires), end <= now { reasons.append("it expired on \(expires)") }
        // What was changed or is counted only recently says nothing yet.
        guard now - updatedAt >= period, now - use.since >= period else { return reasons }
        let recent = use.lastGiven.filter { now - $0.value < period }
        // Who takes all flags evaluates them without anybody hearing of it.
        let isWholeTaken = use.takenWholeAt.map { now - $0 < period } ?? false
        let others = isWholeTaken ? ", but clients that take the whole set may use it" : ""
        if recent.isEmpty {
            reasons.append("it was not evaluated for \(period)\(others)")
        } else if recent.count == 1, let only = recent.keys.first {
            let what = only.isEmpty ? "no variant" : "'\(only)'"
            reasons.append("it gave everybody \(what) for \(period)\(others)")
        }
        return reasons
    }
}
