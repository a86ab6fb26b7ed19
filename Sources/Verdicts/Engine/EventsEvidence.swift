import Specs
import Statistics
import Values

/// The evidence of a check that counts: bad events of all events, or events of an exposure.
struct EventsEvidence: Hashable, Sendable {
    let configuration: EvidenceConfiguration
    /// Worse than `relative` × the baseline; than the baseline + `absolute`; than `floor` — a regression is worse than all of them.
    private(set) var worse: CountEvidence
    private(set) var beyondAbsolute: CountEvidence?
    private(set) var beyondFloor: ObjectiveEvidence?
    /// In the warm-up: worse than all the bounds together, and (a weaker claim) worse than a cold start explains.
    private(set) var crash: CountEvidence
    private(set) var crashGuard: CountEvidence
    /// Not as bad as a regression that matters.
    private(set) var better: CountEvidence
    private(set) var betterThanAbsolute: CountEvidence?
    /// Both halves of the baseline, each against the other.
    private(set) var sentinel: [CountEvidence]
    private(set) var interval = RatioInterval()
    private(set) var dispersion = Dispersion()
    private(set) var history = HostHistory()
    private var knowsBefore = false
    private var onsets: OnsetShares
    private var crashOnsets: OnsetShares
    private var sentinelOnsets: OnsetShares
    private var startsWave = false
    private var startsCrashWave = false
    /// The baseline's rate lately and usually.
    private(set) var recent = RecentRate()
    private var wander = RateWander()

    /// What was collected for the interval and the sentinel.
    private var pending: [CohortCounts] = []
    private var pendingHalves: [CohortCounts] = []
    private var pendingSeconds = 0.0
    private var sums = CohortSums()

    // What is shown.
    private(set) var canary = CohortCount(bad: 0, total: 0, hosts: 0)
    private(set) var baseline = CohortCount(bad: 0, total: 0, hosts: 0)
    private(set) var coldTotal = 0.0
    private(set) var allowance = 1.0
    private(set) var aloneTicks = 0.0
    private(set) var judgedSeconds = 0.0
    private(set) var seconds = 0.0

    init(_ configuration: EvidenceConfiguration) {
        self.configuration = configuration
        let tolerate = configuration.tolerate
        let cap = Protections.cap(tick: configuration.tick)
        func lane(_ margin: RateMargin) -> CountEvidence {
            CountEvidence(margin: margin, ratios: Protections.ratios, weights: Protections.likelyRatios, cap: cap)
        }
        worse = lane(RateMargin(relative: tolerate.relative))
        if tolerate.absolute.fraction > 0 {
            beyondAbsolute = lane(RateMargin(relative: 1, absolute: tolerate.absolute.fraction))
            betterThanAbsolute = CountEvidence(
                margin: RateMargin(relative: 1, absolute: 2 * tolerate.absolute.fraction), direction: .better,
                ratios: Protections.proofRatios)
        }
        if tolerate.floor.fraction > 0 { beyondFloor = ObjectiveEvidence(objective: tolerate.floor.fraction, cap: cap) }
        // The bounds added up are above the largest of them: one lane says all that three would, of crashes.
        let bound = max(tolerate.absolute.fraction, tolerate.floor.fraction)
        crash = CountEvidence(
            margin: RateMargin(relative: tolerate.relative, absolute: bound), ratios: Protections.crashRatios,
            weights: Protections.crashWeights, cap: cap)
        // A control is as cold as the canary: beside it nothing has to be allowed for.
        crashGuard = CountEvidence(
            margin: RateMargin(
                relative: configuration.control ? 1 : tolerate.relative * Protections.coldStart, absolute: bound),
            ratios: Protections.guardRatios, weights: Protections.guardWeights, cap: cap)
        better = CountEvidence(
            margin: RateMargin(relative: configuration.excluded), direction: .better, ratios: Protections.proofRatios)
        let half = CountEvidence(
            margin: RateMargin(relative: tolerate.relative), ratios: Protections.halvesRatios, cap: cap)
        sentinel = [half, half]
        onsets = configuration.onsets()
        crashOnsets = OnsetShares(
            plannedTicks: configuration.plannedTicks, waves: configuration.waves, start: 0.7, wave: 0.2, tick: 0.1)
        sentinelOnsets = configuration.sentinelOnsets()
    }

