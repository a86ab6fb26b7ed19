import Logging
import MetricsFormats
import Ports
import Rollouts
import Series
import Synchronization
import Values
import Verdicts

/// Makes series of what verdicts rest on, so that charts of evidence outlive a restart and anybody can query them.
///
/// Only rollouts that are judged have such series; the series of one that is judged no more end with stale markers. A value that
/// does not change is written rarely.
struct EvidenceRecorder: Sendable {
    /// What one rollout is shown with.
    struct Entry: Sendable {
        var rollout: String
        var service: String
        var readings: [Reading]
        var budget: BudgetView?
    }

    private struct Written {
        var value: Double
        var at: Timestamp
    }

    /// A value that stays is written again after this, sooner than queries forget it.
    private static let renewal = Period.minutes(1)
    /// A wave that has just begun, or moves, has no readings for a moment: its series go on.
    private static let patience = Period.minutes(2)
    /// The last values of a rollout that has just ended are those that it was decided by: charts must get to see them.
    private static let lingering = Period.seconds(3)

    private var written: [String: [Labels: Written]] = [:]

    /// What is new in these rollouts' evidence; and the ends of the series of all others.
    mutating func batch(_ entries: [Entry], at now: Timestamp) -> IngestBatch {
        var batch = IngestBatch()
        var present: Set<String> = []
        for entry in entries {
            let values = EvidenceRecorder.values(of: entry)
            if values.isEmpty { continue }
            present.insert(entry.rollout)
            for (labels, value) in values where isDue(entry.rollout, labels, value, now) {
                batch.append(labels, time: now.milliseconds, value: value)
                written[entry.rollout, default: [:]][labels] = Written(value: value, at: now)
            }
        }
        let known = Set(entries.map(\.rollout))
        for (rollout, series) in written where !present.contains(rollout) {
            let newest = series.values.map(\.at).max() ?? now
            let patience = known.contains(rollout) ? EvidenceRecorder.patience : EvidenceRecorder.lingering
            if now - newest < patience { continue }
            for labels in series.keys.sorted() {
                batch.append(labels, time: now.milliseconds, value: Sample.staleMarker)
            }
            written[rollout] = nil
        }
        return batch
    }

    private func isDue(_ rollout: String, _ labels: Labels, _ value: Double, _ now: Timestamp) -> Bool {
        guard let last = written[rollout]?[labels] else { return true }
        // A store takes one sample for each moment.
        if now <= last.at { return false }
        return last.value != value || now - last.at >= EvidenceRecorder.renewal
    }

    private static func values(of entry: Entry) -> [(Labels, Double)] {
        var values: [(Labels, Double)] = []
        func add(_ name: String, _ value: Double?, _ check: String? = nil) {
            guard let value, value.isFinite else { return }
            var labels = [
                "__name__": "halcyon_verdict_" + name, "job": "halcyon", "rollout": entry.rollout,
                "service": entry.service,
            ]
            labels["check"] = check
            values.append((Labels(labels), value))
        }
        for reading in entry.readings {
            guard let evidence = reading.evidence else { continue }
            add("log_evidence", evidence.log, reading.check)
            add("log_evidence_threshold", evidence.threshold, reading.check)
            add("log_proof", evidence.proof, reading.check)
            add("log_proof_threshold", evidence.proofThreshold, reading.check)
        }
        if let budget = entry.budget {
            add("budget_log", budget.log)
            add("budget_log_threshold", budget.threshold)
        }
        return values
    }
}

extension ControlPlane {
    /// Keeps what the newest readings rest on as series of the metrics store.
    func recordEvidence(at now: Timestamp) {
        let entries = memory.withLock { memory in
            memory.readings.compactMap { id, readings in
                memory.ledger.machine(id).map { machine in
                    EvidenceRecorder.Entry(
                        rollout: id, service: machine.plan.service, readings: readings,
                        budget: memory.judgements[id]?.budget)
                }
            }
        }
        let batch = evidence.withLock { $0.batch(entries, at: now) }
        guard !batch.series.isEmpty else { return }
        do throws(MetricsRefusal) {
            _ = try metrics.takeInParts(batch, now: nil)
        } catch {
            // Verdicts do not need these series, and the store itself says why it takes nothing in.
            logger.debug("the evidence of rollouts is not kept as series: \(error)")
        }
    }
}
