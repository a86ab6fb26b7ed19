import Glibc
import Runtimes
import Supervision
import Values

/// The wall clock: for what others are told, never for measuring.
func wallTime() -> Timestamp { .epoch + read(CLOCK_REALTIME) }

/// The kernel's monotonic clock: for measuring. Nobody can set it.
func monotonicTime() -> Period { read(CLOCK_MONOTONIC) }

private func read(_ clock: clockid_t) -> Period {
    var time = timespec()
    clock_gettime(clock, &time)
    return .milliseconds(Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000)
}

/// The time of the machines.
struct HostClock: Sendable {
    let timeline: HostTimeline

    /// Goes on where an earlier agent of this boot was.
    init(_ folder: DataFolder, setAside: inout [SetAside]) throws {
        let kept = folder.timeline(setAside: &setAside)
        timeline = HostTimeline(
            kept: kept, boot: ProcessFiles.bootIdentifier, monotonic: monotonicTime(), wall: wallTime())
        if timeline != kept { try folder.save(timeline) }
    }

    var now: Timestamp { timeline.time(at: monotonicTime()) }
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
