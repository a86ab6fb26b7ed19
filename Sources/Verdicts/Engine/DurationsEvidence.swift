import Specs
import Statistics
import Values

/// The evidence of a latency check: whether typical requests, and the slowest ones, take longer than the margin allows.
///
/// Durations are compared by their logarithms, bucket by bucket: the difference of the means is by which factor typical requests are slower; the
/// difference of "mean + 2.33 standard deviations" by which the slowest hundredth is. Both are judged by `ShiftEvidence`, which knows that
/// hosts wander.
struct DurationsEvidence: Hashable, Sendable {
    let configuration: EvidenceConfiguration
    private(set) var body: ShiftEvidence
    private(set) var tail: ShiftEvidence
    private(set) var bodyProof: ShiftEvidence
    private(set) var tailProof: ShiftEvidence
    private(set) var sentinel: DurationsSentinel
    private(set) var reference = LatencyReference()
    private(set) var settling = Settling()
    private(set) var history = LatencyHistory()
    private var onsets: OnsetShares
    private var knowsBefore = false
    private var startsWave = false
    /// Canaries that had the change by then have settled (seconds since 1970).
    private var settledBefore = -Double.infinity
    /// The end of this tick, in seconds since 1970.
    private var now = 0.0
    private var edges: [Double] = []
    /// Known after a restart, when the edges are not yet.
    private var edgesFingerprint: UInt64 = 0
    private var centres: [Double] = []

    /// By stratum: what was collected since the last comparison.
    private var collected: [Int: Pair] = [:]
    private var young: [Int: Pair] = [:]
    private var elapsed = 0.0
    private var youngElapsed = 0.0

    // What is shown.
    private(set) var seconds = 0.0
    private(set) var judgedSeconds = 0.0
    private(set) var canary = CohortCount(bad: 0, total: 0, hosts: 0)
    private(set) var baseline = CohortCount(bad: 0, total: 0, hosts: 0)
    private(set) var isWarming = true
    private(set) var allowance = 0.0
    /// Σ y/V and Σ 1/V of both differences.
    private(set) var shown: [Double] = [0, 0, 0, 0]

    struct Pair: Hashable, Sendable {
        var canary = LogMoments()
        var baseline = LogMoments()
    }

    init(_ configuration: EvidenceConfiguration) {
        self.configuration = configuration
        let cap = Protections.cap(tick: configuration.tick)
        let tolerated = logarithm(max(1.0001, configuration.tolerate.relative))
        let margin = Protections.slowdownMargin * tolerated
        let excluded = max(2 * tolerated, 0.18)
        body = ShiftEvidence(margin: margin, cap: cap)
        tail = ShiftEvidence(margin: margin, cap: cap)
        bodyProof = ShiftEvidence(margin: excluded, direction: .better, cap: cap)
        tailProof = ShiftEvidence(margin: excluded, direction: .better, cap: cap)
        sentinel = DurationsSentinel(configuration, margin: margin)
        onsets = configuration.onsets()
    }

    /// Whether young canaries are seen to get warm just now.
    var isCold: Bool { isWarming && settling.isFalling }

    /// The slowdown that a pass excludes.
    var excluded: Double { exponential(bodyProof.margin) }

    mutating func observe(_ rows: [HostDurations], edges: [Double], tick: Tick) {
        take(edges)
        if tick.isBefore {
            knowsBefore = true
            for row in rows { history.observe(row.place.host, row.counts, centres: centres) }
            return
        }
        let length = Double(tick.length.milliseconds) / 1000
        seconds += length
        startsWave = startsWave || tick.startsWave
        history.settle()
        if !knowsBefore {
            for row in rows where row.place.cohort == .baseline {
                history.observe(row.place.host, row.counts, centres: centres)
            }
        }
        let ages = rows.lazy.filter { $0.place.cohort == .canary }.map { Double($0.place.age.milliseconds) / 1000 }
        guard let youngest = ages.min() else { return }
        now = Double(tick.at.milliseconds) / 1000
        let sums = collect(rows, youngest: youngest, length: length)
        // Only what was known before this tick may be used on it; of the first one, which decides nothing, nothing is.
        let isFirst = reference.variance == 0
        if isFirst { reference.observe(sums, centres: centres, length: length) }
        settle(rows, length: length)
        compare(length: length)
        let (history, usesOffsets) = (history, knowsBefore)
        sentinel.endTick(length: length, reference: reference, wander: wander) { even, odd in
            history.allowance(canaryHosts: even, baselineHosts: odd, usesOffsets: usesOffsets)
        }
        if !isFirst { reference.observe(sums, centres: centres, length: length) }
    }

