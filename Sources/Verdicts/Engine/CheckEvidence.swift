import Specs
import Statistics
import Values

/// One check's evidence, whatever its kind.
enum CheckEvidence: Hashable, Sendable {
    case events(Shared<EventsEvidence>)
    case durations(Shared<DurationsEvidence>)
    case objective(Shared<ObjectiveCheck>)
    case peers(Shared<PeersEvidence>)
    case gauges(Shared<GaugesEvidence>)
    /// Judged by the moment: the last reading.
    indirect case comparison(Reading?)
    /// While another one is being changed; never seen from outside.
    case changing

    init(_ check: CheckSpec, _ configuration: EvidenceConfiguration) {
        switch check.kind {
        case .ratio, .rate, .web: self = .events(Shared(EventsEvidence(configuration)))
        case .latency: self = .durations(Shared(DurationsEvidence(configuration)))
        case .slo(_, _, let objective):
            self = .objective(Shared(ObjectiveCheck(configuration, objective: max(1e-9, 1 - objective.fraction))))
        case .peers: self = .peers(Shared(PeersEvidence(configuration)))
        case .gauge: self = .gauges(Shared(GaugesEvidence(configuration)))
        case .guardrail: self = .comparison(nil)
        }
    }

    /// - Returns: why the sample could not be used, nil when it was.
    mutating func observe(_ sample: CheckSample, tick: Tick, isCold: Bool) -> String? {
        switch sample {
        case .missing(let reason): return reason
        case .events(let rows): return observe(rows, tick: tick, isCold: isCold)
        case .durations(let edges, let rows):
            guard var evidence = givenDurations() else { return CheckEvidence.otherKind }
            evidence.change { $0.observe(rows, edges: edges, tick: tick) }
            self = .durations(evidence)
            return nil
        case .gauges(let rows):
            guard case .gauges(var evidence) = self else { return CheckEvidence.otherKind }
            let problem = evidence.change { $0.observe(rows, tick: tick) }
            self = .gauges(evidence)
            return problem
        case .comparison(let reading):
            guard case .comparison = self else { return CheckEvidence.otherKind }
            if !tick.isBefore { self = .comparison(reading) }
            return nil
        }
    }

    private mutating func observe(_ rows: [HostEvents], tick: Tick, isCold: Bool) -> String? {
        if var evidence = givenEvents() {
            evidence.change { $0.observe(rows, tick: tick, isCold: isCold) }
            self = .events(evidence)
            return nil
        }
        switch self {
        case .objective(var evidence):
            evidence.change { $0.observe(rows, tick: tick, isCold: isCold) }
            self = .objective(evidence)
        case .peers(var evidence):
            evidence.change { $0.observe(rows, tick: tick) }
            self = .peers(evidence)
        default: return CheckEvidence.otherKind
        }
        return nil
    }

    // Functions of their own, and not inlined: only so the compiler keeps no second reference, for which all would be copied.

    @inline(never)
    private mutating func givenEvents() -> Shared<EventsEvidence>? {
        guard case .events(let evidence) = self else { return nil }
        self = .changing
        return evidence
    }

    @inline(never)
    private mutating func givenDurations() -> Shared<DurationsEvidence>? {
        guard case .durations(let evidence) = self else { return nil }
        self = .changing
        return evidence
    }

    private static let otherKind = "the metric is of another kind than the check expects"

    /// The evidences that share the check's part of the budget: a name, ln E, and how much of it each has.
    var parts: [Evidence.Part] {
        switch self {
        case .events(let evidence):
            let share = evidence.value.configuration.crashShare
            return [
                Evidence.Part(name: "settled", log: evidence.value.mainLog, weight: 1 - share),
                Evidence.Part(name: "warm-up", log: evidence.value.crashLog, weight: share),
            ]
        case .durations(let evidence):
            return [
                Evidence.Part(name: "typical", log: evidence.value.body.log, weight: 1 - Protections.tailShare),
                Evidence.Part(name: "slowest", log: evidence.value.tail.log, weight: Protections.tailShare),
            ]
        case .objective(let evidence): return [Evidence.Part(name: "objective", log: evidence.value.log, weight: 1)]
        case .peers(let evidence): return [Evidence.Part(name: "hosts", log: evidence.value.log, weight: 1)]
        case .gauges(let evidence): return [Evidence.Part(name: "hosts", log: evidence.value.log, weight: 1)]
        case .comparison, .changing: return []
        }
    }

