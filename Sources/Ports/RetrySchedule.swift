public import Values

/// When a delivery that failed is tried again.
public enum RetrySchedule {
    /// A notification is given up this long after its first attempt.
    public static let giveUpAfter = Period.hours(24)
    private static let first = Period.seconds(5)
    private static let longest = Period.minutes(10)
    /// A receiver may ask for more patience than that, but not for ever.
    private static let longestAsked = Period.hours(1)

    /// How long to wait before the next attempt: a random share of a time that doubles from five seconds to ten minutes.
    ///
    /// - Parameters:
    ///   - failures: how many attempts have failed, at least 1.
    ///   - elapsed: since the first attempt.
    ///   - asked: what the receiver asked for; it is not tried earlier.
    ///   - fraction: random, 0 to 1.
    /// - Returns: `nil` when it is time to give up.
    public static func wait(failures: Int, elapsed: Period, asked: Period?, fraction: Double) -> Period? {
        let doublings = min(max(failures - 1, 0), 20)
        let most = min(longest.milliseconds, first.milliseconds << Int64(doublings))
        let random = Period.milliseconds(Int64(Double(most) * min(max(fraction, 0), 1)))
        let wait = max(random, min(asked ?? .zero, longestAsked))
        return elapsed + wait < giveUpAfter ? wait : nil
    }
}
