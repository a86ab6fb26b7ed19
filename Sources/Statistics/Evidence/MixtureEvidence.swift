/// Evidence against a hypothesis, collected tick by tick: a mixture of e-processes over alternatives and starting times.
///
/// For every alternative k a tick has an e-value eₖ, whose expectation under the hypothesis, given all that was before, is at most 1. Then
///
///     Rₖ(t) = eₖ(t) · (Rₖ(t−1) + γ(t)),   E(t) = Σ wₖ Rₖ(t) + 1 − Σ γ
///
/// is a non-negative supermartingale that starts at 1, and by Ville's inequality P(E ever ≥ 1/α) ≤ α, however often and whenever one looks,
/// and wherever one stops. E(t) is the present value of every bet "alternative k holds from tick s on" with the stake wₖ γ(s).
///
/// - Each eₖ is cut at e^`cap`, which can only lower its expectation: no single tick decides.
/// - A wealth beyond e^660 stays there: also lower, and far beyond any threshold.
/// - It stops being true if the tick's e-value is not one: what that takes is said at each kind of evidence. Data that are not finite
///   leave the evidence as it is (towards undecided).
public struct MixtureEvidence: Sendable, Hashable {
    /// ln of the largest e-value that one tick may contribute.
    public let cap: Double
    /// The shares of the alternatives, summing to 1.
    public let weights: [Double]
    private(set) var wealth: [Double]
    /// How much of the starting mass is in play.
    public private(set) var spent = 0.0
    /// ln E: above 0 speaks against the hypothesis.
    public private(set) var log = 0.0
    /// The highest ln E so far. P(peak ≥ ln 1/α) ≤ α under the hypothesis.
    public private(set) var peak = 0.0

    static let defaultCap = 3.0
    private static let ceiling = 1e287

    init(weights: [Double], cap: Double) {
        self.cap = cap
        self.weights = weights
        wealth = Array(repeating: 0, count: weights.count)
    }

    init(alternatives: Int, cap: Double) {
        self.init(weights: Array(repeating: 1 / Double(alternatives), count: alternatives), cap: cap)
    }

    /// Takes one tick in.
    /// - Parameters:
    ///   - onset: the mass put on "it began at this tick" (γ), as `OnsetShares` gives it.
    ///   - logFactor: ln eₖ of this tick for the alternative k.
    @inline(__always)
    mutating func multiply(onset: Double, logFactor: (Int) -> Double) {
        let stake = max(0, min(onset, 1 - spent))
        var total = 0.0
        wealth.withUnsafeMutableBufferPointer { wealth in
            for index in wealth.indices {
                let factor = min(logFactor(index), cap)
                let grown = factor.isNaN ? wealth[index] + stake : exponential(factor) * (wealth[index] + stake)
                wealth[index] = min(grown, MixtureEvidence.ceiling)
                total += wealth[index] * weights[index]
            }
        }
        spent += stake
        log = logarithm(total + max(0, 1 - spent))
        peak = max(peak, log)
    }

    /// As `multiply` sums it, so that it comes out the same to the last bit.
    private var total: Double {
        var total = 0.0
        for index in wealth.indices { total += wealth[index] * weights[index] }
        return total
    }

    func add(to fingerprint: inout Fingerprint) {
        fingerprint.add(cap)
        fingerprint.add(weights)
    }

    func write(to bytes: inout StateWriter) {
        bytes.write(spent)
        bytes.write(peak)
        bytes.write(wealth)
    }

    mutating func read(from bytes: inout StateReader) throws(StateError) {
        spent = try bytes.number()
        peak = try bytes.number()
        wealth = try bytes.numbers(wealth.count)
        guard spent >= 0, spent <= 1.000_001, wealth.allSatisfy({ $0 >= 0 && $0 < .infinity }) else {
            throw .notANumber
        }
        log = logarithm(total + max(0, 1 - spent))
    }
}