    /// - Parameter isCold: whether the canary's latency says that it is still getting warm.
    mutating func observe(_ rows: [HostEvents], tick: Tick, isCold: Bool = false) {
        guard !tick.isBefore else {
            knowsBefore = true
            return history.learn(rows)
        }
        let length = Double(tick.length.milliseconds) / 1000
        seconds += length
        startsWave = startsWave || tick.startsWave
        startsCrashWave = startsCrashWave || tick.startsWave
        if knowsBefore { history.settle() } else { history.learnBesides(rows) }
        let warmUp = isCold ? max(configuration.warmUp, Protections.longestColdErrors) : configuration.warmUp
        sums.sum(
            rows,
            by: CohortSums.Rules(
                length: length, warmUp: warmUp, control: configuration.control, usesOffsets: knowsBefore),
            history: history)
        note(sums)
        guard sums.canary.total > 0, sums.baseline.total > 0 else { return }
        recent.observe(bad: sums.baseline.bad, total: sums.baseline.total, seconds: length)
        wander.observe(
            bad: sums.baseline.bad, total: sums.baseline.total, seconds: length, isIncident: recent.isIncident)
        allowance = history.allowance(sums.canary, sums.baseline) * wander.allowance
        let spread = dispersion.value
        compareYoung(spread: spread)
        compareSettled(spread: spread, length: length)
        collect(spread: spread, length: length)
        if sums.scatter.hosts >= 2 { dispersion.observe(sums.scatter) }
    }

    private mutating func compareYoung(spread: Double) {
        guard sums.youngestAge <= (configuration.control ? Protections.youthWithControl : Protections.youth) else {
            return
        }
        let onset = crashOnsets.next(startsWave: startsCrashWave)
        startsCrashWave = false
        crash.observe(
            sums.young, onset: onset, dispersion: spread, relative: configuration.tolerate.relative * allowance)
        crashGuard.observe(
            configuration.control ? sums.youngWithControl : sums.young, onset: onset, dispersion: spread,
            relative: crashGuard.margin.relative * allowance)
    }

    private mutating func compareSettled(spread: Double, length: Double) {
        guard sums.settled.contains(where: { $0.canaryExposure > 0 && $0.baselineExposure > 0 }) else { return }
        let onset = onsets.next(startsWave: startsWave)
        startsWave = false
        judgedSeconds += length
        worse.observe(
            sums.settled, onset: onset, dispersion: spread, relative: configuration.tolerate.relative * allowance)
        beyondAbsolute?.observe(sums.settled, onset: onset, dispersion: spread, relative: allowance)
        if beyondFloor != nil {
            let settled = sums.settled.reduce((0.0, 0.0)) { ($0.0 + $1.canaryEvents, $0.1 + $1.canaryExposure) }
            beyondFloor?.observe(bad: min(settled.0, settled.1), of: settled.1, onset: onset, dispersion: spread)
        }
        better.observe(sums.settled, onset: onset, dispersion: spread, relative: better.margin.relative / allowance)
        betterThanAbsolute?.observe(sums.settled, onset: onset, dispersion: spread, relative: 1 / allowance)
    }

    /// The interval, and the A/A sentinel.
    private mutating func collect(spread: Double, length: Double) {
        if pending.count == sums.settled.count {
            for index in pending.indices { pending[index].add(sums.settled[index]) }
            for index in pendingHalves.indices { pendingHalves[index].add(sums.halves[index]) }
        } else {
            judgeCollected(spread: spread)
            (pending, pendingHalves) = (sums.settled, sums.halves)
        }
        pendingSeconds += length
        if pendingSeconds >= Protections.collectedSeconds { judgeCollected(spread: spread) }
    }

    private mutating func judgeCollected(spread: Double) {
        for counts in pending { interval.observe(counts, dispersion: spread) }
        if sums.halfHosts.0 > 0, sums.halfHosts.1 > 0, !pendingHalves.isEmpty {
            let relative = configuration.tolerate.relative * history.halvesAllowance(sums.halfHosts)
            let onset = sentinelOnsets.next()
            sentinel[0].observe(pendingHalves, onset: onset, dispersion: spread, relative: relative)
            for index in pendingHalves.indices { pendingHalves[index] = pendingHalves[index].swapped }
            sentinel[1].observe(pendingHalves, onset: onset, dispersion: spread, relative: relative)
        }
        pending.removeAll(keepingCapacity: true)
        pendingHalves.removeAll(keepingCapacity: true)
        pendingSeconds = 0
    }

    private mutating func note(_ sums: CohortSums) {
        canary.bad += sums.canary.bad
        canary.total += sums.canary.total
        canary.hosts = sums.canary.hosts
        baseline.bad += sums.baseline.bad
        baseline.total += sums.baseline.total
        baseline.hosts = sums.baseline.hosts
        coldTotal += sums.coldTotal
        if sums.alone > 0 { aloneTicks += 1 }
    }

    // MARK: What it says

    /// Whether both cohorts have as many events as were asked for.
    var isEnough: Bool {
        min(canary.total, baseline.total) >= Double(configuration.minimumEvents)
    }

