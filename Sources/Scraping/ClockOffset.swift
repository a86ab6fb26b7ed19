import Values

/// How far a host's clock is from the server's, and what is added to its times because of that.
///
/// What is received was sent some time before: a difference is that of the clocks and a delay, which is never negative. So the
/// smallest difference of the last minute or two is the best estimate, and one late delivery moves nothing. Clocks that differ by
/// less than a delivery may take are left alone, and a correction stays as it is while it is about right: a scrape that is
/// delivered again gets the same time.
struct ClockOffset {
    private static let allowed: Int64 = 5000
    private static let aboutRight: Int64 = 1000
    /// A hundred years: beyond them it is no time at all.
    private static let most: UInt64 = 100 * 366 * 86_400_000
    static let window = Period.seconds(60)

    private var since: Timestamp?
    private var smallest: Int64 = 0
    private var smallestBefore: Int64?
    private var lastSentAt: Timestamp?
    /// What is added to the host's times, in milliseconds; 0 while they are used as they are.
    private(set) var offset: Int64 = 0

    /// - Parameters:
    ///   - sentAt: by the host's clock, which may be absurd: then it is not corrected.
    ///   - isSending: whether this is the time of the sending itself; it goes back only when the clock is set back.
    mutating func note(sentAt: Timestamp, receivedAt now: Timestamp, isSending: Bool = true) {
        let (difference, overflow) = now.milliseconds.subtractingReportingOverflow(sentAt.milliseconds)
        guard !overflow, difference.magnitude < ClockOffset.most else { return }
        if isSending {
            if let lastSentAt, sentAt < lastSentAt - .milliseconds(ClockOffset.aboutRight) { since = nil }
            lastSentAt = sentAt
        }
        if let since, now >= since, now - since < ClockOffset.window {
            smallest = min(smallest, difference)
        } else {
            // After a long silence the clock may have been set.
            let isRecent = since.map { now >= $0 && now - $0 < ClockOffset.window * 2 } ?? false
            smallestBefore = isRecent ? smallest : nil
            (since, smallest) = (now, difference)
        }
        let estimate = min(smallest, smallestBefore ?? smallest)
        if offset != 0, (estimate &- offset).magnitude < ClockOffset.aboutRight { return }
        offset = estimate.magnitude < ClockOffset.allowed ? 0 : estimate
    }

    /// In milliseconds since the epoch, by the server's clock.
    func corrected(_ time: Timestamp) -> Int64 { time.milliseconds.addingReportingOverflow(offset).partialValue }
}
