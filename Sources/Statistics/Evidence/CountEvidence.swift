/// What a canary's rate of events is compared with: `relative` · (the baseline's rate) + `absolute`.
public struct RateMargin: Sendable, Hashable {
    /// At or above 0; 1 is "no worse than the baseline".
    public let relative: Double
    /// Events per unit of exposure, at or above 0.
    public let absolute: Double

    public init(relative: Double, absolute: Double = 0) {
        self.relative = max(0, relative)
        self.absolute = max(0, absolute)
    }
}

/// Events and exposure (requests, host-seconds) of both cohorts in one tick and one stratum (a zone, a kind of host).
public struct CohortCounts: Sendable, Hashable {
    public var canaryEvents: Double
    public var canaryExposure: Double
    public var baselineEvents: Double
    public var baselineExposure: Double

    public init(canaryEvents: Double, canaryExposure: Double, baselineEvents: Double, baselineExposure: Double) {
        self.canaryEvents = canaryEvents
        self.canaryExposure = canaryExposure
        self.baselineEvents = baselineEvents
        self.baselineExposure = baselineExposure
    }

    /// Whether both cohorts were there: else there is nothing to compare.
    var isComparable: Bool {
        canaryExposure > 0 && baselineExposure > 0 && canaryExposure < .infinity && baselineExposure < .infinity
            && canaryEvents >= 0 && baselineEvents >= 0 && canaryEvents < .infinity && baselineEvents < .infinity
    }
}

/// Evidence that the canary's rate of events is beyond a margin, against a baseline observed in the same ticks.
///
/// **Hypothesis** (`.worse`): in every tick, canary rate ≤ relative · baseline rate + absolute, whatever the baseline's rate is and however it
/// moves. For `.better` with the comparison turned round: canary rate ≥ that; evidence against it is evidence that a regression of that
/// size is excluded.
///
/// **e-value of a tick** for the ratio g: with u = g(θn + N)/(θgn + N), w = (θn + N)/(θgn + N), where θ is the relative margin, a the absolute
/// one, n and N the exposures, x and X the events of canary and baseline,
///
///     e = u^x · w^X · exp(−n a (u − 1))
///
/// For Poisson counts E[u^x w^X] = exp(n p_c (u−1) + N p_b (w−1)), and N(w−1) = −θn(u−1): at p_c = θp_b + a it is exactly 1 for *every* p_b, and
/// smaller inside the hypothesis. For binomial counts E[u^x] = (1 + p(u−1))ⁿ ≤ exp(np(u−1)) makes it smaller still, so failure rates near 1 cost power,
/// never validity. With a = 0 it is the likelihood ratio of the binomial law that x has given x + X (Przyborowski and Wilenski 1940): the
/// mixture over g is then the test of Lindon and Malek (NeurIPS 2022) with a share that may change at every tick.
///
/// What is known to make a cohort's exposure worth more events (a cold start, a host's history) is a factor on that exposure.
/// Several strata of one tick multiply: a stratum without both cohorts contributes nothing.
///
/// **Stops being true** when events of one cohort cluster (retries: give `dispersion`, from `Dispersion`; an approximation), when hosts differ for
/// reasons other than the change (widen the margin with `HostEffects`), when the two cohorts' counts are of different times. None of these
/// can be seen from here; the sentinel that compares two halves of the baseline sees all of them.
public struct CountEvidence: Sendable, Hashable {
    public enum Direction: UInt64, Sendable, Hashable {
        case worse
        case better
    }

    public let margin: RateMargin
    public let direction: Direction
    /// Ratios to the margin that are looked for: all above 1, or all below 1.
    public let ratios: [Double]
    public private(set) var mixture: MixtureEvidence
    private let logRatios: [Double]

    public static let worseRatios: [Double] = [1.12, 1.25, 1.4, 1.6, 1.85, 2.2, 2.7, 3.5, 5, 7.5, 12, 25, 60, 200]
    public static let betterRatios: [Double] = [0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1, 0.02]

