/// Evidence that a measured difference lies above a margin although it also wanders by itself.
///
/// **Model**: tick t gives y = μ + x + noise. The noise is normal with the variance that is given with each value; x is what hosts differ by
/// for reasons of their own, an Ornstein and Uhlenbeck process around 0 with the standard deviation `wander` and the relaxation time
/// `memory`. **Hypothesis** (`.worse`): μ ≤ `margin` (`.better`: μ ≥ it).
///
/// **e-value**: Kalman's filter under μ = margin turns the values into innovations ν, independent and N(0, 1) once divided by their
/// deviation. For each a of a grid e = exp(aν − a²/2), mixed over a and over starting times like all `MixtureEvidence`. Exactly 1 in
/// expectation at the margin; inside the hypothesis the innovations' mean is below 0 at every tick, for the filter answers to a constant with
/// a weight in 0 … 1, and e grows with ν: smaller.
///
/// **Stops being true** when the wander is larger or slower than was said (give it from data of the baseline), or when single values are far
/// from normal (collect some dozens of requests for each). A constant difference of the hosts themselves cannot be told from the change:
/// it belongs into the margin.
public struct ShiftEvidence: Sendable, Hashable {
    public enum Direction: UInt64, Sendable, Hashable {
        case worse
        case better
    }

    public let margin: Double
    public let direction: Direction
    /// Seconds after which the wander has forgotten two thirds of where it was.
    public let memory: Double
    public private(set) var mixture: MixtureEvidence
    private var level = 0.0
    private var variance = 0.0
    private var hasBegun = false

    /// The standardised drifts that are looked for.
    public static let drifts: [Double] = [0.1, 0.18, 0.3, 0.5, 0.8, 1.3, 2, 3, 4.5]

    public init(
        margin: Double, direction: Direction = .worse, memory: Double = 200, cap: Double = MixtureEvidence.standardCap
    ) {
        self.margin = margin
        self.direction = direction
        self.memory = max(1e-9, memory)
        mixture = MixtureEvidence(alternatives: ShiftEvidence.drifts.count, cap: cap)
    }

    /// ln E.
    public var log: Double { mixture.log }

    /// Takes a tick in. What is not finite, or has no positive variance, leaves everything as it is.
    /// - Parameters:
    ///   - value: the difference, canary − baseline.
    ///   - variance: the sampling variance of `value`.
    ///   - wander: the standard deviation of what hosts do by themselves.
    ///   - allowance: added to the margin in this tick (hosts that differ), at least 0.
    ///   - elapsed: seconds since the last value.
    public mutating func observe(
        _ value: Double, variance noise: Double, wander: Double, allowance: Double = 0, elapsed: Double, onset: Double
    ) {
        guard value.isFinite, noise > 0, noise < .infinity, wander >= 0, wander < .infinity, elapsed >= 0 else {
            return
        }
        let excess =
            direction == .worse ? value - margin - max(0, allowance) : margin - max(0, allowance) - value
        let stationary = wander * wander
        if hasBegun {
            let kept = exponential(-elapsed / memory)
            level *= kept
            variance = kept * kept * variance + (1 - kept * kept) * stationary
        } else {
            (level, variance, hasBegun) = (0, stationary, true)
        }
        let total = variance + noise
        let innovation = (excess - level) / total.squareRoot()
        mixture.multiply(onset: onset) { index in
            let drift = ShiftEvidence.drifts[index]
            return drift * innovation - 0.5 * drift * drift
        }
        let gain = variance / total
        level += gain * (excess - level)
        variance *= 1 - gain
    }
}

extension ShiftEvidence: EvidenceState {
    public static var kind: UInt8 { 9 }

    public var fingerprint: UInt64 {
        var fingerprint = Fingerprint(direction.rawValue)
        fingerprint.add([margin, memory])
        mixture.add(to: &fingerprint)
        return fingerprint.value
    }

    public func writeState(to bytes: inout StateWriter) {
        mixture.write(to: &bytes)
        bytes.write([level, variance, hasBegun ? 1 : 0])
    }

    public mutating func readState(from bytes: inout StateReader) throws(StateError) {
        try mixture.read(from: &bytes)
        level = try bytes.number()
        variance = try bytes.number()
        hasBegun = try bytes.number() != 0
        guard level.isFinite, variance >= 0, variance < .infinity else { throw .notANumber }
    }
}
