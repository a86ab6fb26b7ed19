public import Specs
public import Statistics
public import Values

/// The verdicts of one rollout, from ticks of data: pure, deterministic, incremental.
///
/// It may be asked after every tick. Over all of a rollout's checks, waves and looks together a version that is no worse than the checks'
/// margins is rolled back with a chance of at most `falseRollbacks`, as long as the assumptions hold that each kind of evidence names.
///
/// - Complexity: a tick costs O(rows + checks); the state is about a thousand bytes a check, and some dozens a host where hosts are told apart.
public struct VerdictEngine: Hashable, Sendable {
    public struct Configuration: Hashable, Sendable {
        public var checks: [CheckSpec]
        /// The chance, over the whole rollout, that a good change is rolled back.
        public var falseRollbacks: Percentage
        public var waves: Int
        /// How long the rollout is expected to take, and a tick; only for how evidence is spread over time.
        public var planned: Period
        public var tick: Period
        /// Whether baseline hosts are restarted with the canary, to be as cold as it.
        public var control: Bool
        /// The share of the chance that no check has yet.
        public var reserve: Double

        public init(
            checks: [CheckSpec], falseRollbacks: Percentage = Percentage(1), waves: Int = 1,
            planned: Period = .hours(1), tick: Period = .seconds(5), control: Bool = false, reserve: Double = 0
        ) {
            self.checks = checks
            self.falseRollbacks = falseRollbacks
            self.waves = waves
            self.planned = planned
            self.tick = tick
            self.control = control
            self.reserve = reserve
        }
    }

    public let configuration: Configuration
    var evidence: [CheckEvidence]
    /// Why a check's last sample could not be used.
    var problems: [String?]
    var seconds = 0.0
    private var lastTick: Timestamp?
    /// Working space: each check's ln E.
    private var logs: [Double?] = []
    private var spending: FalseRollbackBudget
    /// The check that reached the threshold, once one has.
    private(set) var failed: Int?

    public init(_ configuration: Configuration) {
        self.configuration = configuration
        let tick = max(0.001, Double(configuration.tick.milliseconds) / 1000)
        let planned = Double(configuration.planned.milliseconds) / 1000
        evidence = configuration.checks.map { check in
            CheckEvidence(
                check,
                EvidenceConfiguration(
                    tolerate: check.tolerate, warmUp: Double(check.warmUp.milliseconds) / 1000, tick: tick,
                    plannedTicks: max(1, Int(clamping: planned / tick)), waves: max(1, configuration.waves),
                    control: configuration.control, minimumEvents: check.minimumEvents))
        }
        problems = configuration.checks.map { _ in "no data yet" }
        logs = configuration.checks.map { _ in nil }
        spending = FalseRollbackBudget(
            chance: configuration.falseRollbacks.fraction,
            weights: zip(configuration.checks, evidence).map { $0.dryRun || $1.log == nil ? 0 : $0.weight },
            reserve: configuration.reserve)
    }

    /// Takes a tick in. One that does not come after the last is ignored; so is one with another number of samples than checks.
    public mutating func observe(_ tick: Tick) {
        guard tick.length > .zero, tick.samples.count == evidence.count, lastTick.map({ $0 < tick.at }) ?? true else {
            return
        }
        lastTick = tick.at
        // A latency check knows better than a clock how long the cold start takes.
        let isCold = evidence.contains { evidence in
            if case .durations(let durations) = evidence { return durations.read { $0.isCold } }
            return false
        }
        for index in evidence.indices {
            problems[index] = evidence[index].observe(tick.samples[index], tick: tick, isCold: isCold)
        }
        guard !tick.isBefore else { return }
        seconds += Double(tick.length.milliseconds) / 1000
        for index in evidence.indices { logs[index] = evidence[index].log }
        spending.observe(logs)
        guard failed == nil, distrust == nil, spending.log >= spending.threshold else { return }
        failed = leading
    }

    /// The end of the last tick.
    public var at: Timestamp? { lastTick }

    public var budget: BudgetView {
        BudgetView(
            chance: spending.chance, log: spending.log, peak: spending.peak, threshold: spending.threshold)
    }

    /// What the check must reach alone.
    func threshold(_ index: Int) -> Double {
        let own = spending.threshold(ofCheck: index)
        // A dry-run check has no part in the chance; it shows what it would do with all of it.
        return own.isFinite ? own : spending.threshold
    }

