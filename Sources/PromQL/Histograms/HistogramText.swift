public import Series

extension FloatHistogram {
    /// The histogram as `count_values` writes it into a label.
    var text: String {
        var text = "{count:\(formatNumber(count)), sum:\(formatNumber(sum))"
        for bucket in negativeBucketList.reversed() where bucket.count != 0 { text += ", " + bucket.text }
        if zeroCount != 0 { text += ", " + zeroBucket.text }
        for bucket in positiveBucketList where bucket.count != 0 { text += ", " + bucket.text }
        return text + "}"
    }
}

extension HistogramBucket {
    fileprivate var text: String {
        let (open, close) = (lowerInclusive ? "[" : "(", upperInclusive ? "]" : ")")
        return "\(open)\(formatNumber(lower)),\(formatNumber(upper))\(close):\(formatNumber(count))"
    }
}

/// A bucket as the query API describes it.
public struct DescribedBucket: Hashable, Sendable {
    /// Which bounds belong to it: 0 the upper, 1 the lower, 2 neither, 3 both.
    public var rule: Int
    public var lower: Double
    public var upper: Double
    public var count: Double
}

extension FloatHistogram {
    /// The buckets with observations, rising, as the query API describes them.
    public var describedBuckets: [DescribedBucket] {
        var all = Array(negativeBucketList.reversed())
        if zeroCount != 0 { all.append(zeroBucket) }
        all += positiveBucketList
        return all.filter { $0.count != 0 }.map { bucket in
            let rule =
                switch (bucket.lowerInclusive, bucket.upperInclusive) {
                case (false, true): 0
                case (true, false): 1
                case (false, false): 2
                case (true, true): 3
                }
            return DescribedBucket(rule: rule, lower: bucket.lower, upper: bucket.upper, count: bucket.count)
        }
    }
}
