import Series

/// The buckets of one side of a histogram, one after the other with their indices.
struct BucketSide: Sendable {
    var indices: [Int32] = []
    var counts: [Double] = []

    init() {}

    init(_ spans: [FloatHistogram.Span], _ buckets: [Double]) {
        indices.reserveCapacity(buckets.count)
        counts = buckets
        var index: Int32 = 0
        for span in spans {
            index &+= span.offset
            // Broken spans may claim more than there is.
            for _ in 0..<min(Int(span.length), buckets.count - indices.count) {
                indices.append(index)
                index &+= 1
            }
        }
        if counts.count > indices.count { counts.removeLast(counts.count - indices.count) }
    }

    /// The same buckets as runs of neighbours.
    var spans: [FloatHistogram.Span] {
        var spans: [FloatHistogram.Span] = []
        var following: Int32 = 0
        for index in indices {
            if !spans.isEmpty, index == following {
                spans[spans.count - 1].length += 1
            } else {
                spans.append(.init(offset: index &- following, length: 1))
            }
            following = index &+ 1
        }
        return spans
    }

    /// Merges buckets to those of a coarser schema.
    func reduced(from schema: Int32, to target: Int32) -> BucketSide {
        guard schema > target else { return self }
        return mapped { (($0 &- 1) >> (schema - target)) + 1 }
    }

    /// Moves every bucket to another index; the indices must not fall.
    func mapped(_ transform: (Int32) -> Int32) -> BucketSide {
        var result = BucketSide()
        for (position, index) in indices.enumerated() {
            let target = transform(index)
            if result.indices.last == target {
                result.counts[result.counts.count - 1] += counts[position]
            } else {
                result.indices.append(target)
                result.counts.append(counts[position])
            }
        }
        return result
    }

    /// Without empty buckets.
    var compacted: BucketSide {
        guard counts.contains(0) else { return self }
        var result = BucketSide()
        for (position, count) in counts.enumerated() where count != 0 {
            result.indices.append(indices[position])
            result.counts.append(count)
        }
        return result
    }

    /// Every bucket of both sides, its count combined; `combine` is given 0 where a side has no bucket.
    func merged(with other: BucketSide, _ combine: (Double, Double) -> Double) -> BucketSide {
        if indices == other.indices {
            var result = self
            for position in counts.indices {
                result.counts[position] = combine(counts[position], other.counts[position])
            }
            return result
        }
        var result = BucketSide()
        result.indices.reserveCapacity(indices.count + other.indices.count)
        result.counts.reserveCapacity(indices.count + other.indices.count)
        var (left, right) = (0, 0)
        while left < indices.count || right < other.indices.count {
            let leftIndex = left < indices.count ? indices[left] : .max
            let rightIndex = right < other.indices.count ? other.indices[right] : .max
            let index = min(leftIndex, rightIndex)
            result.indices.append(index)
            result.counts.append(
                combine(leftIndex == index ? counts[left] : 0, rightIndex == index ? other.counts[right] : 0))
            if leftIndex == index { left += 1 }
            if rightIndex == index { right += 1 }
        }
        return result
    }

    /// The count of a bucket, 0 where there is none.
    func count(at index: Int32) -> Double {
        var (low, high) = (0, indices.count)
        while low < high {
            let middle = (low + high) / 2
            if indices[middle] < index { low = middle + 1 } else { high = middle }
        }
        return low < indices.count && indices[low] == index ? counts[low] : 0
    }
}

/// A bucket with its bounds.
struct HistogramBucket {
    var lower: Double
    var upper: Double
    var lowerInclusive: Bool
    var upperInclusive: Bool
    var count: Double
}

extension FloatHistogram {
    var positive: BucketSide {
        get { BucketSide(positiveSpans, positiveBuckets) }
        set {
            positiveSpans = newValue.spans
            positiveBuckets = newValue.counts
        }
    }

    var negative: BucketSide {
        get { BucketSide(negativeSpans, negativeBuckets) }
        set {
            negativeSpans = newValue.spans
            negativeBuckets = newValue.counts
        }
    }

    /// The upper bound of a bucket of the positive side: 2^(index × 2^−schema), or a custom bound.
    static func bound(_ index: Int32, schema: Int32, custom: [Double]) -> Double {
        if schema == customSchema {
            if index < 0 { return -.infinity }
            return index < custom.count ? custom[Int(index)] : .infinity
        }
        if schema <= 0 {
            let exponent = Int(index) << Int(-schema)
            // The bucket of the greatest finite number ends there, not at infinity.
            if exponent == 1024 { return .greatestFiniteMagnitude }
            return Mathematics.powerOfTwo(Double(exponent))
        }
        let perPower = Int32(1) << schema
        let exponent = index >> schema
        let fraction = Double(index & (perPower &- 1)) / Double(perPower)
        if exponent == 1024, fraction == 0 { return .greatestFiniteMagnitude }
        return Mathematics.powerOfTwo(fraction) * Mathematics.powerOfTwo(Double(exponent))
    }

    func bound(_ index: Int32) -> Double { FloatHistogram.bound(index, schema: schema, custom: customValues) }

    /// The buckets of the positive side, rising.
    var positiveBucketList: [HistogramBucket] {
        let side = positive
        return side.indices.indices.map { position in
            let index = side.indices[position]
            return HistogramBucket(
                lower: bound(index &- 1), upper: bound(index), lowerInclusive: usesCustomBuckets && index == 0,
                upperInclusive: true, count: side.counts[position])
        }
    }

    /// The buckets of the negative side, from zero down.
    var negativeBucketList: [HistogramBucket] {
        let side = negative
        return side.indices.indices.map { position in
            let index = side.indices[position]
            return HistogramBucket(
                lower: -bound(index), upper: -bound(index &- 1), lowerInclusive: true, upperInclusive: false,
                count: side.counts[position])
        }
    }

    var zeroBucket: HistogramBucket {
        HistogramBucket(
            lower: -zeroThreshold, upper: zeroThreshold, lowerInclusive: true, upperInclusive: true, count: zeroCount)
    }

    /// All buckets, rising; those beside the zero bucket do not reach into it.
    var allBuckets: [HistogramBucket] {
        var all = negativeBucketList.reversed().map { bucket in
            var bucket = bucket
            bucket.upper = min(bucket.upper, -zeroThreshold)
            return bucket
        }
        if zeroCount > 0 { all.append(zeroBucket) }
        for var bucket in positiveBucketList {
            if !usesCustomBuckets { bucket.lower = max(bucket.lower, zeroThreshold) }
            all.append(bucket)
        }
        return all
    }
}
