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

    /// Takes in a tick of the baseline's hosts. O(1).
    public mutating func observe(_ hosts: Scatter) {
        weighted *= memory
        degrees *= memory
        guard hosts.events >= 1, hosts.hosts >= 2, hosts.events.isFinite, hosts.exposure.isFinite else { return }
        // Σ (x − E)² / E with E = share of all events is Σ x² / E less all events.
        let statistic = max(0, hosts.squares * hosts.exposure / hosts.events - hosts.events)
        // Few events tell little, however many hosts there are.
        let information = min(hosts.events, hosts.hosts - 1)
        weighted += information * statistic / (hosts.hosts - 1)
        degrees += information
    }
}

/// Sums of one tick's hosts: as much as `Dispersion` needs of them.
public struct Scatter: Sendable, Hashable {
    private(set) var events = 0.0
    private(set) var exposure = 0.0
    /// Σ events² / exposure
    private(set) var squares = 0.0
    public private(set) var hosts = 0.0

    public init() {}

    /// - Parameter exposure: with the host's offset multiplied in, where there is one.
    public mutating func add(events count: Double, exposure share: Double) {
        guard share > 0 else { return }
        events += count
        exposure += share
        squares += count * count / share
        hosts += 1
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