    /// The check that brings most of the evidence.
    private var leading: Int? {
        evidence.indices.filter { spending.weights[$0] > 0 }.max { left, right in
            weighted(left) < weighted(right)
        }
    }

    private func weighted(_ index: Int) -> Double { (evidence[index].log ?? 0) - spending.threshold(ofCheck: index) }

    /// Why no rollback is taken from statistics: the baseline's own halves differ as much as a bad change would.
    public var distrust: String? {
        for (index, check) in configuration.checks.enumerated() {
            guard let log = evidence[index].sentinelLog, log >= spending.threshold else { continue }
            return "the baseline's hosts differ among themselves as much as a bad version would (check \(check.name)): "
                + "the comparison cannot be trusted"
        }
        return nil
    }

    /// `fail`: roll back. `pass`: every check that counts has shown that a regression that matters is excluded.
    public var verdict: Verdict {
        var verdict = Verdict.pass
        var isCounted = false
        for index in evidence.indices where !configuration.checks[index].dryRun {
            isCounted = true
            switch answer(index) {
            case .fail: return .fail
            case .undecided: verdict = .undecided
            case .pass: break
            }
        }
        return isCounted ? verdict : .undecided
    }

    /// One check's answer, without words.
    func answer(_ index: Int) -> Verdict {
        if case .comparison(let reading) = evidence[index] {
            return problems[index] == nil ? reading?.verdict ?? .undecided : .undecided
        }
        let log = evidence[index].log ?? 0
        let isDry = configuration.checks[index].dryRun
        if failed == index || (isDry && log >= threshold(index) && distrust == nil) { return .fail }
        guard problems[index] == nil, distrust == nil, evidence[index].canPass(threshold: spending.threshold) else {
            return .undecided
        }
        return evidence[index].isProven && log < threshold(index) / 2 ? .pass : .undecided
    }

    /// One reading per check, in their order, after the last tick.
    public var readings: [Reading] {
        evidence.indices.map { reading($0) }
    }

    // MARK: State

    /// Evidence of other margins, checks or budgets means something else.
    private var fingerprint: UInt64 { fingerprintOf("\(configuration)") }

    private static let longestProblem = 300

    /// Continues, restored into an engine of the same configuration, to the last bit.
    public var state: [UInt8] {
        var bytes = StateWriter()
        bytes.write(2 as UInt8)
        bytes.write(fingerprint)
        bytes.write(UInt64(evidence.count))
        for (check, evidence) in zip(configuration.checks, evidence) {
            for byte in check.kind.name.utf8 { bytes.write(byte) }
            evidence.write(to: &bytes)
        }
        spending.writeState(to: &bytes)
        bytes.write([seconds, Double(failed ?? -1)])
        bytes.write(UInt64(bitPattern: lastTick?.milliseconds ?? .min))
        for problem in problems { bytes.write(problem.map { String($0.prefix(VerdictEngine.longestProblem)) }) }
        return bytes.bytes
    }

    /// - Throws: `StateError` for bytes of another version or configuration; nothing has changed then.
    public mutating func restore(_ state: [UInt8]) throws(StateError) {
        var bytes = StateReader(bytes: state)
        guard try bytes.byte() == 2 else { throw .otherVersion }
        guard try bytes.word() == fingerprint else { throw .otherConfiguration }
        var restored = VerdictEngine(configuration)
        guard try bytes.count() == evidence.count else { throw .otherConfiguration }
        for index in restored.evidence.indices {
            for byte in configuration.checks[index].kind.name.utf8 {
                guard try bytes.byte() == byte else { throw .otherConfiguration }
            }
            try restored.evidence[index].read(from: &bytes)
        }
        try restored.spending.readState(from: &bytes)
        let numbers = try bytes.numbers(2)
        restored.seconds = numbers[0]
        let failed = Int(clamping: numbers[1])
        restored.failed = evidence.indices.contains(failed) ? failed : nil
        let last = Int64(bitPattern: try bytes.word())
        restored.lastTick = last == .min ? nil : Timestamp(milliseconds: last)
        for index in restored.problems.indices { restored.problems[index] = try bytes.text() }
        guard bytes.isAtEnd else { throw .wrongLength }
        for index in restored.evidence.indices { restored.logs[index] = restored.evidence[index].log }
        self = restored
    }
}
