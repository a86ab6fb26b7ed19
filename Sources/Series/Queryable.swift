public import Values

/// Reads samples: the embedded window now, a metrics engine or any Prometheus-compatible backend later.
public protocol Queryable: Sendable {
    /// Every series that all matchers match, with its samples in `(after, through]`, oldest first.
    ///
    /// - Throws: `QueryError` when more series or samples would be touched than allowed.
    func select(_ matchers: [LabelMatcher], after: Timestamp, through: Timestamp) throws(QueryError) -> [SeriesSamples]

    /// How far every counter that all matchers match rose in `(after, through]`, exactly.
    ///
    /// The same as `increase` of what `select` finds from `reachingBack` before `after`, which is what it does unless an
    /// implementation can do it without copying samples.
    func increases(
        _ matchers: [LabelMatcher], after: Timestamp, through: Timestamp, reachingBack: Period
    ) throws(QueryError) -> [SeriesIncrease]
}

/// How far one counter rose.
public struct SeriesIncrease: Hashable, Sendable {
    public var labels: [String: String]
    public var rise: CounterIncrease

    public init(labels: [String: String], rise: CounterIncrease) {
        self.labels = labels
        self.rise = rise
    }
}

extension Queryable {
    public func increases(
        _ matchers: [LabelMatcher], after: Timestamp, through: Timestamp, reachingBack: Period
    ) throws(QueryError) -> [SeriesIncrease] {
        try select(matchers, after: after - reachingBack, through: through).map { series in
            SeriesIncrease(labels: series.labels, rise: increase(of: series, after: after, through: through))
        }
    }
}

public enum QueryError: Error, Hashable, Sendable {
    case tooManySeries(limit: Int)
    case tooManySamples(limit: Int)
    case unavailable(String)
    /// A matcher's regular expression is not valid.
    case invalidMatcher(String)
}

/// One value of a series at one time.
public struct Sample: Hashable, Sendable {
    public var at: Timestamp
    public var value: Double

    public init(at: Timestamp, value: Double) {
        self.at = at
        self.value = value
    }

    /// The value that says that a series ended; the bits are those that Prometheus writes.
    public static let staleMarker = Double(bitPattern: 0x7ff0_0000_0000_0002)

    public var isStaleMarker: Bool { value.bitPattern == Sample.staleMarker.bitPattern }
}

/// A series with some of its samples.
public struct SeriesSamples: Hashable, Sendable {
    /// `__name__` is the metric's name.
    public var labels: [String: String]
    /// When the process that shows it started; a counter of it was 0 then.
    public var startedAt: Timestamp?
    /// When the same process was scraped and did not show the series yet, if that was just before the first of `samples`: a
    /// counter was 0 then.
    public var absentAt: Timestamp?
    /// Oldest first.
    public var samples: [Sample]

    public init(
        labels: [String: String], startedAt: Timestamp? = nil, absentAt: Timestamp? = nil, samples: [Sample]
    ) {
        self.labels = labels
        self.startedAt = startedAt
        self.absentAt = absentAt
        self.samples = samples
    }
}

/// A condition on a label, as in PromQL: an absent label counts as the empty text.
public struct LabelMatcher: Hashable, Sendable {
    public enum Operation: String, Hashable, Sendable {
        case equal = "="
        case notEqual = "!="
        /// A regular expression (RE2 syntax) that matches the whole value.
        case matches = "=~"
        case doesNotMatch = "!~"
    }

    public var name: String
    public var operation: Operation
    public var value: String

    public init(_ name: String, _ operation: Operation, _ value: String) {
        self.name = name
        self.operation = operation
        self.value = value
    }
}
