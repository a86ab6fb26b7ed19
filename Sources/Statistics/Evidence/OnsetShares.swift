/// How the prior mass 1 is split over the ticks at which a regression may have begun.
///
/// A mixture over starting times keeps a process of e-values a supermartingale (the weights sum to at most 1), and costs ln(1 / share) of
/// evidence where the start is: usually half of the mass is on the first tick, a quarter on the starts of waves, a quarter on all ticks, half
/// of that after the planned end, so that it never runs out. Shares that were not used (a plan with fewer waves) stay unspent: the evidence
/// is then a little smaller than it could be, never larger.
public struct OnsetShares: Sendable, Hashable {
    public let plannedTicks: Int
    public let waves: Int
    public private(set) var ticks = 0
    public private(set) var waveStarts = 0
    /// What has been given out, at most 1.
    public private(set) var spent = 0.0

    /// What the first tick, the starts of later waves together, and all ticks together get.
    public let start: Double
    public let wave: Double
    public let tick: Double

    /// - Parameters:
    ///   - plannedTicks: how many ticks the rollout is expected to take (at least 1 is assumed).
    ///   - waves: how many waves the plan has, the first included.
    ///   - start, wave, tick: how the mass is split; scaled down if they sum to more than 1.
    public init(plannedTicks: Int, waves: Int, start: Double = 0.5, wave: Double = 0.25, tick: Double = 0.25) {
        let sum = max(1, max(0, start) + max(0, wave) + max(0, tick))
        self.plannedTicks = max(1, plannedTicks)
        self.waves = max(1, waves)
        self.start = max(0, start) / sum
        self.wave = max(0, wave) / sum
        self.tick = max(0, tick) / sum
    }

    /// The share of the next tick, to be asked for once a tick and before the tick's data are used.
    public mutating func next(startsWave: Bool = false) -> Double {
        ticks += 1
        var share = 0.0
        if ticks == 1 {
            share += waves == 1 ? start + wave : start
        } else if startsWave, waveStarts < waves - 1 {
            share += wave / Double(waves - 1)
            waveStarts += 1
        }
        let planned = Double(plannedTicks)
        let place = Double(ticks)
        let tail = ticks <= plannedTicks ? 1 / planned : planned / (place * (place + 1))
        share += 0.5 * tick * tail
        spent += share
        return share
    }

    func write(to bytes: inout StateWriter) {
        bytes.write(UInt64(ticks))
        bytes.write(UInt64(waveStarts))
        bytes.write(spent)
    }

    mutating func read(from bytes: inout StateReader) throws(StateError) {
        ticks = try bytes.count()
        waveStarts = try bytes.count()
        spent = try bytes.number()
    }
}

extension OnsetShares: EvidenceState {
    public static var kind: UInt8 { 1 }
    public var fingerprint: UInt64 {
        var fingerprint = Fingerprint(UInt64(plannedTicks), UInt64(waves))
        fingerprint.add([start, wave, tick])
        return fingerprint.value
    }
    public func writeState(to bytes: inout StateWriter) { write(to: &bytes) }
    public mutating func readState(from bytes: inout StateReader) throws(StateError) { try read(from: &bytes) }
}
