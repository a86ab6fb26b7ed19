import Specs
import Statistics
import Values

/// The evidence of a `peers` check: whether one canary host is unlike the other canary hosts of its stratum.
///
/// Each host has a bet of its own against all the others. A host that joins gets an equal part of what the bets are worth by then, and the
/// others give it: their sum is a bet itself whatever hosts come, so that more hosts find no more by chance.
struct PeersEvidence: Hashable, Sendable {
    let configuration: EvidenceConfiguration
    private(set) var hosts: [Int: Host] = [:]
    private var history = HostHistory()
    private var dispersion = Dispersion()
    private var knowsBefore = false
    private var onsets: OnsetShares
    private var startsWave = false
    private(set) var seconds = 0.0
    /// How long hosts were compared.
    private(set) var judgedSeconds = 0.0
    /// ln of what all the bets are worth.
    private(set) var log = 0.0

    struct Host: Hashable, Sendable {
        var evidence: CountEvidence
        /// ln of what the host's evidence is multiplied with in the sum.
        var stake: Double
        var counts = CohortCount(bad: 0, total: 0, hosts: 1)
    }

    static let limit = 2000

    init(_ configuration: EvidenceConfiguration) {
        self.configuration = configuration
        onsets = configuration.onsets()
    }

    mutating func observe(_ rows: [HostEvents], tick: Tick) {
        guard !tick.isBefore else {
            knowsBefore = true
            return history.learn(rows)
        }
        let length = Double(tick.length.milliseconds) / 1000
        seconds += length
        startsWave = startsWave || tick.startsWave
        if knowsBefore { history.settle() } else { history.learnBesides(rows) }
        compare(rows, length: length)
        var scatter = Scatter()
        for row in rows where row.place.cohort == .baseline && row.isSound {
            scatter.add(events: row.bad, exposure: worth(row))
        }
        if scatter.hosts >= 2 { dispersion.observe(scatter) }
    }

    private func worth(_ row: HostEvents) -> Double {
        knowsBefore ? row.total * history.factor(row.place.host).offset : row.total
    }

    private mutating func compare(_ rows: [HostEvents], length: Double) {
        let canaries = rows.filter {
            $0.place.cohort == .canary && $0.isSound
                && Double($0.place.age.milliseconds) / 1000 - length >= configuration.warmUp - 0.001
        }
        var strata: [Int: (events: Double, exposure: Double, hosts: Int)] = [:]
        for row in canaries {
            let sum = strata[row.place.stratum] ?? (0, 0, 0)
            strata[row.place.stratum] = (sum.events + row.bad, sum.exposure + worth(row), sum.hosts + 1)
        }
        let comparable = canaries.filter { strata[$0.place.stratum]?.hosts ?? 0 >= 2 }
        guard !comparable.isEmpty else { return }
        let onset = onsets.next(startsWave: startsWave)
        startsWave = false
        judgedSeconds += length
        for row in comparable where hosts[row.place.host] == nil { join(row.place.host) }
        for row in comparable {
            guard var host = hosts[row.place.host], let all = strata[row.place.stratum] else { continue }
            let own = worth(row)
            host.evidence.observe(
                CohortCounts(
                    canaryEvents: row.bad, canaryExposure: own, baselineEvents: max(0, all.events - row.bad),
                    baselineExposure: all.exposure - own), onset: onset, dispersion: dispersion.value,
                relative: configuration.tolerate.relative
                    * HostEffects.allowance(
                        variance: history.factor(row.place.host).remaining, canaryHosts: 1,
                        baselineHosts: all.hosts - 1, deviations: Protections.hostDeviations))
            host.counts.bad += row.bad
            host.counts.total += row.total
            hosts[row.place.host] = host
        }
        log = worthOfAll
    }

    private mutating func join(_ host: Int) {
        guard hosts.count < PeersEvidence.limit else { return }
        let before = Double(hosts.count)
        let worth = hosts.isEmpty ? 0 : worthOfAll
        for other in Array(hosts.keys) { hosts[other]?.stake += logarithm(before / (before + 1)) }
        hosts[host] = Host(evidence: fresh(), stake: worth - logarithm(before + 1))
    }

    private var worthOfAll: Double {
        Merging.sum(hosts.keys.sorted().compactMap { hosts[$0].map { $0.stake + $0.evidence.log } })
    }

    private func fresh() -> CountEvidence {
        CountEvidence(
            margin: RateMargin(
                relative: configuration.tolerate.relative, absolute: configuration.tolerate.absolute.fraction),
            ratios: Protections.ratios, weights: Protections.likelyRatios,
            cap: Protections.cap(tick: configuration.tick))
    }

    /// Compared for a while, and nobody stands out. No more than that can be said of peers.
    var isUnremarkable: Bool { judgedSeconds >= 120 && log < 1 }

    /// The host that is least like the others.
    var worst: Int? { hosts.max { ($0.value.evidence.log, $1.key) < ($1.value.evidence.log, $0.key) }?.key }

    func write(to bytes: inout StateWriter) {
        bytes.write([seconds, judgedSeconds, log, startsWave ? 1 : 0])
        bytes.write(knowsBefore ? 1 : 0 as UInt8)
        history.write(to: &bytes)
        dispersion.writeState(to: &bytes)
        onsets.writeState(to: &bytes)
        bytes.write(UInt64(hosts.count))
        for (name, host) in hosts.sorted(by: { $0.key < $1.key }) {
            bytes.write(UInt64(bitPattern: Int64(name)))
            host.evidence.writeState(to: &bytes)
            bytes.write([host.stake, host.counts.bad, host.counts.total])
        }
    }

    mutating func read(from bytes: inout StateReader) throws(StateError) {
        let head = try bytes.numbers(4)
        (seconds, judgedSeconds, log, startsWave) = (head[0], head[1], head[2], head[3] != 0)
        knowsBefore = try bytes.byte() != 0
        try history.read(from: &bytes)
        try dispersion.readState(from: &bytes)
        try onsets.readState(from: &bytes)
        let count = try bytes.count()
        guard count <= PeersEvidence.limit else { throw .wrongLength }
        hosts = [:]
        for _ in 0..<count {
            let name = Int(Int64(bitPattern: try bytes.word()))
            var evidence = fresh()
            try evidence.readState(from: &bytes)
            let numbers = try bytes.numbers(3)
            hosts[name] = Host(
                evidence: evidence, stake: numbers[0],
                counts: CohortCount(bad: numbers[1], total: numbers[2], hosts: 1))
        }
    }
}
