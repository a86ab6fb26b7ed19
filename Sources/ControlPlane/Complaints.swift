import Values

/// What was complained of lately, so that the same complaint does not fill the log.
struct Complaints: Sendable {
    static let every = Period.seconds(600)
    /// With more subjects than this the oldest are forgotten, and may be said again early.
    static let most = 256

    private struct Past {
        var saidAt: Timestamp
        var unsaid = 0
    }

    private var past: [String: Past] = [:]

    /// - Returns: how often the same was not said since it was said last; `nil` when it was said lately.
    mutating func note(_ subject: String, at now: Timestamp) -> Int? {
        if var known = past[subject], now >= known.saidAt, now - known.saidAt < Complaints.every {
            known.unsaid += 1
            past[subject] = known
            return nil
        }
        let unsaid = past[subject]?.unsaid ?? 0
        past[subject] = Past(saidAt: now)
        if past.count > Complaints.most, let oldest = past.min(by: { $0.value.saidAt < $1.value.saidAt }) {
            past[oldest.key] = nil
        }
        return unsaid
    }
}
