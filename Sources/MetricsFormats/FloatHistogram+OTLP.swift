import Series

extension FloatHistogram {
    /// An exponential histogram of OpenTelemetry. Its bucket n reaches to base^(n+1), where here bucket n reaches to base^n; scales
    /// above 8 are brought down to it by joining neighbours. `nil` for scales below -4, and for buckets out of any range.
    init?(otlp point: OTLPPoint) {
        guard point.scale >= -4, point.scale <= 64 else { return nil }
        let steps = max(0, point.scale - 8)
        self.init(
            schema: point.scale - steps, zeroThreshold: point.zeroThreshold, zeroCount: point.zeroCount,
            count: point.count, sum: point.sum ?? 0)
        guard let up = FloatHistogram.side(point.positive, steps), let down = FloatHistogram.side(point.negative, steps)
        else { return nil }
        (positiveSpans, positiveBuckets) = up
        (negativeSpans, negativeBuckets) = down
    }

    private static func side(_ buckets: OTLPBuckets, _ steps: Int32) -> ([Span], [Double])? {
        guard let last = Int32(exactly: Int64(buckets.offset) + Int64(buckets.counts.count)), last < .max else {
            return nil
        }
        var spans: [Span] = []
        var counts: [Double] = []
        var previous: Int32?
        for (index, count) in buckets.counts.enumerated() where count != 0 {
            let place = (buckets.offset + Int32(index)) >> min(31, steps) + 1
            if let previous, place == previous {
                counts[counts.count - 1] += count
                continue
            }
            if let previous, place == previous + 1 {
                spans[spans.count - 1].length += 1
            } else {
                let offset = previous.map { place - $0 - 1 } ?? place
                spans.append(Span(offset: offset, length: 1))
            }
            counts.append(count)
            previous = place
        }
        return (spans, counts)
    }
}
