/// OpenTelemetry's metrics (opentelemetry-proto, metrics/v1/metrics.proto), as far as they become samples; read from protobuf or
/// JSON alike.
struct OTLPMetric {
    enum Kind {
        case gauge
        case sum
        case histogram
        case exponentialHistogram
        case summary
    }

    var name = ""
    var description = ""
    var unit = ""
    var kind: Kind?
    /// 1 delta, 2 cumulative.
    var temporality = 0
    var isMonotonic = false
    var points: [OTLPPoint] = []
}

/// A data point of any kind: each uses what its kind has.
struct OTLPPoint {
    var attributes: [(name: String, value: String)] = []
    /// Nanoseconds since the epoch.
    var start: UInt64 = 0
    var time: UInt64 = 0
    /// The target has nothing to say any more: a stale marker.
    var hasNoValue = false
    var value = 0.0
    var count = 0.0
    var sum: Double?
    var bounds: [Double] = []
    var counts: [Double] = []
    var scale: Int32 = 0
    var zeroCount = 0.0
    var zeroThreshold = 0.0
    var positive = OTLPBuckets()
    var negative = OTLPBuckets()
    var quantiles: [(quantile: Double, value: Double)] = []
    var exemplars = 0
}

/// Neighbouring buckets of an exponential histogram.
struct OTLPBuckets {
    var offset: Int32 = 0
    var counts: [Double] = []
}
