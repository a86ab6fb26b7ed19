import Series

/// A number with the remark that its histogram holds observations of NaN, which no bucket counts.
struct HistogramEstimate {
    enum Remark { case none, isNaN, isSkewed, leavesOut }
    var value: Double
    var remark = Remark.none
}

extension FloatHistogram {
    /// The value below which the share `share` of the observations lies: within a bucket on a logarithmic scale, in custom buckets
    /// and in the zero bucket linearly.
    func quantile(_ share: Double) -> HistogramEstimate {
        if share.isNaN || (count == 0 && share >= 0 && share <= 1) { return .init(value: .nan) }
        if share < 0 { return .init(value: -.infinity) }
        if share > 1 { return .init(value: .infinity) }
        // Observations of NaN are counted, but in no bucket: then only counting from below is right.
        let isForward = sum.isNaN || share < 0.5
        let buckets = allBuckets.filter { $0.count != 0 }
        guard !buckets.isEmpty else { return .init(value: .nan, remark: sum.isNaN ? .isNaN : .none) }
        var rank = isForward ? share * count : (1 - share) * count
        var passed = 0.0
        var bucket = isForward ? buckets[0] : buckets[buckets.count - 1]
        var position = 0
        while position < buckets.count {
            bucket = isForward ? buckets[position] : buckets[buckets.count - 1 - position]
            passed += bucket.count
            position += 1
            if passed >= rank { break }
        }
        if let end = limit(&bucket) { return .init(value: end, remark: skew(isForward, position, passed, buckets)) }
        passed = min(passed, count)
        if passed < rank {
            return sum.isNaN ? .init(value: .nan, remark: .isNaN) : .init(value: bucket.upper)
        }
        rank = isForward ? rank - (passed - bucket.count) : passed - rank
        let remark = skew(isForward, position, passed, buckets)
        return .init(value: value(in: bucket, at: rank / bucket.count), remark: remark)
    }

    /// Whether some observations are in no bucket.
    private func skew(
        _ isForward: Bool, _ position: Int, _ passed: Double, _ buckets: [HistogramBucket]
    ) -> HistogramEstimate.Remark {
        guard sum.isNaN, isForward else { return .none }
        let all = buckets[position...].reduce(passed) { $0 + $1.count }
        return all < count ? .isSkewed : .none
    }

    /// Cuts a bucket without an end, and the zero bucket where there are observations on one side of it only.
    /// - Returns: the answer, when the bucket has no width.
    private func limit(_ bucket: inout HistogramBucket) -> Double? {
        if usesCustomBuckets {
            if bucket.lower == -.infinity {
                if bucket.upper <= 0 { return bucket.upper }
                bucket.lower = 0
                if bucket.upper == .infinity { return 0 }
            } else if bucket.upper == .infinity {
                return bucket.lower
            }
        } else {
            limitZero(&bucket)
        }
        return nil
    }

    private func limitZero(_ bucket: inout HistogramBucket) {
        guard bucket.lower < 0, bucket.upper > 0 else { return }
        if negativeBuckets.isEmpty, !positiveBuckets.isEmpty { bucket.lower = 0 }
        if positiveBuckets.isEmpty, !negativeBuckets.isEmpty { bucket.upper = 0 }
    }

    private func value(in bucket: HistogramBucket, at share: Double) -> Double {
        if usesCustomBuckets || (bucket.lower <= 0 && bucket.upper >= 0) {
            return bucket.lower + (bucket.upper - bucket.lower) * share
        }
        let lower = Mathematics.binaryLogarithm(bucket.lower.magnitude)
        let upper = Mathematics.binaryLogarithm(bucket.upper.magnitude)
        if bucket.lower > 0 { return Mathematics.powerOfTwo(lower + (upper - lower) * share) }
        return -Mathematics.powerOfTwo(upper + (lower - upper) * (1 - share))
    }

    /// The share of the observations between two bounds: the inverse of `quantile`.
    func fraction(from lower: Double, to upper: Double) -> HistogramEstimate {
        let remark = sum.isNaN ? HistogramEstimate.Remark.leavesOut : .none
        if count == 0 || lower.isNaN || upper.isNaN { return .init(value: .nan) }
        if lower >= upper { return .init(value: 0) }
        var rank = 0.0
        var lowerRank: Double?
        var upperRank: Double?
        for var bucket in allBuckets {
            limitZero(&bucket)
            if usesCustomBuckets, bucket.lower == -.infinity, bucket.upper > 0, bucket.upper != .infinity {
                bucket.lower = 0
            }
            for isLower in [true, false] {
                let bound = isLower ? lower : upper
                var found: Double?
                if bucket.lower >= bound {
                    found = rank
                } else if bucket.upper > bound {
                    found = rank + bucket.count * position(of: bound, in: bucket)
                }
                if isLower { lowerRank = lowerRank ?? found } else { upperRank = upperRank ?? found }
            }
            if lowerRank != nil, upperRank != nil { break }
            rank += bucket.count
        }
        // NaN observations are between no two bounds.
        let most = sum.isNaN ? allBuckets.reduce(0) { $0 + $1.count } : count
        let from = min(lowerRank ?? most, most)
        let to = min(upperRank ?? most, most)
        return .init(value: (to - from) / count, remark: remark)
    }

    private func position(of value: Double, in bucket: HistogramBucket) -> Double {
        if bucket.lower == -.infinity { return 1 }
        if bucket.upper == .infinity { return 0 }
        if usesCustomBuckets || (bucket.lower <= 0 && bucket.upper >= 0) {
            return (value - bucket.lower) / (bucket.upper - bucket.lower)
        }
        let lower = Mathematics.binaryLogarithm(bucket.lower.magnitude)
        let upper = Mathematics.binaryLogarithm(bucket.upper.magnitude)
        let place = Mathematics.binaryLogarithm(value.magnitude)
        return bucket.lower > 0 ? (place - lower) / (upper - lower) : 1 - (place - upper) / (lower - upper)
    }
}
