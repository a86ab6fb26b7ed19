public import Series

extension FloatHistogram {
    /// Whether both are the same bit by bit; the hints do not count.
    func isSame(as other: FloatHistogram) -> Bool {
        guard schema == other.schema, count.bitPattern == other.count.bitPattern,
            sum.bitPattern == other.sum.bitPattern, customValues == other.customValues
        else { return false }
        if !usesCustomBuckets {
            guard zeroThreshold == other.zeroThreshold, zeroCount.bitPattern == other.zeroCount.bitPattern else {
                return false
            }
        }
        return isSame(positive, other.positive) && isSame(negative, other.negative)
    }

    private func isSame(_ left: BucketSide, _ right: BucketSide) -> Bool {
        left.indices == right.indices && left.counts.elementsEqual(right.counts) { $0.bitPattern == $1.bitPattern }
    }

    /// Whether a counter was reset between an earlier sample and this one: its hint says so, or a count fell, or the resolution
    /// rose, which only a new start of the counter can do.
    public func isReset(since previous: FloatHistogram) -> Bool {
        switch counterResetHint {
        case .reset: return true
        case .notReset: return false
        case .unknown, .gauge: break
        }
        if usesCustomBuckets != previous.usesCustomBuckets || count < previous.count { return true }
        if usesCustomBuckets {
            guard customValues != previous.customValues else { return hasFallen(positive, previous.positive) }
            var (now, then) = (self, previous)
            let common = FloatHistogram.commonBounds(customValues, previous.customValues)
            now.keepBounds(common)
            then.keepBounds(common)
            return hasFallen(now.positive, then.positive)
        }
        if schema > previous.schema || zeroThreshold < previous.zeroThreshold { return true }
        let (oldZeroCount, threshold) = previous.zeroBucket(widenedTo: zeroThreshold)
        if threshold != zeroThreshold || zeroCount < oldZeroCount { return true }
        return hasFallen(outsideZero(positive), previous.reducedOutside(zeroThreshold, schema, previous.positive))
            || hasFallen(outsideZero(negative), previous.reducedOutside(zeroThreshold, schema, previous.negative))
    }

    private func outsideZero(_ side: BucketSide) -> BucketSide {
        guard zeroThreshold > 0, let first = side.indices.first, bound(first) <= zeroThreshold else { return side }
        return side.without { bound($0) <= zeroThreshold }
    }

    private func reducedOutside(_ threshold: Double, _ target: Int32, _ side: BucketSide) -> BucketSide {
        let reduced = side.reduced(from: schema, to: target)
        guard threshold > 0 else { return reduced }
        return reduced.without { FloatHistogram.bound($0, schema: target, custom: []) <= threshold }
    }

    private func hasFallen(_ now: BucketSide, _ then: BucketSide) -> Bool {
        var position = 0
        for (earlier, index) in then.indices.enumerated() where then.counts[earlier] != 0 {
            while position < now.indices.count, now.indices[position] < index { position += 1 }
            guard position < now.indices.count, now.indices[position] == index else { return true }
            if now.counts[position] < then.counts[earlier] { return true }
        }
        return false
    }

    var hasOverflow: Bool {
        zeroCount.isInfinite || count.isInfinite || sum.isInfinite || positiveBuckets.contains(where: \.isInfinite)
            || negativeBuckets.contains(where: \.isInfinite)
    }
}
