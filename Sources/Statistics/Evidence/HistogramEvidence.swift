/// Evidence that a canary's values (latencies) are larger than the baseline's, from histograms with the same buckets.
///
/// **Hypothesis**: in every tick both cohorts' values have the same distribution. **e-value**: given the pooled buckets, the smaller cohort is a sample without replacement; its sum S of n centred
/// mid-ranks a has E[e^{λS}] ≤ (mean of e^{λa})ⁿ (Hoeffding 1963, theorem 4), hence
///
///     e = e^{λS} / (Σ cⱼ/N · e^{λaⱼ})ⁿ
///
/// is one, exactly, with any ties, any distribution and any sizes; mixed over λ. It is the anytime-valid form of Wilcoxon's rank sum: it
/// sees a shift of the body, and hardly a tail alone; for that count the values above an edge as events.
///
/// A canary that is *faster* gives smaller values of e in every case examined (proved without ties, not with them). **Stops being true** when
/// requests of a tick depend on each other (a host or a client contributes many slow ones: give `dispersion`).
public struct HistogramEvidence: Sendable, Hashable {
    public private(set) var mixture: MixtureEvidence

    /// The tilts λ. Most are whole multiples of 0.03, 0.4 or 0.7, which spares their exponentials.
    public static let tilts: [Double] = [0.03, 0.06, 0.12, 0.22, 0.4, 0.7, 1.2, 2, 3.5, 6]

    public init(cap: Double = MixtureEvidence.standardCap) {
        mixture = MixtureEvidence(alternatives: HistogramEvidence.tilts.count, cap: cap)
    }

    /// ln E.
    public var log: Double { mixture.log }

    /// Takes in a tick: how many values of each cohort fell into each bucket, lowest bucket first.
    ///
    /// Histograms of different lengths, or with a count that is not one, are not compared (the evidence stays as it is).
    public mutating func observe(canary: [Double], baseline: [Double], onset: Double, dispersion: Double = 1) {
        let scale = 1 / max(1, dispersion)
        guard let tick = RankTick(canary: canary, baseline: baseline) else {
            return mixture.multiply(onset: onset) { _ in 0 }
        }
        mixture.multiply(onset: onset) { index in
            let moment = logarithm(tick.moments[index] / tick.all)
            return (HistogramEvidence.tilts[index] * tick.sum - tick.size * moment) * scale
        }
    }
}

extension HistogramEvidence: EvidenceState {
    public static var kind: UInt8 { 4 }

    public var fingerprint: UInt64 {
        var fingerprint = Fingerprint(0)
        fingerprint.add(HistogramEvidence.tilts)
        mixture.add(to: &fingerprint)
        return fingerprint.value
    }

    public func writeState(to bytes: inout StateWriter) { mixture.write(to: &bytes) }
    public mutating func readState(from bytes: inout StateReader) throws(StateError) { try mixture.read(from: &bytes) }
}

/// The ranks of one tick: what all tilts need of it.
struct RankTick {
    /// The number of values in both cohorts.
    private(set) var all = 0.0
    /// The size of the smaller cohort, and the sum of its centred mid-ranks, turned so that a slow canary is positive.
    private(set) var size = 0.0
    private(set) var sum = 0.0
    /// Σ c e^{λa} for each tilt.
    private(set) var moments: [Double] = Array(repeating: 0, count: HistogramEvidence.tilts.count)

    /// Nothing where the histograms cannot be compared.
    init?(canary: [Double], baseline: [Double]) {
        guard canary.count == baseline.count else { return nil }
        var (inCanary, inBaseline) = (0.0, 0.0)
        for index in canary.indices {
            guard canary[index] >= 0, baseline[index] >= 0 else { return nil }
            inCanary += canary[index]
            inBaseline += baseline[index]
        }
        guard inCanary > 0, inBaseline > 0, inCanary + inBaseline < .infinity else { return nil }
        all = inCanary + inBaseline
        let isCanarySmaller = inCanary <= inBaseline
        size = isCanarySmaller ? inCanary : inBaseline
        let sign = isCanarySmaller ? 1.0 : -1.0
        var below = 0.0
        var (m0, m1, m2, m3, m4, m5, m6, m7, m8, m9) = (0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
        for index in canary.indices {
            let count = canary[index] + baseline[index]
            guard count > 0 else { continue }
            let rank = sign * ((below + 0.5 * count) / all - 0.5)
            below += count
            sum += rank * (isCanarySmaller ? canary[index] : baseline[index])
            // Four exponentials; the other tilts are whole multiples of theirs.
            let slight = exponential(0.03 * rank)
            let mild = exponential(0.4 * rank)
            let strong = exponential(0.7 * rank)
            let double = slight * slight
            let (square, strongSquare) = (mild * mild, strong * strong)
            let triple = square * mild
            m0 += count * slight
            m1 += count * double
            m2 += count * (double * double)
            m3 += count * exponential(0.22 * rank)
            m4 += count * mild
            m5 += count * strong
            m6 += count * triple
            m7 += count * (triple * square)
            m8 += count * (strongSquare * strongSquare * strong)
            m9 += count * (triple * square * triple * square * triple * square)
        }
        moments = [m0, m1, m2, m3, m4, m5, m6, m7, m8, m9]
    }
}
