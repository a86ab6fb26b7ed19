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

/// Evaluates the recording rules of Prometheus rule files on their schedules, and keeps what they give.
public final class RuleBook: Sendable {
    private struct State {
        var groups: [RuleGroupState] = []
        /// Changes when the files are read again: what was evaluated meanwhile is not noted.
        var edition = 0
    }

    private let state = Mutex(State())
    private let metrics: any MetricsKeeper & Queryable
    private let clock: @Sendable () -> Timestamp
    private let logger: Logger
    private let wake = WakeUp()

    public init(
        metrics: any MetricsKeeper & Queryable, logger: Logger, clock: @escaping @Sendable () -> Timestamp
    ) {
        (self.metrics, self.logger, self.clock) = (metrics, logger, clock)
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
            let old = Dictionary(state.groups.map { ([$0.group.file, $0.group.name], $0) }) { first, _ in first }
            let new = Dictionary(groups.map { ([$0.file, $0.name], $0.rules) }) { first, _ in first }
            let ended = state.groups.map { ($0, new[[$0.group.file, $0.group.name]] ?? []) }
            state.groups = groups.map { group in
                old[[group.file, group.name]]?.replaced(by: group, now: now) ?? RuleGroupState(group, now: now)
            }
            state.edition += 1
            return ended
        }
        for (group, rules) in ended { keep(group.end(at: now, besides: rules)) }
        wake.signal()
        return issues.warnings
    }

    /// The groups with how their rules were evaluated last.
    public var groups: [RuleGroupState] { state.withLock { $0.groups } }

    /// Evaluates what is due until the task is cancelled.
    public func run() async {
        await wake.drive(every: .seconds(1), atMostEvery: .milliseconds(20)) { self.evaluateDue(self.clock()) }
    }

    /// Evaluates every group whose moment has come. Moments that were missed are left out.
    func evaluateDue(_ now: Timestamp) {
        let (groups, edition) = state.withLock { ($0.groups, $0.edition) }
        for (place, group) in groups.enumerated() where group.nextTime <= now {
            var group = group
            // The newest of its moments.
            let time = group.group.nextTime(after: now) - group.group.interval
            for rule in group.group.rules.indices {
                let failure = group.rules[rule].failure
                let began = clock()
                if let batch = group.evaluate(rule, at: time, data: metrics) { keep(batch) }
                group.note(duration: (clock() - began).seconds, of: rule)
                if let fresh = group.rules[rule].failure, fresh != failure {
                    logger.warning(
                        "the rule \(group.group.rules[rule].record) of group '\(group.group.name)' gives nothing: \(fresh)"
                    )
                }
            }
            group.nextTime = time + group.group.interval
            let evaluated = group
            state.withLock { state in
                if state.edition == edition { state.groups[place] = evaluated }
            }
        }
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
