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

/// Reads a `Retry-After` header: seconds, or a date such as `Wed, 21 Oct 2026 07:28:00 GMT`.
func retryAfter(_ text: String, now: Timestamp) -> Period? {
    let words = text.split(separator: " ")
    if words.count == 1, let seconds = Int64(words[0]), seconds >= 0 { return .seconds(min(seconds, 86_400)) }
    let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
    guard words.count == 6, words[5] == "GMT", let day = Int(words[1]), let year = Int(words[3]),
        let month = months.firstIndex(of: String(words[2])),
        let date = CivilDate(year: year, month: month + 1, day: day),
        let time = clockMilliseconds(words[4])
    else { return nil }
    return max(.zero, Timestamp(milliseconds: date.daysSinceEpoch * 86_400_000 + time) - now)
}

/// `07:28:00` in milliseconds after midnight.
private func clockMilliseconds(_ text: Substring) -> Int64? {
    let parts = text.split(separator: ":").compactMap { Int64($0) }
    guard parts.count == 3, (0..<24).contains(parts[0]), (0..<60).contains(parts[1]), (0...60).contains(parts[2]) else {
        return nil
    }
    return ((parts[0] * 60 + parts[1]) * 60 + parts[2]) * 1000
}
