import Values

/// Puts an agent's times on the server's clock when the two differ by more than a delivery takes.
struct ClockCorrection {
    private static let allowed: Int64 = 5000

    /// What is added to the agent's times; `nil` when they are used as they are.
    let offset: Period?

    /// - Parameter difference: by how much the server's clock is ahead of the agent's; `nil` when that is absurd.
    init(difference: Period?) {
        let isSmall = (difference?.milliseconds.magnitude ?? 0) < ClockCorrection.allowed
        offset = isSmall ? nil : difference
    }

    func apply(_ time: Timestamp) -> Timestamp {
        guard let offset else { return time }
        return Timestamp(milliseconds: time.milliseconds.addingReportingOverflow(offset.milliseconds).partialValue)
    }
}

/// How far hosts' clocks are from the server's.
///
/// What is received was sent some time before: a difference is that of the clocks and a delay, which is never negative. So the smallest
/// difference of the last minute or two is the best estimate, and one late delivery moves nothing.
struct ClockDifferences {
    private struct Seen {
        var since: Timestamp
        var smallest: Int64
        var smallestBefore: Int64?
    }

    static let window = Period.seconds(60)
    private var hosts: [String: Seen] = [:]

    /// - Parameter sentAt: by the host's clock, which may be absurd.
    /// - Returns: `nil` when no number can hold the difference.
    mutating func note(host: String, sentAt: Timestamp, receivedAt now: Timestamp) -> Period? {
        let (difference, overflow) = now.milliseconds.subtractingReportingOverflow(sentAt.milliseconds)
        guard !overflow else { return nil }
        var seen = hosts[host] ?? Seen(since: now, smallest: difference)
        if now < seen.since || now - seen.since >= ClockDifferences.window {
            // After a long silence the clock may have been set.
            let isRecent = now >= seen.since && now - seen.since < ClockDifferences.window + ClockDifferences.window
            seen = Seen(since: now, smallest: difference, smallestBefore: isRecent ? seen.smallest : nil)
        }
        seen.smallest = min(seen.smallest, difference)
        hosts[host] = seen
        return .milliseconds(min(seen.smallest, seen.smallestBefore ?? seen.smallest))
    }

    /// Forgets hosts that have long been silent.
    mutating func trim(before time: Timestamp) {
        hosts = hosts.filter { $0.value.since >= time }
    }
}
