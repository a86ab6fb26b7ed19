import Statistics

/// The A/A sentinel of a latency check: the baseline's even hosts against its odd ones, both ways. Nothing but chance can tell them apart; if this
/// does, the comparison of the canary is worth as little.
struct DurationsSentinel: Hashable, Sendable {
    private var sides: [ShiftEvidence]
    private var onsets: OnsetShares
    private var halves: [Int: DurationsEvidence.Pair] = [:]
    private var hosts = (0, 0)
    private var elapsed = 0.0

    init(_ configuration: EvidenceConfiguration, margin: Double) {
        sides = Array(
            repeating: ShiftEvidence(margin: margin, cap: Protections.cap(tick: configuration.tick)), count: 2)
        onsets = configuration.sentinelOnsets()
    }

    static func == (left: DurationsSentinel, right: DurationsSentinel) -> Bool {
        left.sides == right.sides && left.onsets == right.onsets && left.halves == right.halves
            && left.hosts == right.hosts && left.elapsed == right.elapsed
    }

    func hash(into hasher: inout Hasher) {
        hasher.combine(sides)
        hasher.combine(halves)
    }

    /// ln E that the halves differ.
    var log: Double { Merging.mean(sides[0].log, sides[1].log, share: 0.5) }

    mutating func beginTick() { hosts = (0, 0) }

    mutating func add(_ moments: LogMoments, host: Int, stratum: Int) {
        if host & 1 == 0 {
            halves[stratum, default: DurationsEvidence.Pair()].canary.add(moments)
            hosts.0 += 1
        } else {
            halves[stratum, default: DurationsEvidence.Pair()].baseline.add(moments)
            hosts.1 += 1
        }
    }

    mutating func endTick(
        length: Double, reference: LatencyReference, wander: Double, allowance: (_ even: Int, _ odd: Int) -> Double
    ) {
        elapsed += length
        guard elapsed >= Protections.collectedSeconds else { return }
        if hosts.0 > 0, hosts.1 > 0,
            let found = DurationsEvidence.difference(halves, reference: reference, least: Protections.leastRequests)
        {
            let onset = onsets.next()
            let allowed = allowance(hosts.0, hosts.1)
            for (index, value) in [found.body, -found.body].enumerated() {
                sides[index].observe(
                    value, variance: found.bodyVariance, wander: wander, allowance: allowed, elapsed: elapsed,
                    onset: onset)
            }
        }
        (halves, elapsed) = ([:], 0)
    }

    func write(to bytes: inout StateWriter) {
        for side in sides { side.writeState(to: &bytes) }
        onsets.writeState(to: &bytes)
        DurationsEvidence.write(halves, to: &bytes)
        bytes.write([Double(hosts.0), Double(hosts.1), elapsed])
    }

    mutating func read(from bytes: inout StateReader) throws(StateError) {
        try sides[0].readState(from: &bytes)
        try sides[1].readState(from: &bytes)
        try onsets.readState(from: &bytes)
        halves = try DurationsEvidence.readPairs(&bytes)
        let numbers = try bytes.numbers(3)
        (hosts, elapsed) = ((Int(clamping: numbers[0]), Int(clamping: numbers[1])), numbers[2])
    }
}
