import Glibc
import Values

/// The wall clock.
func currentTime() -> Timestamp {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Timestamp(milliseconds: Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000)
}

/// Waits; returns at once when the task is cancelled.
func pause(_ period: Period) async {
    try? await Task.sleep(for: .milliseconds(period.milliseconds))
}

/// Waits that double from `first` to `longest`, each drawn from the whole range so that many agents spread out.
struct BackOff {
    var first = Period.seconds(1)
    var longest = Period.seconds(60)
    private(set) var attempts = 0

    init(first: Period = .seconds(1), longest: Period = .seconds(60)) {
        self.first = first
        self.longest = longest
    }

    mutating func next() -> Period {
        let limit = min(longest, first * (1 << Int64(min(attempts, 16))))
        attempts += 1
        return .milliseconds(Int64.random(in: 0...max(1, limit.milliseconds)))
    }

    mutating func reset() { attempts = 0 }
}
