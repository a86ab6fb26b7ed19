public import PromQL
import Series
public import Values

/// Rules that are evaluated together, one after the other, at the same moments.
public struct RuleGroup: Hashable, Sendable {
    /// The file that it is written in.
    public var file: String
    public var name: String
    public var interval: Period
    /// More series, or alerts, from one rule are an error; 0 is no limit.
    public var limit: Int
    /// So far in the past rules look, for samples that come late.
    public var queryOffset: Period
    public var rules: [Rule]

    /// A group's moments lie on a grid of their own, so that not all groups are evaluated at once.
    public func nextTime(after now: Timestamp) -> Timestamp {
        let interval = interval.milliseconds
        let shift = Int64(stableHash(file, name) % UInt64(interval))
        let passed = (now.milliseconds - shift) % interval
        return Timestamp(milliseconds: now.milliseconds - (passed < 0 ? passed + interval : passed) + interval)
    }
}

/// An expression whose result becomes a metric, or alerts.
public struct Rule: Hashable, Sendable {
    /// The metric's name, or the alert's.
    public var name: String
    public var query: Query
    /// They win over those of the result. Of an alert they may have places for its labels and its value.
    public var labels: [String: String]
    /// `nil` when the rule records.
    public var alert: AlertTerms?
}

/// What makes an alert of an element of a result.
public struct AlertTerms: Hashable, Sendable {
    /// So long the element has to be there before the alert fires.
    public var holdFor: Period
    /// So long the alert fires on when the element is gone.
    public var keepFiringFor: Period
    public var annotations: [String: String]
}