    /// ln E of the whole check.
    var log: Double? {
        switch self {
        case .events(let evidence): return evidence.read { $0.log }
        case .durations(let evidence):
            return evidence.read { Merging.mean($0.body.log, $0.tail.log, share: Protections.tailShare) }
        case .objective(let evidence): return evidence.read { $0.log }
        case .peers(let evidence): return evidence.read { $0.log }
        case .gauges(let evidence): return evidence.read { $0.log }
        case .comparison, .changing: return nil
        }
    }

    /// ln E that the baseline's own halves differ; nil where they are not compared.
    var sentinelLog: Double? {
        switch self {
        case .events(let evidence): return evidence.read { $0.sentinelLog }
        case .objective(let evidence): return evidence.read { $0.events.sentinelLog }
        case .durations(let evidence): return evidence.read { $0.sentinel.log }
        case .peers, .gauges, .comparison, .changing: return nil
        }
    }

    /// ln E that a regression that matters is excluded; nil where nothing of the kind can be proven.
    var proof: Double? {
        switch self {
        case .events(let evidence): return evidence.read { $0.proofLog }
        case .durations(let evidence): return evidence.read { min($0.bodyProof.log, $0.tailProof.log) }
        case .gauges(let evidence): return evidence.read { $0.proofLog }
        case .objective, .peers, .comparison, .changing: return nil
        }
    }

    /// Whether it has shown what it takes for a pass.
    var isProven: Bool {
        switch self {
        case .events, .durations, .gauges: return (proof ?? 0) >= Protections.proof
        // These exclude no regression of a certain size: the promise is kept, and nobody stands out.
        case .objective(let evidence): return evidence.read { $0.isWellWithin }
        case .peers(let evidence): return evidence.read { $0.isUnremarkable }
        case .comparison, .changing: return false
        }
    }

    /// Whether nothing stands in the way of a pass but the evidence.
    func canPass(threshold: Double) -> Bool {
        switch self {
        case .events(let evidence):
            return evidence.read {
                $0.canary.total > 0 && $0.baseline.total > 0 && $0.isEnough && !$0.recent.isIncident
                    && $0.judgedSeconds > 0
            }
        case .durations(let evidence): return evidence.read { $0.judgedSeconds > 0 }
        case .objective(let evidence): return evidence.read { !$0.isShared(threshold: threshold) }
        case .peers, .gauges, .comparison, .changing: return true
        }
    }

    func write(to bytes: inout StateWriter) {
        switch self {
        case .events(let evidence): evidence.value.write(to: &bytes)
        case .durations(let evidence): evidence.value.write(to: &bytes)
        case .objective(let evidence): evidence.value.write(to: &bytes)
        case .peers(let evidence): evidence.value.write(to: &bytes)
        case .gauges(let evidence): evidence.value.write(to: &bytes)
        case .comparison, .changing: break  // The next tick brings a new one.
        }
    }

    mutating func read(from bytes: inout StateReader) throws(StateError) {
        switch self {
        case .events(let evidence):
            var value = evidence.value
            try value.read(from: &bytes)
            self = .events(Shared(value))
        case .durations(let evidence):
            var value = evidence.value
            try value.read(from: &bytes)
            self = .durations(Shared(value))
        case .objective(let evidence):
            var value = evidence.value
            try value.read(from: &bytes)
            self = .objective(Shared(value))
        case .peers(let evidence):
            var value = evidence.value
            try value.read(from: &bytes)
            self = .peers(Shared(value))
        case .gauges(let evidence):
            var value = evidence.value
            try value.read(from: &bytes)
            self = .gauges(Shared(value))
        case .comparison, .changing: break
        }
    }
}