    /// ln E that it is worse than every margin, past the warm-up.
    var mainLog: Double {
        let log = min(worse.log, beyondAbsolute?.log ?? .infinity, beyondFloor?.log ?? .infinity)
        return isEnough ? log : min(log, 0)
    }

    /// ln E of a crash: nothing until the weaker claim stands too.
    var crashLog: Double {
        let needed = configuration.control ? Protections.crashGuardWithControl : Protections.crashGuard
        return isEnough && crashGuard.log >= needed ? crash.log : min(crash.log, 0)
    }

    /// ln E of the whole: a crash, or worse past the warm-up.
    var log: Double {
        let share = configuration.crashShare
        return Merging.mean(mainLog, crashLog, share: share)
    }

    /// ln E that a regression that matters is excluded: beyond `excluded` times the baseline, and beyond twice `absolute` on top of it.
    var proofLog: Double {
        guard let other = betterThanAbsolute else { return better.log }
        return Merging.mean(better.log, other.log, share: 0.5)
    }

    /// The regression that a pass excludes, as a factor on the baseline as it was.
    var excluded: Double {
        guard let rate = baseline.ratio, rate > 0 else { return configuration.excluded }
        return max(configuration.excluded, 1 + 2 * configuration.tolerate.absolute.fraction / rate)
    }

    /// ln E that the baseline's halves differ.
    var sentinelLog: Double { Merging.mean(sentinel[0].log, sentinel[1].log, share: 0.5) }
}

/// State
extension EventsEvidence {
    func write(to bytes: inout StateWriter) {
        worse.writeState(to: &bytes)
        beyondAbsolute?.writeState(to: &bytes)
        crash.writeState(to: &bytes)
        crashGuard.writeState(to: &bytes)
        better.writeState(to: &bytes)
        betterThanAbsolute?.writeState(to: &bytes)
        beyondFloor?.writeState(to: &bytes)
        for evidence in sentinel { evidence.writeState(to: &bytes) }
        interval.writeState(to: &bytes)
        dispersion.writeState(to: &bytes)
        for shares in [onsets, crashOnsets, sentinelOnsets] { shares.writeState(to: &bytes) }
        bytes.write(knowsBefore ? 1 : 0 as UInt8)
        history.write(to: &bytes)
        recent.write(to: &bytes)
        wander.write(to: &bytes)
        for collected in [pending, pendingHalves] {
            bytes.write(UInt64(collected.count))
            for counts in collected { bytes.write(counts.numbers) }
        }
        bytes.write([
            pendingSeconds, startsWave ? 1 : 0, startsCrashWave ? 1 : 0, canary.bad, canary.total,
            Double(canary.hosts), baseline.bad, baseline.total, Double(baseline.hosts), coldTotal, allowance,
            aloneTicks,
            judgedSeconds, seconds,
        ])
    }

    mutating func read(from bytes: inout StateReader) throws(StateError) {
        try worse.readState(from: &bytes)
        try beyondAbsolute?.readState(from: &bytes)
        try crash.readState(from: &bytes)
        try crashGuard.readState(from: &bytes)
        try better.readState(from: &bytes)
        try betterThanAbsolute?.readState(from: &bytes)
        try beyondFloor?.readState(from: &bytes)
        try sentinel[0].readState(from: &bytes)
        try sentinel[1].readState(from: &bytes)
        try interval.readState(from: &bytes)
        try dispersion.readState(from: &bytes)
        try onsets.readState(from: &bytes)
        try crashOnsets.readState(from: &bytes)
        try sentinelOnsets.readState(from: &bytes)
        knowsBefore = try bytes.byte() != 0
        try history.read(from: &bytes)
        try recent.read(from: &bytes)
        try wander.read(from: &bytes)
        pending = try EventsEvidence.readCounts(&bytes)
        pendingHalves = try EventsEvidence.readCounts(&bytes)
        let numbers = try bytes.numbers(14)
        (pendingSeconds, startsWave, startsCrashWave) = (numbers[0], numbers[1] != 0, numbers[2] != 0)
        canary = CohortCount(bad: numbers[3], total: numbers[4], hosts: Int(clamping: numbers[5]))
        baseline = CohortCount(bad: numbers[6], total: numbers[7], hosts: Int(clamping: numbers[8]))
        (coldTotal, allowance, aloneTicks) = (numbers[9], numbers[10], numbers[11])
        (judgedSeconds, seconds) = (numbers[12], numbers[13])
    }

    private static func readCounts(_ bytes: inout StateReader) throws(StateError) -> [CohortCounts] {
        let count = try bytes.count()
        guard count <= 10_000 else { throw .wrongLength }
        var collected: [CohortCounts] = []
        for _ in 0..<count { collected.append(CohortCounts(numbers: try bytes.numbers(4))) }
        return collected
    }
}
