import Series

/// What happened when two histograms were combined.
struct HistogramOutcome {
    /// One says that its counter was reset, the other that it was not.
    var hintsCollide = false
    /// Custom bounds were different; the common ones are left.
    var boundsReconciled = false
}

/// Exponential and custom buckets cannot be combined.
struct IncompatibleHistograms: Error {}

extension FloatHistogram {
    mutating func scale(by factor: Double) {
        zeroCount *= factor
        count *= factor
        sum *= factor
        for index in positiveBuckets.indices { positiveBuckets[index] *= factor }
        for index in negativeBuckets.indices { negativeBuckets[index] *= factor }
        if factor < 0 { counterResetHint = .gauge }
    }

    mutating func divide(by divisor: Double) {
        zeroCount /= divisor
        count /= divisor
        sum /= divisor
        if divisor == 0 {
            positiveSpans = []
            positiveBuckets = []
            negativeSpans = []
            negativeBuckets = []
            return
        }
        for index in positiveBuckets.indices { positiveBuckets[index] /= divisor }
        for index in negativeBuckets.indices { negativeBuckets[index] /= divisor }
        if divisor < 0 { counterResetHint = .gauge }
    }

    func scaled(by factor: Double) -> FloatHistogram {
        var copy = self
        copy.scale(by: factor)
        return copy
    }

    func divided(by divisor: Double) -> FloatHistogram {
        var copy = self
        copy.divide(by: divisor)
        return copy
    }

    /// Removes empty buckets.
    mutating func compact() {
        if positiveBuckets.contains(0) { positive = positive.compacted }
        if negativeBuckets.contains(0) { negative = negative.compacted }
    }

    var compacted: FloatHistogram {
        var copy = self
        copy.compact()
        return copy
    }

    mutating func reduce(to target: Int32) {
        guard schema > target, !usesCustomBuckets, target != FloatHistogram.customSchema else { return }
        positive = positive.reduced(from: schema, to: target)
        negative = negative.reduced(from: schema, to: target)
        schema = target
    }

    mutating func add(_ other: FloatHistogram) throws(IncompatibleHistograms) -> HistogramOutcome {
        try combine(other) { $0 + $1 }
    }

    mutating func subtract(_ other: FloatHistogram) throws(IncompatibleHistograms) -> HistogramOutcome {
        try combine(other) { $0 - $1 }
    }

    private mutating func combine(
        _ other: FloatHistogram, _ operation: (Double, Double) -> Double
    ) throws(IncompatibleHistograms) -> HistogramOutcome {
        var other = other
        var outcome = HistogramOutcome()
        outcome.boundsReconciled = try FloatHistogram.align(&self, &other)
        outcome.hintsCollide = takeHint(of: other)
        zeroCount = operation(zeroCount, other.zeroCount)
        count = operation(count, other.count)
        sum = operation(sum, other.sum)
        positive = positive.merged(with: other.positive, operation)
        if !negativeBuckets.isEmpty || !other.negativeBuckets.isEmpty {
            negative = negative.merged(with: other.negative, operation)
        }
        return outcome
    }

    /// Gives both the same schema, zero bucket and custom bounds.
    ///
    /// - Returns: whether custom bounds were different.
    static func align(
        _ left: inout FloatHistogram, _ right: inout FloatHistogram
    ) throws(IncompatibleHistograms) -> Bool {
        guard left.usesCustomBuckets == right.usesCustomBuckets else { throw IncompatibleHistograms() }
        if left.usesCustomBuckets {
            guard left.customValues != right.customValues else { return false }
            let common = commonBounds(left.customValues, right.customValues)
            left.keepBounds(common)
            right.keepBounds(common)
            return true
        }
        reconcileZeroBuckets(&left, &right)
        left.reduce(to: min(left.schema, right.schema))
        right.reduce(to: left.schema)
        return false
    }

    /// - Returns: whether the hints contradict each other.
    private mutating func takeHint(of other: FloatHistogram) -> Bool {
        switch (counterResetHint, other.counterResetHint) {
        case (let mine, let its) where mine == its: return false
        case (.gauge, _), (.unknown, .reset), (.unknown, .notReset): return false
        case (_, .gauge):
            counterResetHint = .gauge
            return false
        case (_, .unknown):
            counterResetHint = .unknown
            return false
        default:
            counterResetHint = .unknown
            return true
        }
    }

    // MARK: - Custom bounds

    static func commonBounds(_ left: [Double], _ right: [Double]) -> [Double] {
        var common: [Double] = []
        var position = 0
        for bound in left {
            while position < right.count, right[position] < bound { position += 1 }
            if position < right.count, right[position] == bound { common.append(bound) }
        }
        return common
    }

    /// Merges custom buckets so that only some of their bounds are left.
    mutating func keepBounds(_ bounds: [Double]) {
        let old = customValues
        positive = positive.mapped { index in
            let upper = index >= 0 && index < old.count ? old[Int(index)] : .infinity
            return Int32(bounds.firstIndex { $0 >= upper } ?? bounds.count)
        }
        customValues = bounds
    }

    // MARK: - The zero bucket

    /// Widens the narrower zero bucket until both are equally wide and cut through no populated bucket.
    static func reconcileZeroBuckets(_ left: inout FloatHistogram, _ right: inout FloatHistogram) {
        // Each turn widens one of them to a bound of a populated bucket; NaN would never become equal.
        var turns = 0
        while left.zeroThreshold != right.zeroThreshold, turns < 4096 {
            if left.zeroThreshold > right.zeroThreshold {
                right.widenZeroBucket(to: left.zeroThreshold)
            } else {
                left.widenZeroBucket(to: right.zeroThreshold)
            }
            turns += 1
        }
    }

    /// What the zero bucket would be when it were wider: a populated bucket that it cuts is taken as a whole.
    func zeroBucket(widenedTo wanted: Double) -> (count: Double, threshold: Double) {
        guard wanted > zeroThreshold else { return (zeroCount, zeroThreshold) }
        var threshold = wanted
        let (rising, falling) = (positiveBucketList, negativeBucketList)
        while true {
            var count = zeroCount
            for bucket in rising {
                if bucket.lower >= threshold { break }
                count += bucket.count
                if bucket.upper > threshold {
                    if bucket.count != 0 { threshold = bucket.upper }
                    break
                }
            }
            var isRepeated = false
            for bucket in falling {
                if bucket.upper <= -threshold { break }
                count += bucket.count
                if bucket.lower < -threshold {
                    if bucket.count != 0 {
                        threshold = -bucket.lower
                        isRepeated = true
                    }
                    break
                }
            }
            if !isRepeated { return (count, threshold) }
        }
    }

    private mutating func widenZeroBucket(to wanted: Double) {
        (zeroCount, zeroThreshold) = zeroBucket(widenedTo: wanted)
        let threshold = zeroThreshold
        positive = positive.without { bound($0 &- 1) < threshold }
        negative = negative.without { bound($0 &- 1) < threshold }
    }
}

extension BucketSide {
    /// Without empty buckets and without those that a condition on their index names.
    func without(_ isRemoved: (Int32) -> Bool) -> BucketSide {
        var result = BucketSide()
        for (position, index) in indices.enumerated() where counts[position] != 0 && !isRemoved(index) {
            result.indices.append(index)
            result.counts.append(counts[position])
        }
        return result
    }
}
