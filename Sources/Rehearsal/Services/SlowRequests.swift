/// Which requests are slow: those that take longer than 99 of 100 took in the past.
struct SlowRequests: Hashable, Sendable {
    /// The bucket that the limit lies in.
    private var bucket = 0
    /// The share of that bucket's requests that are beyond the limit.
    private var beyond = 0.0

    static let usual = 0.99

    init(_ ticks: [[Double]?]) {
        var sums: [Double] = []
        for case let counts? in ticks {
            if sums.count < counts.count { sums += [Double](repeating: 0, count: counts.count - sums.count) }
            for (place, count) in counts.enumerated() { sums[place] += count }
        }
        let limit = sums.reduce(0, +) * SlowRequests.usual
        var below = 0.0
        for (place, count) in sums.enumerated() where count > 0 {
            (bucket, beyond) = (place, max(0, min(1, (below + count - limit) / count)))
            below += count
            if below >= limit { return }
        }
    }

    /// How many of so many in each bucket are slow.
    func count(in counts: [Double]) -> Double {
        guard counts.indices.contains(bucket) else { return 0 }
        return counts[bucket] * beyond + counts[(bucket + 1)...].reduce(0, +)
    }
}
