import Series

extension Function {
    static let histograms = [
        Function(
            "histogram_avg", [.vector], "The mean of the observations of every native histogram.",
            .ofHistogram { $0.sum / $0.count }),
        Function(
            "histogram_count", [.vector], "How many observations every native histogram holds.",
            .ofHistogram { $0.count }),
        Function(
            "histogram_fraction", [.scalar, .scalar, .vector],
            "Which share of the observations of every histogram (native, or classic with `le`) lies between two bounds.",
            .special(.histogramFraction)),
        Function(
            "histogram_quantile", [.scalar, .vector],
            "The value below which the share of the first argument of the observations of every histogram (native, or classic with `le`) lies.",
            .special(.histogramQuantile)),
        Function(
            "histogram_quantiles", [.vector, .string, .scalar], variadic: 10, isExperimental: true,
            "Several quantiles at once, told apart by the label of the second argument.",
            .special(.histogramQuantiles)),
        Function(
            "histogram_stddev", [.vector],
            "The estimated standard deviation of the observations of every native histogram.",
            .ofHistogram { $0.variance.squareRoot() }),
        Function(
            "histogram_stdvar", [.vector], "The estimated variance of the observations of every native histogram.",
            .ofHistogram { $0.variance }),
        Function(
            "histogram_sum", [.vector], "The sum of the observations of every native histogram.",
            .ofHistogram { $0.sum }),
    ]
}

extension FloatHistogram {
    /// Every observation is taken to lie in the middle of its bucket: the geometric one, in custom buckets the arithmetic one, in the
    /// zero bucket 0.
    fileprivate var variance: Double {
        let mean = sum / count
        var squares = AccurateSum()
        for bucket in allBuckets where bucket.count != 0 {
            var middle: Double
            if usesCustomBuckets {
                middle = (bucket.upper + bucket.lower) / 2
            } else if bucket.lower <= 0, bucket.upper >= 0 {
                middle = 0
            } else {
                middle = (bucket.upper * bucket.lower).squareRoot()
                if bucket.upper < 0 { middle.negate() }
            }
            squares.add(bucket.count * (middle - mean) * (middle - mean))
        }
        return (squares.sum + squares.lost) / count
    }
}
