public import Documents
import Formats
public import Logging
import MetricsFormats
public import Ports
import PromQL
public import Rules
public import Series
import Synchronization
public import Values
public import Wire

/// Evaluates the rules of Prometheus rule files on their schedules, and keeps what they record and which alerts are there.
public final class RuleBook: Sendable {
    private struct State {
        var groups: [RuleGroupState] = []
        /// The groups that are being evaluated.
        var running: Set<[String]> = []
    }

    private let state = Mutex(State())
    private let metrics: any MetricsKeeper & Queryable
    private let clock: @Sendable () -> Timestamp
    private let limits: RuleLimits
    private let logger: Logger
    private let wake = WakeUp()

    public init(
        metrics: any MetricsKeeper & Queryable, limits: RuleLimits = RuleLimits(), logger: Logger,
        clock: @escaping @Sendable () -> Timestamp
    ) {
        (self.metrics, self.limits, self.logger, self.clock) = (metrics, limits, logger, clock)
    }

    /// Takes the groups of rule files in place of those before; of a group that stays, its rules go on.
    ///
    /// - Returns: what may not be as its author expects.
    /// - Throws: `Problem` with everything that is wrong in the files; nothing has changed then.
    public func take(_ files: [ApplyRequest.File]) throws(Problem) -> [DocumentIssue] {
        let (nodes, found) = readNodes(files: files.map { ($0.name, $0.text) })
        var issues = found
        var groups: [RuleGroup] = []
        for source in nodes {
            let (read, wrong) = readRuleGroups(source.node, file: source.file)
            groups += read
            issues += wrong
        }
        guard issues.errors.isEmpty else {
            throw Problem(.invalid, issues.errors.map(\.description).joined(separator: "\n"))
        }
        let now = clock()
        let ended = state.withLock { state in
            let old = Dictionary(state.groups.map { ($0.group.identity, $0) }) { first, _ in first }
            let new = Dictionary(groups.map { ($0.identity, $0.rules) }) { first, _ in first }
            let ended = state.groups.map { ($0, new[$0.group.identity] ?? []) }
            state.groups = groups.map { group in
                old[group.identity]?.replaced(by: group, now: now) ?? RuleGroupState(group, now: now)
            }
            return ended
        }
        for (group, rules) in ended { keep(group.end(at: now, besides: rules)) }
        wake.signal()
        return issues.warnings
    }

    /// The groups with how their rules were evaluated last.
    public var groups: [RuleGroupState] { state.withLock { $0.groups } }

    /// Evaluates what is due until the task is cancelled; then a rule that is being evaluated ends, too.
    public func run() async {
        await withDiscardingTaskGroup { tasks in
            let (due, queue) = AsyncStream.makeStream(of: RuleGroupState.self)
            tasks.addTask {
                await self.wake.drive(every: .seconds(1), atMostEvery: .milliseconds(20)) {
                    for group in self.takeDue(self.clock()) { queue.yield(group) }
                }
                queue.finish()
            }
            // A slow group holds up no other.
            for await group in due { tasks.addTask { await self.evaluate(group) } }
        }
    }

    /// Evaluates every group whose moment has come, one after the other.
    func evaluateDue(_ now: Timestamp) async {
        for group in takeDue(now) { await evaluate(group) }
    }

    /// The groups whose moment has come and that are not being evaluated still; they are from now on.
    private func takeDue(_ now: Timestamp) -> [RuleGroupState] {
        state.withLock { state in
            let due = state.groups.filter { $0.nextTime <= now && !state.running.contains($0.group.identity) }
            state.running.formUnion(due.map(\.group.identity))
            return due
        }
    }

    /// Evaluates the rules of a group for the newest of its moments; those that were missed are left out.
    private func evaluate(_ group: RuleGroupState) async {
        var group = group
        let time = group.group.nextTime(after: clock()) - group.group.interval
        for place in group.group.rules.indices {
            if Task.isCancelled { break }
            await evaluate(place, of: &group, at: time)
        }
        group.nextTime = time + group.group.interval
        let (evaluated, now) = (group, clock())
        let present = state.withLock { state -> RuleGroup? in
            state.running.remove(evaluated.group.identity)
            guard let place = state.groups.firstIndex(where: { $0.group.identity == evaluated.group.identity }) else {
                return nil
            }
            let present = state.groups[place].group
            state.groups[place] =
                present == evaluated.group ? evaluated : evaluated.replaced(by: present, now: now)
            return present
        }
        // Files that were read meanwhile have ended only what was known before this evaluation.
        keep(evaluated.end(at: time, besides: present?.rules ?? []))
    }