    /// - Parameters:
    ///   - ratios: the alternatives; those that are not outside the hypothesis are left out, and the usual ones stand in if none remains.
    ///   - weights: how likely each of `ratios` is thought to be, in any unit; nil, or another count of them, for all alike.
    public init(
        margin: RateMargin, direction: Direction = .worse, ratios: [Double]? = nil, weights: [Double]? = nil,
        cap: Double = MixtureEvidence.standardCap
    ) {
        let usual = direction == .worse ? CountEvidence.worseRatios : CountEvidence.betterRatios
        let outside = (ratios ?? usual).filter { direction == .worse ? $0 > 1 && $0 < .infinity : $0 > 0 && $0 < 1 }
        self.margin = margin
        self.direction = direction
        self.ratios = outside.isEmpty ? usual : outside
        logRatios = self.ratios.map { logarithm($0) }
        if let weights, weights.count == self.ratios.count, weights.allSatisfy({ $0 >= 0 && $0 < .infinity }),
            weights.reduce(0, +) > 0
        {
            let sum = weights.reduce(0, +)
            mixture = MixtureEvidence(weights: weights.map { $0 / sum }, cap: cap)
        } else {
            mixture = MixtureEvidence(alternatives: self.ratios.count, cap: cap)
        }
    }

    /// ln E.
    public var log: Double { mixture.log }

    /// Takes in a tick of one stratum.
    /// - Parameters:
    ///   - dispersion: variance over mean of the counts, at least 1: the evidence of the tick is divided by it.
    ///   - relative: this tick's relative margin if it differs from the usual (an allowance for hosts that differ); only a wider one counts.
    public mutating func observe(
        _ counts: CohortCounts, onset: Double, dispersion: Double = 1, relative: Double? = nil
    ) {
        observe(strata: CollectionOfOne(counts), onset: onset, dispersion: dispersion, relative: relative)
    }

    /// Takes in a tick of several strata, each with its own baseline.
    public mutating func observe(
        _ strata: [CohortCounts], onset: Double, dispersion: Double = 1, relative: Double? = nil
    ) {
        observe(strata: strata, onset: onset, dispersion: dispersion, relative: relative)
    }

    @inline(__always)
    private mutating func observe(
        strata: some Collection<CohortCounts>, onset: Double, dispersion: Double, relative: Double?
    ) {
        let theta = widened(relative)
        let scale = 1 / max(1, dispersion)
        let absolute = margin.absolute
        let (ratios, logRatios) = (ratios, logRatios)
        mixture.multiply(onset: onset) { index in
            var sum = 0.0
            for row in strata where row.isComparable {
                let ratio = ratios[index]
                let exposed = theta * row.canaryExposure
                let tilted = exposed * ratio + row.baselineExposure
                let logTilt = logarithm(tilted / (exposed + row.baselineExposure))
                sum += row.canaryEvents * logRatios[index] - (row.canaryEvents + row.baselineEvents) * logTilt
                sum -= row.canaryExposure * absolute * (ratio - 1) * row.baselineExposure / tilted
            }
            return sum * scale
        }
    }

    /// The margin of a tick: never narrower than the one that was agreed.
    private func widened(_ relative: Double?) -> Double {
        guard let relative, relative.isFinite else { return margin.relative }
        return direction == .worse ? max(relative, margin.relative) : min(max(0, relative), margin.relative)
    }
}

extension MixtureEvidence {
    /// ln of the largest e-value of one tick by default: 3, so that no tick decides alone.
    public static var standardCap: Double { defaultCap }
}

extension CountEvidence: EvidenceState {
    public static var kind: UInt8 { 2 }

    public var fingerprint: UInt64 {
        var fingerprint = Fingerprint(direction.rawValue)
        fingerprint.add([margin.relative, margin.absolute])
        fingerprint.add(ratios)
        mixture.add(to: &fingerprint)
        return fingerprint.value
    }

    public func writeState(to bytes: inout StateWriter) { mixture.write(to: &bytes) }
    public mutating func readState(from bytes: inout StateReader) throws(StateError) { try mixture.read(from: &bytes) }
}
