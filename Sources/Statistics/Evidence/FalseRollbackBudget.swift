/// One chance of a false rollback for a whole rollout, spent over all its checks, waves and looks.
///
/// Each check j has evidence Eⱼ, a supermartingale from 1 while it is as good as its margin allows, and a weight vⱼ; Σ vⱼ = 1. Then
/// Σ vⱼ Eⱼ is one too, under any dependence between the checks, and P(it ever reaches 1/α) ≤ α. Looking more often, more waves and a later
/// end cost nothing; a further check costs the others its weight. A check alone must reach 1 / (α vⱼ).
///
/// Weights are fixed at the start. A check that is added later takes its weight from what was kept back (`reserve`).
public struct FalseRollbackBudget: Sendable, Hashable {
    /// α, between 0 and 1.
    public let chance: Double
    /// The checks' shares, summing to at most 1.
    public let weights: [Double]
    /// The highest ln Σ vE so far.
    public private(set) var peak = 0.0
    /// ln Σ vE now.
    public private(set) var log = 0.0

    /// - Parameters:
    ///   - chance: α; kept within 1e-12 … 1.
    ///   - weights: in any unit; negative ones and what is not a number count as 0.
    ///   - reserve: the share of the budget that no check has, 0 … 1: it counts as evidence of exactly 1.
    public init(chance: Double, weights: [Double], reserve: Double = 0) {
        self.chance = min(1, max(1e-12, chance))
        let sound = weights.map { $0 > 0 && $0 < .infinity ? $0 : 0 }
        let sum = sound.reduce(0, +)
        let available = 1 - min(1, max(0, reserve))
        self.weights = sound.map { sum > 0 ? $0 / sum * available : 0 }
    }

    /// ln 1/α: what the checks together must reach.
    public var threshold: Double { -logarithm(chance) }

    /// ln 1/(α vⱼ): what the check must reach if all the others say nothing.
    public func threshold(ofCheck index: Int) -> Double {
        guard weights.indices.contains(index), weights[index] > 0 else { return .infinity }
        return threshold - logarithm(weights[index])
    }

    /// Takes in the checks' ln E of this look. Evidence that is missing counts as 0, nothing for and nothing against.
    public mutating func observe(_ logs: [Double?]) {
        var terms: [Double] = []
        var used = 0.0
        for (index, weight) in weights.enumerated() where weight > 0 {
            let value = index < logs.count ? logs[index] ?? 0 : 0
            terms.append(logarithm(weight) + (value.isNaN ? 0 : value))
            used += weight
        }
        if used < 1 { terms.append(logarithm(1 - used)) }
        log = logSum(terms)
        peak = max(peak, log)
    }

    /// Whether the evidence reached the threshold at some look.
    public var isReached: Bool { peak >= threshold }

    /// The share of the way to a rollback, in logarithms, that the evidence has gone at its highest: 0 … 1.
    public var spent: Double { threshold > 0 ? min(1, max(0, peak / threshold)) : 1 }
}

extension FalseRollbackBudget: EvidenceState {
    public static var kind: UInt8 { 5 }

    public var fingerprint: UInt64 {
        var fingerprint = Fingerprint(chance.bitPattern)
        fingerprint.add(weights)
        return fingerprint.value
    }

    public func writeState(to bytes: inout StateWriter) {
        bytes.write(peak)
        bytes.write(log)
    }

    public mutating func readState(from bytes: inout StateReader) throws(StateError) {
        peak = try bytes.number()
        log = try bytes.number()
    }
}
