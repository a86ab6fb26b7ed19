import Synchronization

/// Counts requests without a valid token by address, so that nobody can try tokens, or fill the log, without end.
///
/// Each address may fail `burst` times, and once more every `secondsEach`. A valid token is never held up by the
/// failures of others behind the same address. At most `capacity` addresses are remembered.
final class FailureLimiter: Sendable {
    private struct Entry {
        var failures: Int
        var since: Int64
    }

    static let burst = 30
    static let secondsEach: Int64 = 2
    static let capacity = 8192
    private let entries = Mutex<[RemoteAddress: Entry]>([:])

    /// Notes a failure. Returns after how many seconds the address may try again, or `nil` when it is within its means.
    func failed(_ address: RemoteAddress, now: Int64) -> Int? {
        entries.withLock { entries in
            if entries.count >= FailureLimiter.capacity, entries[address] == nil { Self.makeRoom(&entries, now: now) }
            var entry = entries[address] ?? Entry(failures: 0, since: now)
            let forgiven = max(0, (now - entry.since) / FailureLimiter.secondsEach)
            entry.failures = max(0, entry.failures - Int(min(forgiven, 1 << 20)))
            entry.since += forgiven * FailureLimiter.secondsEach
            if entry.failures == 0 { entry.since = now }
            entry.failures = min(entry.failures + 1, FailureLimiter.burst + 1)
            entries[address] = entry
            return entry.failures > FailureLimiter.burst ? Int(FailureLimiter.secondsEach) : nil
        }
    }

    private static func makeRoom(_ entries: inout [RemoteAddress: Entry], now: Int64) {
        entries = entries.filter { now - $0.value.since < secondsEach * Int64($0.value.failures) }
        // Everybody fails at once: forgetting is better than refusing an address that has done nothing.
        if entries.count >= capacity { entries.removeAll(keepingCapacity: true) }
    }
}
