/// A histogram of counters with a label `le` each: the counts up to the upper bounds.
struct ClassicHistogram {
    private(set) var buckets: [(upper: Double, count: Double)]

    /// Counts of the same bound are added; the bounds are sorted.
    init(_ unsorted: [(upper: Double, count: Double)]) {
        buckets = []
        buckets.reserveCapacity(unsorted.count)
        for bucket in unsorted.sorted(by: { $0.upper < $1.upper }) {
            if let last = buckets.last, last.upper == bucket.upper {
                buckets[buckets.count - 1].count += bucket.count
            } else {
                buckets.append(bucket)
            }
        }
    }

    /// What a quantile is, and how much the counts had to be lifted for it, which only broken data need.
    struct Quantile {
        var value: Double
        var lifted: Lift?

        struct Lift {
            var from: Double
            var through: Double
            var most: Double
        }
    }

    /// The value below which the share `share` of the observations lies, linearly within a bucket. The lowest bucket begins at 0
    /// when it ends above; a quantile in the highest bucket is the bound below.
    mutating func quantile(_ share: Double) -> Quantile {
        if share.isNaN { return .init(value: .nan) }
        if share < 0 { return .init(value: -.infinity) }
        if share > 1 { return .init(value: .infinity) }
        guard buckets.last?.upper == .infinity else { return .init(value: .nan) }
        smooth(tolerance: 1e-12)
        let lifted = makeRising()
        guard buckets.count >= 2, let all = buckets.last?.count, all != 0, !all.isNaN else { return .init(value: .nan) }
        var rank = share * all
        let place = buckets.dropLast().firstIndex { $0.count >= rank } ?? buckets.count - 1
        if place == buckets.count - 1 { return .init(value: buckets[buckets.count - 2].upper, lifted: lifted) }
        if place == 0, buckets[0].upper <= 0 { return .init(value: buckets[0].upper, lifted: lifted) }
        var start = 0.0
        var count = buckets[place].count
        if place > 0 {
            start = buckets[place - 1].upper
            count -= buckets[place - 1].count
            rank -= buckets[place - 1].count
        }
        return .init(value: start + (buckets[place].upper - start) * (rank / count), lifted: lifted)
    }

    /// The share of the observations between two bounds.
    func fraction(from lower: Double, to upper: Double) -> Double {
        guard buckets.last?.upper == .infinity, let all = buckets.last?.count else { return .nan }
        if all == 0 || lower.isNaN || upper.isNaN { return .nan }
        if lower >= upper { return 0 }
        return (rank(of: upper, all) - rank(of: lower, all)) / all
    }

    private func rank(of value: Double, _ all: Double) -> Double {
        var rank = 0.0
        for (index, bucket) in buckets.enumerated() {
            let start = index > 0 ? buckets[index - 1].upper : bucket.upper > 0 ? 0 : -.infinity
            if start >= value { return min(rank, all) }
            if bucket.upper > value {
                if start == -.infinity { return min(bucket.count, all) }
                if bucket.upper == .infinity { return min(rank, all) }
                return min(rank + (bucket.count - rank) * (value - start) / (bucket.upper - start), all)
            }
            rank = bucket.count
        }
        return all
    }

    /// Sums in different orders differ in their last digits: such small differences are none.
    private mutating func smooth(tolerance: Double) {
        var previous = buckets[0].count
        for index in buckets.indices.dropFirst() {
            let current = buckets[index].count
            let difference = (current - previous).magnitude
            if difference == 0 { continue }
            if difference / current <= tolerance {
                buckets[index].count = previous
            } else {
                previous = current
            }
        }
    }

    /// Lifts counts that are below the one before.
    private mutating func makeRising() -> Quantile.Lift? {
        var lift: Quantile.Lift?
        var greatest = buckets[0].count
        for index in buckets.indices.dropFirst() {
            if buckets[index].count > greatest {
                greatest = buckets[index].count
            } else if buckets[index].count < greatest {
                let upper = buckets[index].upper
                let difference = greatest - buckets[index].count
                buckets[index].count = greatest
                lift = .init(from: lift?.from ?? upper, through: upper, most: max(lift?.most ?? 0, difference))
            }
        }
        return lift
    }
}
