import Series

/// A sum of histograms that keeps what rounding loses in every one of its numbers (Neumaier's summation).
struct HistogramSum {
    private(set) var sum: FloatHistogram
    /// What rounding has lost, in the same buckets.
    private var lost: FloatHistogram

    init(_ first: FloatHistogram) {
        sum = first
        lost = first
        lost.clear()
    }

    /// - Returns: whether custom bounds were reconciled.
    mutating func add(_ addend: FloatHistogram) throws(IncompatibleHistograms) -> Bool {
        var addend = addend
        let reconciled = try FloatHistogram.align(&sum, &addend)
        // What is lost takes the same way.
        if reconciled { lost.keepBounds(sum.customValues) }
        if !sum.usesCustomBuckets {
            var guide = sum
            guide.clear()
            FloatHistogram.reconcileZeroBuckets(&guide, &lost)
            lost.reduce(to: sum.schema)
        }
        (sum.zeroCount, lost.zeroCount) = next(sum.zeroCount, lost.zeroCount, addend.zeroCount)
        (sum.count, lost.count) = next(sum.count, lost.count, addend.count)
        (sum.sum, lost.sum) = next(sum.sum, lost.sum, addend.sum)
        if sum.counterResetHint != addend.counterResetHint { sum.counterResetHint = .unknown }
        let positive = add(sum.positive, lost.positive, addend.positive)
        (sum.positive, lost.positive) = positive
        if !sum.negativeBuckets.isEmpty || !addend.negativeBuckets.isEmpty {
            (sum.negative, lost.negative) = add(sum.negative, lost.negative, addend.negative)
        }
        return reconciled
    }

    mutating func scale(by factor: Double) {
        sum.scale(by: factor)
        lost.scale(by: factor)
    }

    mutating func divide(by divisor: Double) {
        sum.divide(by: divisor)
        lost.divide(by: divisor)
    }

    var total: FloatHistogram {
        var total = sum
        // Both have the same layout: this cannot fail.
        _ = try? total.add(lost)
        total.counterResetHint = sum.counterResetHint
        return total
    }

    private func add(
        _ sum: BucketSide, _ lost: BucketSide, _ addend: BucketSide
    ) -> (sum: BucketSide, lost: BucketSide) {
        let wide = sum.merged(with: addend) { left, _ in left }
        let lostWide = wide.merged(with: lost) { _, right in right }
        var (result, resultLost) = (wide, lostWide)
        for (position, index) in wide.indices.enumerated() {
            let place = lostWide.indices.count == wide.indices.count ? position : lostWide.indices.firstIndex(of: index)
            let carried = place.map { lostWide.counts[$0] } ?? 0
            let (value, carry) = next(wide.counts[position], carried, addend.count(at: index))
            result.counts[position] = value
            if let place { resultLost.counts[place] = carry }
        }
        return (result, resultLost)
    }

    private func next(_ sum: Double, _ lost: Double, _ value: Double) -> (Double, Double) {
        var accurate = AccurateSum(sum)
        accurate.lost = lost
        accurate.add(value)
        return (accurate.sum, accurate.lost)
    }
}

extension FloatHistogram {
    /// Sets every number to 0 and keeps the buckets.
    fileprivate mutating func clear() {
        zeroCount = 0
        count = 0
        sum = 0
        for index in positiveBuckets.indices { positiveBuckets[index] = 0 }
        for index in negativeBuckets.indices { negativeBuckets[index] = 0 }
    }
}
