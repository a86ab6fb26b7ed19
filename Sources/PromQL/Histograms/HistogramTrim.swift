import Series

extension FloatHistogram {
    /// What is left when all observations above a value (or below it) are taken away, as the operators `</` and `>/` do.
    ///
    /// A bucket that the value cuts is shared in proportion: linearly in custom buckets and the zero bucket, else on a logarithmic
    /// scale. Of a bucket without an end nobody knows where its observations are: it is kept or taken away as a whole. The sum is
    /// estimated from the middles of what is left, unless nothing was taken away.
    func trimmed(at value: Double, keepsBelow: Bool) -> FloatHistogram {
        var result = self
        var trim = Trim(value: value, keepsBelow: keepsBelow, isCustom: usesCustomBuckets)
        let (rising, falling) = (positiveBucketList, negativeBucketList)
        for (index, bucket) in rising.enumerated() {
            result.positiveBuckets[index] = trim.keep(bucket, isLinear: usesCustomBuckets)
        }
        for (index, bucket) in falling.enumerated() {
            result.negativeBuckets[index] = trim.keep(bucket, isLinear: false)
        }
        if zeroCount != 0 {
            var zero = zeroBucket
            if negativeBuckets.isEmpty, !positiveBuckets.isEmpty { zero.lower = 0 }
            if positiveBuckets.isEmpty, !negativeBuckets.isEmpty { zero.upper = 0 }
            result.zeroCount = trim.keep(zero, isLinear: true)
        }
        guard trim.hasRemoved else { return self }
        result.count = trim.count.total
        result.sum = trim.sum.total
        result.compact()
        return result
    }
}

/// Collects what is kept of the buckets.
private struct Trim {
    let value: Double
    let keepsBelow: Bool
    let isCustom: Bool
    var count = AccurateSum()
    var sum = AccurateSum()
    var hasRemoved = false

    init(value: Double, keepsBelow: Bool, isCustom: Bool) {
        self.value = value
        self.keepsBelow = keepsBelow
        self.isCustom = isCustom
    }

    mutating func keep(_ bucket: HistogramBucket, isLinear: Bool) -> Double {
        guard bucket.count != 0 else { return 0 }
        let (kept, middle) = part(of: bucket, isLinear: isLinear)
        if kept != bucket.count { hasRemoved = true }
        if kept != 0 {
            count.add(kept)
            sum.add(kept * middle)
        }
        return kept
    }

    /// How much is kept, and the middle of that.
    private func part(of bucket: HistogramBucket, isLinear: Bool) -> (count: Double, middle: Double) {
        if bucket.lower.isInfinite || bucket.upper.isInfinite, isCustom { return partOfOpen(bucket) }
        if keepsBelow ? value >= bucket.upper : value <= bucket.lower {
            return (bucket.count, middle(bucket.lower, bucket.upper, isLinear))
        }
        if keepsBelow ? value <= bucket.lower : value >= bucket.upper { return (0, 0) }
        let below = bucket.count * share(of: bucket, isLinear)
        return keepsBelow
            ? (below, middle(bucket.lower, value, isLinear))
            : (bucket.count - below, middle(value, bucket.upper, isLinear))
    }

    /// A custom bucket that reaches to −∞ or +∞; the lowest is taken to begin at 0 when it ends above.
    private func partOfOpen(_ bucket: HistogramBucket) -> (count: Double, middle: Double) {
        let endlessValue = keepsBelow ? Double.infinity : -.infinity
        if bucket.lower.isInfinite, bucket.upper.isInfinite { return (value == endlessValue ? bucket.count : 0, 0) }
        if bucket.upper.isInfinite {
            if keepsBelow { return (value == .infinity ? bucket.count : 0, bucket.lower) }
            return (value == .infinity ? 0 : bucket.count, max(bucket.lower, value))
        }
        if bucket.upper > 0 {
            if value == endlessValue { return (bucket.count, bucket.upper / 2) }
            if value < 0 { return (0, 0) }
            let cut = min(value / bucket.upper, 1)
            return keepsBelow
                ? (bucket.count * cut, min(value, bucket.upper) / 2)
                : (bucket.count * (1 - cut), (min(value, bucket.upper) + bucket.upper) / 2)
        }
        if keepsBelow { return (value == -.infinity ? 0 : bucket.count, min(value, bucket.upper)) }
        return (value == -.infinity ? bucket.count : 0, bucket.upper)
    }

    private func share(of bucket: HistogramBucket, _ isLinear: Bool) -> Double {
        if isLinear { return (value - bucket.lower) / (bucket.upper - bucket.lower) }
        let lower = Mathematics.binaryLogarithm(bucket.lower.magnitude)
        let upper = Mathematics.binaryLogarithm(bucket.upper.magnitude)
        return (Mathematics.binaryLogarithm(value.magnitude) - lower) / (upper - lower)
    }

    private func middle(_ lower: Double, _ upper: Double, _ isLinear: Bool) -> Double {
        if isLinear { return (lower + upper) / 2 }
        let root = (lower.magnitude * upper.magnitude).squareRoot()
        return lower < 0 ? -root : root
    }
}
