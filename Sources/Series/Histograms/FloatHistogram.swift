/// A native histogram whose counts are floating-point numbers: exponential buckets (schema −4…8) or custom ones (schema −53).
///
/// The buckets of a side are stored as in Prometheus: runs of neighbouring buckets (`spans`), and one count a bucket.
public struct FloatHistogram: Hashable, Sendable {
    /// A run of buckets: how many are left out since the end of the run before (or since index 0), and how many follow.
    public struct Span: Hashable, Sendable {
        public var offset: Int32
        public var length: UInt32

        public init(offset: Int32, length: UInt32) {
            self.offset = offset
            self.length = length
        }
    }

    /// What is known about a reset of the counter between the sample before and this one.
    public enum CounterResetHint: UInt8, Hashable, Sendable {
        case unknown
        case reset
        case notReset
        /// It is no counter: it may rise and fall.
        case gauge
    }

    /// The schema of custom buckets.
    public static let customSchema: Int32 = -53

    public var counterResetHint: CounterResetHint
    /// Bounds are the powers of 2^(2^−schema).
    public var schema: Int32
    /// Observations at most so far from zero are in the zero bucket.
    public var zeroThreshold: Double
    public var zeroCount: Double
    public var count: Double
    public var sum: Double
    public var positiveSpans: [Span]
    public var positiveBuckets: [Double]
    public var negativeSpans: [Span]
    public var negativeBuckets: [Double]
    /// The upper bounds of custom buckets, without the last, which is infinite.
    public var customValues: [Double]

    public init(
        schema: Int32 = 0, zeroThreshold: Double = 0, zeroCount: Double = 0, count: Double = 0, sum: Double = 0,
        positiveSpans: [Span] = [], positiveBuckets: [Double] = [], negativeSpans: [Span] = [],
        negativeBuckets: [Double] = [], customValues: [Double] = [], counterResetHint: CounterResetHint = .unknown
    ) {
        self.schema = schema
        self.zeroThreshold = zeroThreshold
        self.zeroCount = zeroCount
        self.count = count
        self.sum = sum
        self.positiveSpans = positiveSpans
        self.positiveBuckets = positiveBuckets
        self.negativeSpans = negativeSpans
        self.negativeBuckets = negativeBuckets
        self.customValues = customValues
        self.counterResetHint = counterResetHint
    }

    public var usesCustomBuckets: Bool { schema == FloatHistogram.customSchema }

    /// A histogram whose sum is the stale marker says that its series ended.
    public var isStaleMarker: Bool { sum.bitPattern == Sample.staleMarker.bitPattern }
}
