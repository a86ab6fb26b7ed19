import Synchronization

/// Token buckets: each caller may make so many requests a second, and that many at once.
///
/// At most `capacity` callers are remembered; those whose buckets are full again are forgotten first.
final class FlagRateLimiter: Sendable {
    private struct Bucket {
        /// Requests left, in billionths.
        var left: Int64
        /// Nanoseconds of a clock that only goes forward.
        var since: Int64
    }

    static let capacity = 65_536
    private let rate: Int64
    private let buckets = Mutex<[UInt64: Bucket]>([:])
    private static let one: Int64 = 1_000_000_000

    /// - Parameter rate: requests a second, at least 1.
    init(rate: Int) {
        self.rate = Int64(min(max(rate, 1), 1_000_000))
    }

    /// Takes one request from a caller's bucket. Returns after how many seconds there will be one, or `nil` when there was.
    func take(_ caller: UInt64, now: Int64) -> Int? {
        buckets.withLock { buckets in
            if buckets.count >= FlagRateLimiter.capacity, buckets[caller] == nil { makeRoom(&buckets, now: now) }
            var bucket = buckets[caller] ?? Bucket(left: rate * FlagRateLimiter.one, since: now)
            refill(&bucket, now: now)
            defer { buckets[caller] = bucket }
            guard bucket.left >= FlagRateLimiter.one else { return 1 }
            bucket.left -= FlagRateLimiter.one
            return nil
        }
    }

    private func refill(_ bucket: inout Bucket, now: Int64) {
        // At least one request a second: longer than a second ago means full.
        let elapsed = min(max(0, now - bucket.since), FlagRateLimiter.one)
        bucket.left = min(rate * FlagRateLimiter.one, bucket.left + elapsed * rate)
        bucket.since = now
    }

    private func makeRoom(_ buckets: inout [UInt64: Bucket], now: Int64) {
        buckets = buckets.filter { now - $0.value.since < FlagRateLimiter.one }
        // A flood from everywhere: forgetting is better than refusing who has asked for nothing yet.
        if buckets.count >= FlagRateLimiter.capacity { buckets.removeAll(keepingCapacity: true) }
    }
}