    /// Buckets that change on the way cannot be added to what was collected.
    private mutating func take(_ edges: [Double]) {
        guard edges != self.edges else { return }
        let fingerprint = fingerprintOf(edges)
        if fingerprint != edgesFingerprint { (collected, young) = ([:], [:]) }
        (self.edges, edgesFingerprint, centres) = (edges, fingerprint, LogMoments.centres(edges))
    }

    // MARK: Collecting

    /// - Returns: the baseline's hosts together.
    private mutating func collect(_ rows: [HostDurations], youngest: Double, length: Double) -> [Double] {
        var sums = Array(repeating: 0.0, count: centres.count)
        sentinel.beginTick()
        var hosts = (canary: 0, baseline: 0)
        let keepsToControls =
            configuration.control && youngest <= Protections.youthWithControl
            && rows.contains { $0.place.cohort == .control }
        for row in rows where row.counts.count == centres.count {
            let offset = knowsBefore ? history.offset(row.place.host) : 0
            let stratum = row.place.stratum
            var moments = LogMoments()
            moments.add(row.counts, centres: centres, offset: offset)
            guard moments.count > 0 else { continue }
            if row.place.cohort == .canary {
                hosts.canary += 1
                canary.total += moments.count
                add(moments, of: row.place, to: stratum)
                continue
            }
            hosts.baseline += 1
            baseline.total += moments.count
            if row.place.cohort == .baseline {
                for index in sums.indices { sums[index] += row.counts[index] }
                sentinel.add(moments, host: row.place.host, stratum: stratum)
            }
            guard !keepsToControls || row.place.cohort == .control else { continue }
            collected[stratum, default: Pair()].baseline.add(moments)
            young[stratum, default: Pair()].baseline.add(moments)
        }
        (canary.hosts, baseline.hosts) = (hosts.canary, hosts.baseline)
        elapsed += length
        youngElapsed += length
        allowance = history.allowance(
            canaryHosts: hosts.canary, baselineHosts: hosts.baseline, usesOffsets: knowsBefore)
        return sums
    }

    private mutating func add(_ moments: LogMoments, of place: HostPlace, to stratum: Int) {
        let age = Double(place.age.milliseconds) / 1000
        if isSettled(age) {
            collected[stratum, default: Pair()].canary.add(moments)
        } else {
            young[stratum, default: Pair()].canary.add(moments)
        }
    }

    /// Beside a control nothing has to settle.
    private func isSettled(_ age: Double) -> Bool {
        configuration.control || age > Protections.longestColdStart || now - age <= settledBefore
    }

    /// Watches the young canaries until their latency has stopped to fall.
    private mutating func settle(_ rows: [HostDurations], length: Double) {
        var youngestUnsettled: Double?
        for row in rows where row.place.cohort == .canary {
            let age = Double(row.place.age.milliseconds) / 1000
            if !isSettled(age) { youngestUnsettled = min(age, youngestUnsettled ?? age) }
        }
        isWarming = youngestUnsettled != nil
        guard let youngest = youngestUnsettled else {
            (young, youngElapsed, settling) = ([:], 0, Settling())
            return
        }
        // Newcomers are colder than who came before: the trend begins anew with them.
        if youngest <= length + 0.001 { settling = Settling() }
        let difference = Self.difference(young, reference: reference, least: 2)
        settling.observe(difference?.body, variance: difference?.bodyVariance ?? 0, seconds: youngElapsed)
        (young, youngElapsed) = ([:], 0)
        if settling.isSettled, youngest >= configuration.warmUp {
            settledBefore = now - youngest
            settling = Settling()
        }
    }

    // MARK: Comparing

    private mutating func compare(length: Double) {
        guard let found = Self.difference(collected, reference: reference, least: Protections.leastRequests) else {
            // Without a settled canary the baseline alone is not kept: it would be of another time.
            if !collected.values.contains(where: { $0.canary.count > 0 }) { (collected, elapsed) = ([:], 0) }
            return
        }
        let onset = onsets.next(startsWave: startsWave)
        startsWave = false
        judgedSeconds += elapsed
        let wander = wander
        body.observe(
            found.body, variance: found.bodyVariance, wander: wander, allowance: allowance, elapsed: elapsed,
            onset: onset)
        tail.observe(
            found.tail, variance: found.tailVariance, wander: wander, allowance: allowance, elapsed: elapsed,
            onset: onset)
        bodyProof.observe(
            found.body, variance: found.bodyVariance, wander: wander, allowance: allowance, elapsed: elapsed,
            onset: onset)
        tailProof.observe(
            found.tail, variance: found.tailVariance, wander: wander, allowance: allowance, elapsed: elapsed,
            onset: onset)
        shown[0] += found.body / found.bodyVariance
        shown[1] += 1 / found.bodyVariance
        shown[2] += found.tail / found.tailVariance
        shown[3] += 1 / found.tailVariance
        (collected, elapsed) = ([:], 0)
    }

