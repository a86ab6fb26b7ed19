public import Values

/// How often something went to and fro in the present wave.
///
/// What flaps is noted ever more seldom, so that a check that changes its mind twice a second does not fill the history. What
/// is bad is never late for it: a failed check takes the rollout back and missing data stops the clock at once; only the way
/// back to normal waits.
public struct Flapping: Hashable, Codable, Sendable {
    public var count: Int
    /// When it changed last.
    public var at: Timestamp

    /// How long the next change waits: not at all after the first, then one minute, two, four, at most fifteen.
    var rest: Period { count < 2 ? .zero : .minutes(min(15, 1 << Int64(min(count, 6) - 2))) }
}

extension RolloutState {
    /// Whether a change of this may be noted now.
    func isSettled(_ what: String, at now: Timestamp) -> Bool {
        flapping[what].map { now - $0.at >= $0.rest } ?? true
    }

    mutating func noteChange(_ what: String, at now: Timestamp) {
        flapping[what] = Flapping(count: (flapping[what]?.count ?? 0) + 1, at: now)
    }

    static let clock = "clock"

    static let readiness = "readiness"

    static func check(_ name: String) -> String { "check \(name)" }

    static func hold(_ kind: Hold.Kind) -> String { "hold \(kind.rawValue)" }
}
