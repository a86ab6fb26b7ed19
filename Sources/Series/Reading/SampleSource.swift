/// What a query wants to know of a store: series by matchers, and their samples in a stretch of time.
public struct SelectRequest: Hashable, Sendable {
    public var matchers: [LabelMatcher]
    /// Milliseconds since the epoch; samples at this very time are not wanted.
    public var after: Int64
    /// Milliseconds since the epoch; samples at this time are the last that are wanted.
    public var through: Int64
    /// Milliseconds between the steps of the query; 0 when there is only one. A hint.
    public var step: Int64
    /// Milliseconds of the range selector; 0 when it is an instant selector. A hint.
    public var range: Int64
    /// The function that is applied to the selector, such as `rate`. A hint.
    public var function: String
    /// Whether histograms are wanted without their buckets: only count and sum are looked at. A hint; who leaves the buckets out
    /// says in the counter-reset hint of every histogram whether the counter was reset before it.
    public var skipsHistogramBuckets = false
    /// Whether only labels are wanted: the samples need not be readable. A hint.
    public var onlyLabels = false
    /// So many series are enough, whichever they are; 0 when all are wanted. A hint.
    public var enoughSeries = 0
    /// Only the newest sample of a series counts, and only when no stale marker follows it. A hint: who follows it may give the
    /// sample the time `through`.
    public var wantsNewestOnly = false
    /// More series than this are an error; 0 is no limit.
    public var limitSeries: Int
    /// More samples than this are an error; 0 is no limit.
    public var limitSamples: Int

    public init(
        matchers: [LabelMatcher], after: Int64, through: Int64, step: Int64 = 0, range: Int64 = 0,
        function: String = "",
        limitSeries: Int = 0, limitSamples: Int = 0
    ) {
        self.matchers = matchers
        self.after = after
        self.through = through
        self.step = step
        self.range = range
        self.function = function
        self.limitSeries = limitSeries
        self.limitSamples = limitSamples
    }
}

/// The series that a request found, in any order, each once. Reading does not change it, and may be done on several threads.
public protocol SeriesSet: Sendable {
    var count: Int { get }

    func labels(_ index: Int) -> Labels

    /// Appends the samples of a series in the requested stretch to a buffer that was emptied before. Stale markers are samples.
    ///
    /// - Throws: when the data cannot be read, or when there are too many.
    func read(_ index: Int, into buffer: inout SampleBuffer) throws(QueryError)
}

/// A store of samples, as queries see it.
public protocol SampleSource: Sendable {
    /// Every series that all matchers match and that may have samples in the stretch.
    func select(_ request: SelectRequest) async throws(QueryError) -> any SeriesSet

    /// The names of the labels of all series that have samples in the stretch and that one of the matcher lists matches (every
    /// series when there is none), sorted.
    func labelNames(
        _ matchers: [[LabelMatcher]], after: Int64, through: Int64, limit: Int
    ) async throws(QueryError) -> [String]

    /// The values of a label, likewise.
    func labelValues(
        _ name: String, _ matchers: [[LabelMatcher]], after: Int64, through: Int64, limit: Int
    ) async throws(QueryError) -> [String]

    /// What is known about metrics: all, or one.
    func metadata(_ metric: String?, limit: Int) async throws(QueryError) -> [MetricMetadata]
}

/// What an exposition says about a metric beside its samples.
public struct MetricMetadata: Hashable, Sendable {
    public var metric: String
    /// `counter`, `gauge`, `histogram`, `gaugehistogram`, `summary`, `info`, `stateset` or `unknown`.
    public var type: String
    public var help: String
    public var unit: String

    public init(metric: String, type: String, help: String = "", unit: String = "") {
        self.metric = metric
        self.type = type
        self.help = help
        self.unit = unit
    }
}
