import Values

/// How often the canary's events come, so that it is seen when they stop: what it has proven before says nothing of a canary that
/// nobody uses any more.
///
/// A pause is silence only when it is long beside everything before it: with a request in ten minutes, ten minutes are nothing.
public struct CanaryPace: Hashable, Codable, Sendable {
    /// Events, and the seconds in which they came; halved now and then, so that the pace is that of late.
    private var events = 0.0
    private var seconds = 0.0
    /// Seconds since the last event, in how many ticks, and the longest pause between two events.
    private var pause = 0.0
    private var emptyTicks = 0
    private var longestPause = 0.0

    private static let horizon = 600.0
    private static let shortest = (seconds: 60.0, ticks: 6)
    /// So many events must be missing: by chance that happens less than once in twenty thousand pauses.
    private static let missing = 10.0

    init() {}

    mutating func observe(_ count: Double, seconds length: Double) {
        guard count > 0 else {
            if events > 0 { (pause, emptyTicks) = (pause + length, emptyTicks + 1) }
            return
        }
        longestPause = max(longestPause, pause)
        (events, seconds) = (events + count, seconds + pause + length)
        (pause, emptyTicks) = (0, 0)
        if seconds > CanaryPace.horizon { (events, seconds) = (events / 2, seconds / 2) }
    }

    /// Since when there are no events although there should be, in seconds; `nil` while all is as usual.
    var silence: Double? {
        guard pause >= CanaryPace.shortest.seconds, emptyTicks >= CanaryPace.shortest.ticks, seconds > 0,
            pause > 2 * longestPause, events / seconds * pause >= CanaryPace.missing
        else { return nil }
        return pause
    }

    /// Why there is nothing to judge by, after a check's name; `nil` while all is as usual.
    var doubt: String? {
        silence.map {
            "no events of the canary for \(ageText(.milliseconds(Int64($0 * 1000)))), after \(numberText(events / seconds)) a "
                + "second before: what it has shown until then says nothing of now"
        }
    }
}
