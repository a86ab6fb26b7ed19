/// Evidence that a share of bad events is above an objective, without a baseline.
///
/// **Hypothesis**: in every tick the chance of a bad event is at most `objective`. **e-value**: the likelihood ratio of Bernoulli trials with
/// a chance above it (Wald 1945), exactly 1 in expectation at the objective and smaller below. Mixed over chances, cut and weighted in time
/// like all `MixtureEvidence`.
///
/// **Stops being true** when trials depend on each other (give `dispersion`). It cannot tell a bad change from an incident that hits
/// everyone: for a rollback take the lesser of it and of a comparison with the baseline (`Merging.least`), which also makes it the floor of a
/// margin ("never for less than 0.05 %").
public struct ObjectiveEvidence: Sendable, Hashable {
    public let objective: Double
    /// The chances that are looked for, all above the objective.
    public let chances: [Double]
    public private(set) var mixture: MixtureEvidence
    private let logBad: [Double]
    private let logGood: [Double]

    private static let factors: [Double] = [1.15, 1.3, 1.5, 1.75, 2, 2.5, 3.5, 5, 8, 15, 30, 60]

    /// - Parameter objective: between 0 and 1; kept within 1e-12 … 0.98, where alternatives above it exist.
    public init(objective: Double, cap: Double = MixtureEvidence.standardCap) {
        let objective = min(max(objective, 1e-12), 0.98)
        var chances: [Double] = []
        var half = 0.5
        for factor in ObjectiveEvidence.factors {
            chances.append(min(max(min(objective * factor, 1 - (1 - objective) * half), objective * 1.01), 0.999))
            half /= 2
        }
        let distinct = Set(chances).sorted()
        self.objective = objective
        self.chances = distinct
        logBad = distinct.map { logarithm($0 / objective) }
        logGood = distinct.map { logarithm((1 - $0) / (1 - objective)) }
        mixture = MixtureEvidence(alternatives: distinct.count, cap: cap)
    }

    /// ln E.
    public var log: Double { mixture.log }

    /// Takes in a tick: `bad` of `all`.
    public mutating func observe(bad: Double, of all: Double, onset: Double, dispersion: Double = 1) {
        let isSound = bad >= 0 && all >= bad && all < .infinity
        let (bad, good) = isSound ? (bad, all - bad) : (0, 0)
        let scale = 1 / max(1, dispersion)
        let (logBad, logGood) = (logBad, logGood)
        mixture.multiply(onset: onset) { (bad * logBad[$0] + good * logGood[$0]) * scale }
    }
}

extension ObjectiveEvidence: EvidenceState {
    public static var kind: UInt8 { 3 }

    public var fingerprint: UInt64 {
        var fingerprint = Fingerprint(objective.bitPattern)
        fingerprint.add(chances)
        mixture.add(to: &fingerprint)
        return fingerprint.value
    }

    public func writeState(to bytes: inout StateWriter) { mixture.write(to: &bytes) }
    public mutating func readState(from bytes: inout StateReader) throws(StateError) { try mixture.read(from: &bytes) }
}
