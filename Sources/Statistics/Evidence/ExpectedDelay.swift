/// How long a regression of a given size takes to be found at a given traffic: for plans, and for "undecided, about four minutes more".
public enum ExpectedDelay {
    /// What both cohorts do in a second.
    public struct Traffic: Sendable, Hashable {
        /// Exposure (requests) per second.
        public let canary: Double
        public let baseline: Double
        /// Events per exposure of the baseline.
        public let rate: Double

        public init(canary: Double, baseline: Double, rate: Double) {
            self.canary = canary
            self.baseline = baseline
            self.rate = rate
        }
    }

    /// Seconds until ln E of `CountEvidence` is expected to have risen by `needed`: that over the mean growth of its best alternative.
    ///
    /// A rule of thumb (Wald's identity): the median found in simulations is 20 to 35 % shorter, longer where the cap of a tick binds.
    /// - Parameters:
    ///   - ratio: the canary's true rate over the baseline's.
    ///   - needed: the threshold, less the evidence there is, plus what the mixture costs (`mixtureCost`) if nothing has grown yet.
    /// - Returns: ∞ where the regression lies inside the margin or is too small to grow.
    public static func seconds(
        _ evidence: CountEvidence, traffic: Traffic, ratio: Double, needed: Double, dispersion: Double = 1
    ) -> Double {
        let margin = evidence.margin
        var fastest = 0.0
        for alternative in evidence.ratios {
            let exposed = margin.relative * traffic.canary
            let tilted = exposed * alternative + traffic.baseline
            let canary = traffic.rate * ratio * traffic.canary
            let all = canary + traffic.rate * traffic.baseline
            let growth =
                canary * logarithm(alternative) - all * logarithm(tilted / (exposed + traffic.baseline))
                - traffic.canary * margin.absolute * (alternative - 1) * traffic.baseline / tilted
            fastest = max(fastest, growth)
        }
        guard fastest > 0 else { return needed <= 0 ? 0 : .infinity }
        return max(0, needed) * max(1, dispersion) / fastest
    }

    /// ln of what an alternative's share of the stakes is: what must be won back before the evidence shows.
    /// - Parameter onset: the mass on the tick at which it began: ½ at the start.
    public static func mixtureCost(_ evidence: CountEvidence, onset: Double = 0.5) -> Double {
        logarithm(Double(evidence.ratios.count) / onset)
    }
}