    /// By how much (in ln) a host's latency may wander by itself.
    var wander: Double {
        let usual = reference.wander
        let unusual = max(0, usual - Protections.calmWander)
        let shared = Protections.sharedWander * usual + Protections.sharedUnusualWander * unusual
        return (Protections.leastWander * Protections.leastWander + shared * shared).squareRoot()
    }

    struct Difference {
        var body: Double
        var bodyVariance: Double
        var tail: Double
        var tailVariance: Double
    }

    /// Canary − baseline over the strata, each weighted by what it knows; nil with too few requests.
    static func difference(
        _ strata: [Int: Pair], reference: LatencyReference, least: Double
    ) -> Difference? {
        let pairs = strata.keys.sorted().compactMap { strata[$0] }.filter {
            $0.canary.count >= 2 && $0.baseline.count >= 2
        }
        let canary = pairs.reduce(0) { $0 + $1.canary.count }
        let baseline = pairs.reduce(0) { $0 + $1.baseline.count }
        guard canary >= least, baseline >= least, reference.variance > 0 else { return nil }
        let tailFactor = 1 + Protections.slow * Protections.slow * (reference.kurtosis - 1) / 4
        var (information, body, tail) = (0.0, 0.0, 0.0)
        for pair in pairs {
            let weight = 1 / (1 / pair.canary.count + 1 / pair.baseline.count)
            let mean = pair.canary.mean - pair.baseline.mean
            let spread = pair.canary.variance.squareRoot() - pair.baseline.variance.squareRoot()
            information += weight
            body += weight * mean
            tail += weight * (mean + Protections.slow * spread)
        }
        let variance = reference.variance / information
        return Difference(
            body: body / information, bodyVariance: variance, tail: tail / information,
            tailVariance: variance * tailFactor)
    }

    // MARK: State

    func write(to bytes: inout StateWriter) {
        for evidence in [body, tail, bodyProof, tailProof] { evidence.writeState(to: &bytes) }
        reference.write(to: &bytes)
        settling.write(to: &bytes)
        history.write(to: &bytes)
        onsets.writeState(to: &bytes)
        bytes.write(edgesFingerprint)
        for pairs in [collected, young] { DurationsEvidence.write(pairs, to: &bytes) }
        sentinel.write(to: &bytes)
        bytes.write(shown)
        bytes.write([
            knowsBefore ? 1 : 0, startsWave ? 1 : 0, settledBefore, elapsed, youngElapsed, seconds, judgedSeconds,
            canary.total, Double(canary.hosts), baseline.total, Double(baseline.hosts), isWarming ? 1 : 0, allowance,
            now,
        ])
    }

    mutating func read(from bytes: inout StateReader) throws(StateError) {
        try body.readState(from: &bytes)
        try tail.readState(from: &bytes)
        try bodyProof.readState(from: &bytes)
        try tailProof.readState(from: &bytes)
        try reference.read(from: &bytes)
        try settling.read(from: &bytes)
        try history.read(from: &bytes)
        try onsets.readState(from: &bytes)
        (edges, centres) = ([], [])
        edgesFingerprint = try bytes.word()
        collected = try DurationsEvidence.readPairs(&bytes)
        young = try DurationsEvidence.readPairs(&bytes)
        try sentinel.read(from: &bytes)
        shown = try bytes.numbers(4)
        let rest = try bytes.numbers(14)
        (knowsBefore, startsWave, settledBefore) = (rest[0] != 0, rest[1] != 0, rest[2])
        (elapsed, youngElapsed, seconds, judgedSeconds) = (rest[3], rest[4], rest[5], rest[6])
        canary = CohortCount(bad: 0, total: rest[7], hosts: Int(clamping: rest[8]))
        baseline = CohortCount(bad: 0, total: rest[9], hosts: Int(clamping: rest[10]))
        (isWarming, allowance, now) = (rest[11] != 0, rest[12], rest[13])
    }

    static func write(_ pairs: [Int: Pair], to bytes: inout StateWriter) {
        bytes.write(UInt64(pairs.count))
        for (stratum, pair) in pairs.sorted(by: { $0.key < $1.key }) {
            bytes.write(UInt64(bitPattern: Int64(stratum)))
            bytes.write(pair.canary.numbers + pair.baseline.numbers)
        }
    }

    static func readPairs(_ bytes: inout StateReader) throws(StateError) -> [Int: Pair] {
        let count = try bytes.count()
        guard count <= 10_000 else { throw .wrongLength }
        var pairs: [Int: Pair] = [:]
        for _ in 0..<count {
            let stratum = Int(Int64(bitPattern: try bytes.word()))
            let numbers = try bytes.numbers(6)
            pairs[stratum] = Pair(
                canary: LogMoments(numbers: Array(numbers[0..<3])), baseline: LogMoments(numbers: Array(numbers[3..<6]))
            )
        }
        return pairs
    }
}