    /// Whether the files, which may have been read again since, still have this rule in this group.
    private func isWanted(_ rule: Rule, of group: RuleGroup) -> Bool {
        state.withLock { state in
            state.groups.contains { $0.group.identity == group.identity && $0.group.rules.contains(rule) }
        }
    }

    private func evaluate(_ place: Int, of group: inout RuleGroupState, at time: Timestamp) async {
        let rule = group.group.rules[place]
        let before = group.rules[place]
        let began = clock()
        let deadline = began + min(group.group.interval, limits.timeout)
        let clock = clock
        let interruption: @Sendable () -> Interruption? = {
            if Task.isCancelled { return .cancelled }
            return clock() >= deadline ? .timedOut : nil
        }
        let bounds = EvaluationBounds(
            limits: QueryLimits(samples: limits.samples, lookback: limits.lookback.milliseconds),
            series: limits.series, interruption: interruption)
        let (start, reading) = (group, reading(interruption))
        let evaluated = await metrics.reading { data in
            MetricsReading.$current.withValue(reading) {
                var group = start
                let batch = group.evaluate(place, at: time, data: data, within: bounds)
                return (group: group, batch: batch)
            }
        }
        // What is not noted is not written, and the other way round.
        if Task.isCancelled || !isWanted(rule, of: group.group) { return }
        group = evaluated.group
        if let batch = evaluated.batch { keep(batch) }
        group.note(duration: (clock() - began).seconds, of: place)
        report(rule, group.group, before, group.rules[place])
    }

    /// Ends the search for series in time, and when it takes more memory than samples may.
    private func reading(_ interruption: @escaping @Sendable () -> Interruption?) -> MetricsReading {
        let held = Held()
        let most = limits.samples * 16
        return MetricsReading { bytes in
            switch interruption() {
            case .cancelled: return .cancelled
            case .timedOut: return .timedOut
            case nil: return held.bytes.add(bytes, ordering: .relaxed).newValue > most ? .tooMuchMemory : nil
            }
        }
    }

    private final class Held: Sendable {
        let bytes = Atomic(0)
    }

    /// Says what is new: why a rule gives nothing, and which alerts fire.
    private func report(
        _ rule: Rule, _ group: RuleGroup, _ before: RuleGroupState.RuleState, _ after: RuleGroupState.RuleState
    ) {
        if let failure = after.failure, failure != before.failure {
            logger.warning("the rule \(rule.name) of group '\(group.name)' gives nothing: \(failure)")
        }
        let fired = Set(before.alerts.filter(\.isFiring).map(\.labels))
        let fires = Set(after.alerts.filter(\.isFiring).map(\.labels))
        for labels in fires.subtracting(fired).sorted() { logger.notice("alert: \(labels) fires") }
        for labels in fired.subtracting(fires).sorted() { logger.notice("alert: \(labels) fires no more") }
    }

    private func keep(_ batch: IngestBatch) {
        guard !batch.series.isEmpty else { return }
        do throws(MetricsRefusal) {
            let report = try metrics.take(batch, now: nil, whenDurable: { _ in })
            if let problem = report.problems.first { logger.warning("samples of rules were refused: \(problem)") }
        } catch {
            logger.warning("samples of rules are not kept: \(error)")
        }
    }
}

/// How much one rule may take.
public struct RuleLimits: Hashable, Sendable {
    /// So long it may take, and no longer than the interval of its group.
    public var timeout: Period
    /// So many samples it may hold.
    public var samples: Int
    /// So many series each of its selectors may find.
    public var series: Int
    /// A sample stands for its series for so long.
    public var lookback: Period

    public init(
        timeout: Period = .minutes(2), samples: Int = 50_000_000, series: Int = 1_000_000,
        lookback: Period = .minutes(5)
    ) {
        (self.timeout, self.samples, self.series, self.lookback) = (timeout, samples, series, lookback)
    }
}

extension RuleGroup {
    /// What tells groups apart.
    fileprivate var identity: [String] { [file, name] }
}
