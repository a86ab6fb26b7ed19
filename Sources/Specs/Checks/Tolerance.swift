public import Values

/// A regression that is not worth a rollback.
///
/// The canary's rate may reach `max(baseline × relative, baseline + absolute, floor)`: each of the three is a bound of its own,
/// and only what is above all of them is a regression.
public struct Tolerance: Hashable, Sendable {
    /// A factor on the baseline, at least 1.
    public var relative: Double
    /// On top of the baseline.
    public var absolute: Percentage
    /// A rate that is good enough, whatever the baseline's is.
    public var floor: Percentage

    public init(relative: Double = 1.25, absolute: Percentage = Percentage(0.1), floor: Percentage = Percentage(0)) {
        self.relative = relative
        self.absolute = absolute
        self.floor = floor
    }

    /// The highest rate (a fraction) that a canary may have beside this one.
    public func limit(baseline: Double) -> Double {
        max(baseline * relative, baseline + absolute.fraction, floor.fraction)
    }
}

extension Tolerance: CustomStringConvertible {
    /// For people: `×1.25, or +0.1%, or 0.5%`; what allows nothing is left out.
    public var description: String {
        let factor = relative == relative.rounded() && relative < 1e9 ? "\(Int(relative))" : "\(relative)"
        var bounds = relative > 1 || absolute.percent + floor.percent == 0 ? ["×\(factor)"] : []
        if absolute.percent > 0 { bounds.append("+\(absolute)") }
        if floor.percent > 0 { bounds.append("up to \(floor)") }
        return bounds.joined(separator: " or ")
    }
}
