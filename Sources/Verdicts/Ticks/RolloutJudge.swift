public import PromQL
public import Series
import Specs
public import Values

/// Feeds a rollout's engine, tick after tick, from the metrics of its hosts: whatever was missed in between is made up for.
public struct RolloutJudge: Sendable {
    /// How far it is; stored with the engine's state.
    public struct Progress: Hashable, Codable, Sendable {
        /// What was measured up to here is in the evidence; `nil` before the first look.
        public var through: Timestamp?
        /// The newest tick, also one without data.
        public var tickedAt: Timestamp?
        /// The wave whose first tick was taken in last.
        public var wave: Int?
        /// By check: the buckets of its native histogram.
        public var layouts: [String: BucketLayout] = [:]
        /// By check: what was counted before the change.
        public var before: [String: CohortCount] = [:]
        /// The same for durations, where hosts are compared with themselves; not there in what earlier releases have stored.
        public var durations: [String: EarlierDurations]?
        /// Why there was nothing to judge by at the newest tick.
        public var problem: String?
        /// By check: what is kept beside the evidence.
        public internal(set) var checks: [String: CheckProgress] = [:]
        /// How long nobody judged, beyond what is made up for.
        public internal(set) var skipped = Period.zero
        /// From when on the evidence counts, when it was begun anew.
        public internal(set) var anewSince: Timestamp?

        public init() {}

        /// What was added later has a default.
        public init(from decoder: any Decoder) throws {
            let stored = try decoder.container(keyedBy: CodingKeys.self)
            through = try stored.decodeIfPresent(Timestamp.self, forKey: .through)
            tickedAt = try stored.decodeIfPresent(Timestamp.self, forKey: .tickedAt)
            wave = try stored.decodeIfPresent(Int.self, forKey: .wave)
            layouts = try stored.decode([String: BucketLayout].self, forKey: .layouts)
            before = try stored.decode([String: CohortCount].self, forKey: .before)
            durations = try stored.decodeIfPresent([String: EarlierDurations].self, forKey: .durations)
            problem = try stored.decodeIfPresent(String.self, forKey: .problem)
            checks = try stored.decodeIfPresent([String: CheckProgress].self, forKey: .checks) ?? [:]
            skipped = try stored.decodeIfPresent(Period.self, forKey: .skipped) ?? .zero
            anewSince = try stored.decodeIfPresent(Timestamp.self, forKey: .anewSince)
        }
    }

    /// What its engine was made with.
    public let configuration: VerdictEngine.Configuration
    public private(set) var engine: VerdictEngine
    public internal(set) var progress: Progress

    /// How far back hosts are looked at from before the change, in how many ticks.
    private static let history = (reach: Period.hours(1), ticks: Int64(12))
    /// So many ticks are made up for in one look, and so old data at most.
    private static let mostTicks = 30
    private static let longestGap = Period.minutes(30)

    public init(_ configuration: VerdictEngine.Configuration) {
        (self.configuration, engine, progress) = (configuration, VerdictEngine(configuration), Progress())
    }

    /// Goes on where another was.
    ///
    /// - Throws: when the state is of other checks, or broken.
    public init(
        _ configuration: VerdictEngine.Configuration, state: [UInt8], progress: Progress
    ) throws {
        self.init(configuration)
        try engine.restore(state)
        self.progress = progress
    }

    /// Takes in what was measured since the look before.
    ///
    /// - Returns: whether there was anything new.
    public mutating func look(_ scene: RolloutScene, data: any Queryable) -> Bool {
        if let since = scene.anewSince, progress.anewSince != since { beginAnew(scene, since, data) }
        if progress.through == nil { learn(scene, data) }
        guard let through = progress.through, isDue(at: scene.now, interval: scene.interval) else { return false }
        // Clients stamp nothing: what has come in is all there is.
        if scene.variants != nil { return take(scene, from: through, to: scene.now, Scrapes(), data) }
        do throws(DataProblem) {
            let scrapes = try Scrapes(
                service: scene.service, after: scene.now - reach(scene), through: scene.now, data: data)
            return try take(scene, from: through, scrapes, data)
        } catch {
            miss(error.reason, scene, data)
            return true
        }
    }

    /// Whether there may be something new.
    public func isDue(at now: Timestamp, interval: Period) -> Bool {
        guard let newest = progress.tickedAt ?? progress.through else { return true }
        return now - newest >= tolerant(interval)
    }

    /// Scrapes are not on the dot.
    private func tolerant(_ interval: Period) -> Period { .milliseconds(interval.milliseconds * 4 / 5) }

    /// Long enough to tell a host that fell silent from one that never spoke, and a cold one from a warm one.
    private func reach(_ scene: RolloutScene) -> Period {
        let warmUp = configuration.checks.map(\.warmUp).max() ?? .zero
        let gap = progress.through.map { scene.now - $0 } ?? .zero
        return max(.minutes(3), warmUp + scene.interval * 4, min(gap, RolloutJudge.longestGap) + scene.interval * 8)
    }

    // MARK: Ticks

    private mutating func take(
        _ scene: RolloutScene, from begin: Timestamp, _ scrapes: Scrapes, _ data: any Queryable
    ) throws(DataProblem) -> Bool {
        let hosts = scene.tickHosts(at: scene.now, scrapes)
        let expected = zip(scene.hosts, hosts).filter(\.0.isExpected).map(\.1)
        let freshness = Freshness(scrapes: scrapes, now: scene.now, staleAfter: scene.interval * 3 + .seconds(2))
        for cohort in Cohort.allCases {
            try freshness.check(cohort.rawValue, hosts: expected.filter { $0.place.cohort == cohort })
        }
        // Who is expected is not known at once after a restart; who shows something is.
        return take(scene, from: begin, to: freshness.watermark(hosts), scrapes, data)
    }

