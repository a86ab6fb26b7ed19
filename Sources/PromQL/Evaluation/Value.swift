public import Series
public import Values

/// What an expression gives at one time.
public enum Value: Hashable, Sendable {
    case scalar(Double)
    case string(String)
    case vector([Element])
    case matrix(RangeVector)
}

/// One series' value at the time of the evaluation.
public struct Element: Hashable, Sendable {
    public var labels: [String: String]
    public var value: Double
    /// True when the metric's name no longer describes the value. It goes at the very end, so that operations in between
    /// can still use it.
    var dropsName = false

    public init(labels: [String: String], value: Double) {
        self.labels = labels
        self.value = value
    }
}

/// Series with their samples in `(after, through]`.
public struct RangeVector: Hashable, Sendable {
    public var series: [SeriesSamples]
    public var after: Timestamp
    public var through: Timestamp
}
