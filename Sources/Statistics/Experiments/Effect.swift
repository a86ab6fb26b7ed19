/// The difference that a treatment makes to a mean, with its error.
public struct Effect: Sendable, Hashable {
    public enum Scale: Sendable, Hashable {
        /// treatment − control
        case absolute
        /// (treatment − control) / control
        case relative
    }

    public let estimate: Double
    /// Of the estimate.
    public let variance: Double
    /// Welch and Satterthwaite's, of the absolute difference.
    public let degrees: Double
    /// Units in both arms.
    public let count: Double
    /// How many units of the metric one unit of the effect is: 1, or the control's mean.
    let unit: Double

    public var standardError: Double { variance.squareRoot() }

    /// - Returns: nil where no comparison is possible: an arm with fewer than two units, no variance at all, or, for a relative effect, a
    ///   control mean of 0.
    public init?(control: Arm, treatment: Arm, scale: Scale) {
        guard control.count > 1, treatment.count > 1 else { return nil }
        let (first, second) = (control.squaredError, treatment.squaredError)
        guard first + second > 0, (first + second).isFinite else { return nil }
        let sum = first + second
        degrees = sum * sum / (first * first / (control.count - 1) + second * second / (treatment.count - 1))
        count = control.count + treatment.count
        let difference = treatment.mean - control.mean
        switch scale {
        case .absolute:
            (estimate, variance) = (difference, sum)
            unit = 1
        case .relative:
            let base = control.unadjustedMean
            guard base != 0 else { return nil }
            let slope = treatment.unadjustedMean / base
            // The delta method.
            (estimate, variance) = (difference / base, (second + slope * slope * first) / (base * base))
            unit = base
        }
    }

    private var statistic: Double { estimate / standardError }

    /// Welch's two-sided p, valid once, at a time fixed beforehand.
    public var pTwoSided: Double { StudentT(degrees: degrees).twoSided(statistic) }

    /// P(as large or larger) if the treatment does not increase the mean.
    public var pGreater: Double { StudentT(degrees: degrees).upper(statistic) }

    /// P(as small or smaller) if the treatment does not decrease the mean.
    public var pLess: Double { StudentT(degrees: degrees).lower(statistic) }

    /// The interval of the level 1 − `chance`, valid once.
    public func interval(chance: Double) -> (lower: Double, upper: Double) {
        let half = StudentT(degrees: degrees).upperQuantile(chance / 2) * standardError
        return (estimate - half, estimate + half)
    }

    /// The one-sided bound below the estimate, valid once; the one above it mirrors it.
    public func lowerBound(chance: Double) -> Double {
        estimate - StudentT(degrees: degrees).upperQuantile(chance) * standardError
    }

    public func upperBound(chance: Double) -> Double {
        estimate + StudentT(degrees: degrees).upperQuantile(chance) * standardError
    }
}
