/// How much more counts vary than independent events would: variance over mean, from the baseline's own hosts.
///
/// In every tick Pearson's χ² of the baseline's hosts around their common rate, so that what hits all of them cancels; older ticks are
/// forgotten exponentially. Starts at 1 with the trust of `priorDegrees`, and is never below 1. Dividing ln e by it is quasi-likelihood: an
/// approximation, which covers the usual bursts, not every law of clustering.
public struct Dispersion: Sendable, Hashable {
    private var weighted: Double
    private var degrees: Double
    private let memory: Double

    /// - Parameter halfLife: after how many ticks an observation counts half.
    public init(halfLife: Double = 80, priorDegrees: Double = 200) {
        weighted = priorDegrees
        degrees = priorDegrees
        memory = power(0.5, 1 / max(1, halfLife))
    }

    /// Variance over mean, at least 1.
    public var value: Double { degrees > 0 ? max(1, weighted / degrees) : 1 }

    /// Takes in a tick of the baseline's hosts.
    /// - Parameter exposures: with the hosts' offsets multiplied in, where there are any.
    public mutating func observe(events: [Double], exposures: [Double]) {
        let (all, exposure) = (events.reduce(0, +), exposures.reduce(0) { $0 + max(0, $1) })
        let hosts = Double(exposures.count { $0 > 0 })
        weighted *= memory
        degrees *= memory
        guard events.count == exposures.count, all >= 1, hosts >= 2, all.isFinite, exposure.isFinite else { return }
        var statistic = 0.0
        for (count, share) in zip(events, exposures) where share > 0 {
            let expected = all * share / exposure
            statistic += (count - expected) * (count - expected) / expected
        }
        // Few events tell little, however many hosts there are.
        let information = min(all, hosts - 1)
        weighted += information * statistic / (hosts - 1)
        degrees += information
    }
}

extension Dispersion: EvidenceState {
    public static var kind: UInt8 { 6 }
    public var fingerprint: UInt64 { Fingerprint(memory.bitPattern).value }

    public func writeState(to bytes: inout StateWriter) {
        bytes.write(weighted)
        bytes.write(degrees)
    }

    public mutating func readState(from bytes: inout StateReader) throws(StateError) {
        weighted = try bytes.number()
        degrees = try bytes.number()
        guard weighted >= 0, degrees >= 0 else { throw .notANumber }
    }
}
