public import PromQL
public import Series

/// Asks what is known of metrics, for pages: by the same way, in the same queue and within the same limits as the query API.
public protocol MetricsQuestions: Sendable {
    /// - Throws: with the place when the expression is wrong; with what was exceeded, or why nothing can be asked now.
    func answer(_ question: MetricsQuestion) async throws(PromQLError) -> QueryResult

    /// The names of the labels of series that have samples in a stretch of time.
    /// - Parameter lists: series that one of these matches; all when there is none.
    /// - Parameter limit: how many at most; 0 is no limit.
    func labelNames(
        _ lists: [[LabelMatcher]], in stretch: ClosedRange<Int64>, limit: Int
    ) async throws(PromQLError) -> [String]

    /// The values of a label, likewise.
    func labelValues(
        _ name: String, _ lists: [[LabelMatcher]], in stretch: ClosedRange<Int64>, limit: Int
    ) async throws(PromQLError) -> [String]

    /// What is known about a metric, or about all.
    func metadata(_ metric: String?, limit: Int) async throws(PromQLError) -> [MetricMetadata]
}

/// An expression and when it is asked; all times in milliseconds since the epoch.
public struct MetricsQuestion: Hashable, Sendable {
    public var expression: String
    public var start: Int64
    public var end: Int64
    /// Between two values; `nil` asks for the values at `end` alone.
    public var step: Int64?

    public init(_ expression: String, from start: Int64, through end: Int64, step: Int64) {
        (self.expression, self.start, self.end, self.step) = (expression, start, end, step)
    }

    public init(_ expression: String, at time: Int64) {
        (self.expression, self.start, self.end) = (expression, time, time)
    }
}