    private mutating func take(
        _ scene: RolloutScene, from begin: Timestamp, to end: Timestamp, _ scrapes: Scrapes, _ data: any Queryable
    ) -> Bool {
        let start = max(begin, end - RolloutJudge.longestGap)
        if start > begin { progress.skipped = progress.skipped + (start - begin) }
        let step = max(
            scene.interval, .milliseconds((end - start).milliseconds / Int64(4 * RolloutJudge.mostTicks)))
        var reached = start
        for _ in 0..<RolloutJudge.mostTicks where end - reached >= tolerant(scene.interval) {
            // What is left over is no tick of its own.
            let next = end - reached < step + tolerant(scene.interval) ? end : reached + step
            var tick = TickScene(
                service: scene.service, hosts: scene.variants == nil ? scene.tickHosts(at: next, scrapes) : [],
                after: reached, through: next,
                now: scene.now, interval: scene.interval, scrapes: scrapes)
            tick.variants = scene.variants
            tick.earlier = progress.before.merging(scene.earlier) { _, recorded in recorded }
            tick.isComparedWithBefore = scene.isComparedWithBefore
            tick.durationsBefore = progress.durations ?? [:]
            (tick.changedAt, tick.withoutBaseline) = (scene.changedAt, scene.withoutBaseline)
            tick.layouts = progress.layouts
            tick.startsWave = progress.wave != scene.wave
            take(tick, data)
            progress.wave = scene.wave
            reached = next
        }
        return reached > start
    }

    private mutating func take(_ scene: TickScene, _ data: any Queryable) {
        var (tick, layouts) = scene.read(configuration.checks, data: data)
        progress.layouts = layouts
        progress.through = scene.through
        progress.problem = nil
        for (index, check) in configuration.checks.enumerated() {
            lookForOddity(tick.samples[index], of: check, scene, data)
            guard !tick.isBefore, let doubt = watch(tick.samples[index], of: check, scene) else { continue }
            tick.samples[index] = .missing(doubt)
        }
        if tick.isBefore { remember(tick, durations: scene.isComparedWithBefore) }
        observe(&tick)
    }

    /// Ticks come in order, also when one without data was ahead of the data.
    private mutating func observe(_ tick: inout Tick) {
        if let last = progress.tickedAt, tick.at <= last { tick.at = last + .milliseconds(1) }
        progress.tickedAt = tick.at
        engine.observe(tick)
    }

    /// Nothing to judge by: what was measured meanwhile counts once all is there, unless that takes too long.
    private mutating func miss(_ reason: String, _ scene: RolloutScene, _ data: any Queryable) {
        let none = TickScene(
            service: scene.service, hosts: [], after: scene.now, through: scene.now, now: scene.now,
            interval: scene.interval, scrapes: Scrapes())
        var tick = none.readWithout(reason, configuration.checks, data: data)
        progress.problem = reason
        observe(&tick)
    }

    // MARK: Before the change

    /// What was gathered while another change was at work on the same hosts says nothing of this one alone. How hosts differ, and what
    /// was before, is learnt again.
    private mutating func beginAnew(_ scene: RolloutScene, _ since: Timestamp, _ data: any Queryable) {
        engine = VerdictEngine(configuration)
        progress = Progress()
        learn(scene, data)
        (progress.through, progress.anewSince) = (max(since, scene.began), since)
    }

    private mutating func remember(_ tick: Tick, durations isComparedWithBefore: Bool) {
        for (check, sample) in zip(configuration.checks, tick.samples) {
            if isComparedWithBefore, case .durations(let edges, let rows) = sample {
                let known = progress.durations?[check.name].flatMap { $0.fits(edges) ? $0 : nil }
                var durations = known ?? EarlierDurations(edges: edges)
                durations.add(rows)
                progress.durations = (progress.durations ?? [:]).merging([check.name: durations]) { $1 }
            }
            guard case .events(let rows) = sample, !rows.isEmpty else { continue }
            var count = progress.before[check.name] ?? CohortCount(bad: 0, total: 0, hosts: 0)
            count.bad += rows.reduce(0) { $0 + $1.bad }
            count.total += rows.reduce(0) { $0 + $1.total }
            count.hosts = max(count.hosts, rows.count)
            progress.before[check.name] = count
        }
    }

    /// How hosts differ, from before anybody had the change.
    private mutating func learn(_ scene: RolloutScene, _ data: any Queryable) {
        guard scene.variants == nil else { return progress.through = scene.began }
        let step = Period.milliseconds(RolloutJudge.history.reach.milliseconds / RolloutJudge.history.ticks)
        // The moment at which the first hosts change is neither before nor after.
        let end = scene.began - scene.interval
        let scrapes =
            (try? Scrapes(
                service: scene.service, after: end - RolloutJudge.history.reach, through: end, data: data)) ?? Scrapes()
        let hosts = scene.hostsBefore()
        for index in 0..<RolloutJudge.history.ticks {
            let through = end - step * (RolloutJudge.history.ticks - 1 - index)
            var before = TickScene(
                service: scene.service, hosts: hosts, after: through - step, through: through, now: through,
                interval: scene.interval, scrapes: scrapes)
            before.isBefore = true
            before.isComparedWithBefore = scene.isComparedWithBefore
            before.layouts = progress.layouts
            take(before, data)
        }
        progress.through = scene.began
    }
}
