/// Reads a `Retry-After` header: seconds, or a date such as `Wed, 21 Oct 2026 07:28:00 GMT`.
public func retryAfter(_ text: String, now: Timestamp) -> Period? {
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
