/// A point in time, in whole milliseconds since 1970-01-01T00:00:00Z.
///
/// Pure rooms never read a clock: every decision is given the time it is taken at.
public struct Timestamp: Hashable, Comparable, Sendable {
    /// Milliseconds since the Unix epoch.
    public var milliseconds: Int64

    public init(milliseconds: Int64) {
        self.milliseconds = milliseconds
    }

    /// The Unix epoch itself.
    public static let epoch = Timestamp(milliseconds: 0)

    /// Seconds since the Unix epoch.
    public var seconds: Double { Double(milliseconds) / 1000 }

    public static func < (left: Timestamp, right: Timestamp) -> Bool {
        left.milliseconds < right.milliseconds
    }

    public static func + (time: Timestamp, period: Period) -> Timestamp {
        Timestamp(milliseconds: time.milliseconds + period.milliseconds)
    }

    public static func - (time: Timestamp, period: Period) -> Timestamp {
        Timestamp(milliseconds: time.milliseconds - period.milliseconds)
    }

    /// The time that passed from `right` to `left`; negative when `right` is later.
    public static func - (left: Timestamp, right: Timestamp) -> Period {
        Period(milliseconds: left.milliseconds - right.milliseconds)
    }
}
