import Values

/// The answers that instances gave to the control plane's own requests, counted as their metrics are.
struct WebCheckBook: Sendable {
    struct Key: Hashable, Sendable {
        var rollout: String
        var check: String
        var host: String
        var version: String
    }

    struct Entry: Sendable {
        /// Both counters were 0 then.
        let since: Timestamp
        var dueAt: Timestamp
        var right = 0.0
        var wrong = 0.0
    }

    private(set) var entries: [Key: Entry] = [:]

    /// Whether it is time to ask; notes that it is done.
    mutating func takeTurn(_ key: Key, every: Period, at now: Timestamp) -> Bool {
        var entry = entries[key] ?? Entry(since: now, dueAt: now)
        guard entry.dueAt <= now else { return false }
        entry.dueAt = max(entry.dueAt + every, now)
        entries[key] = entry
        return true
    }

    mutating func note(_ key: Key, isRight: Bool) {
        if isRight { entries[key]?.right += 1 } else { entries[key]?.wrong += 1 }
    }

    mutating func keep(_ rollouts: Set<String>) { entries = entries.filter { rollouts.contains($0.key.rollout) } }
}
