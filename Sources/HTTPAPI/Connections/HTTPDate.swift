import Glibc
import Values

/// Now, in whole seconds since the Unix epoch.
func currentSeconds() -> Int64 {
    var now = timespec()
    clock_gettime(CLOCK_REALTIME, &now)
    return Int64(now.tv_sec)
}

/// Now, to the millisecond.
func currentTime() -> Timestamp {
    var now = timespec()
    clock_gettime(CLOCK_REALTIME, &now)
    return Timestamp(milliseconds: Int64(now.tv_sec) * 1000 + Int64(now.tv_nsec) / 1_000_000)
}

/// Nanoseconds of a clock that only goes forward.
func monotonicNanoseconds() -> Int64 {
    var now = timespec()
    clock_gettime(CLOCK_MONOTONIC, &now)
    return Int64(now.tv_sec) * 1_000_000_000 + Int64(now.tv_nsec)
}

/// The form that HTTP wants (RFC 9110, section 5.6.7), for example `Mon, 23 Nov 2026 05:36:14 GMT`.
func httpDate(secondsSinceEpoch seconds: Int64) -> String {
    let days = seconds / 86_400
    let civil = CivilDate(daysSinceEpoch: days)
    let weekdays = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
    let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
    func two(_ number: Int64) -> String { number < 10 ? "0\(number)" : "\(number)" }
    let time = "\(two(seconds / 3600 % 24)):\(two(seconds / 60 % 60)):\(two(seconds % 60))"
    return "\(weekdays[Int(days % 7)]), \(two(Int64(civil.day))) \(months[civil.month - 1]) \(civil.year) \(time) GMT"
}
