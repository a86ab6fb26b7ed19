public import PromQL
import Series
public import Values

/// Rules that are evaluated together, one after the other, at the same moments.
public struct RuleGroup: Hashable, Sendable {
    /// The file that it is written in.
    public var file: String
    public var name: String
    public var interval: Period
    /// More series from one rule are an error; 0 is no limit.
    public var limit: Int
    /// So far in the past rules look, for samples that come late.
    public var queryOffset: Period
    public var rules: [RecordingRule]
    /// Alert rules of the group: they are not evaluated.
    public var alerts: Int

    /// A group's moments lie on a grid of their own, so that not all groups are evaluated at once.
    public func nextTime(after now: Timestamp) -> Timestamp {
        let interval = interval.milliseconds
        let shift = Int64(stableHash(file, name) % UInt64(interval))
        let passed = (now.milliseconds - shift) % interval
        return Timestamp(milliseconds: now.milliseconds - (passed < 0 ? passed + interval : passed) + interval)
    }
}

/// An expression whose result becomes a metric.
public struct RecordingRule: Hashable, Sendable {
    /// The metric's name.
    public var record: String
    public var query: Query
    /// They win over those of the result.
    public var labels: [String: String]

    /// What becomes of one series of the result.
    func labels(of result: Labels) -> Labels {
        var builder = LabelsBuilder(result)
        builder.set(Labels.metricName, record)
        for (name, value) in labels { builder.set(name, value) }
        return builder.labels()
    }
}
