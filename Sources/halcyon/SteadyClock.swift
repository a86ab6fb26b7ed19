import Glibc
import Synchronization
import Values

/// The time that the control plane decides by: the wall clock's, without its jumps.
///
/// A jump of the wall clock would make a whole fleet silent at once, or hide a silence for as long as the jump is wide. So this
/// clock counts what really passes, also while the machine sleeps, and drifts to the wall clock by at most a tenth of it.
final class SteadyClock: Sendable {
    private struct State {
        /// What is added to the steady count.
        var offset: Int64
        /// The steady count when the offset was last changed.
        var adjusted: Int64
    }

    private let state: Mutex<State>

    init() {
        let steady = milliseconds(CLOCK_BOOTTIME)
        state = Mutex(State(offset: milliseconds(CLOCK_REALTIME) - steady, adjusted: steady))
    }

    func now() -> Timestamp {
        let (steady, wall) = (milliseconds(CLOCK_BOOTTIME), milliseconds(CLOCK_REALTIME))
        return state.withLock { state in
            let most = max(0, steady - state.adjusted) / 10
            if most > 0 {
                state.offset += min(max(wall - steady - state.offset, -most), most)
                state.adjusted = steady
            }
            return Timestamp(milliseconds: steady + state.offset)
        }
    }
}

private func milliseconds(_ clock: clockid_t) -> Int64 {
    var time = timespec()
    clock_gettime(clock, &time)
    return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
}
