import MetricsFormats
import MetricsStore
import Rollouts
import Series
import Synchronization
import Testing
import Values
import Verdicts
import Wire

@testable import ControlPlane

@Suite("What is kept of evidence")
struct EvidenceRecorderTests {
    private let start = Timestamp(milliseconds: 1_763_900_000_000)

    private func entry(_ log: Double?, rollout: String = "shop-2", budget: Double? = 0.5) -> EvidenceRecorder.Entry {
        let evidence = log.map { Evidence(log: $0, threshold: 5.3, proof: 1, proofThreshold: 3) }
        return EvidenceRecorder.Entry(
            rollout: rollout, service: "shop",
            readings: [Reading(check: "errors", verdict: .undecided, reason: "", evidence: evidence)],
            budget: log == nil ? nil : budget.map { BudgetView(chance: 0.01, log: $0, peak: 1, threshold: 4.6) })
    }

    private func isStale(_ batch: IngestBatch) -> [Bool] {
        batch.values.map { $0.bitPattern == Sample.staleMarker.bitPattern }
    }

    @Test("every check has its evidence, its proof and their thresholds, and the rollout its budget")
    func first() {
        var recorder = EvidenceRecorder()
        let batch = recorder.batch([entry(1.5)], at: start)
        #expect(batch.values == [1.5, 5.3, 1, 3, 0.5, 4.6])
        let text = String(decoding: batch.labelBytes, as: UTF8.self)
        #expect(text.contains("halcyon_verdict_log_evidence_threshold") && text.contains("shop-2"))
        #expect(text.contains("halcyon_verdict_budget_log") && text.contains("errors"))
    }

    @Test("what stays is written rarely, what changes at once")
    func changes() {
        var recorder = EvidenceRecorder()
        _ = recorder.batch([entry(1.5)], at: start)
        #expect(recorder.batch([entry(1.5)], at: start + .seconds(1)).values.isEmpty)
        #expect(recorder.batch([entry(1.75)], at: start + .seconds(2)).values == [1.75])
        #expect(recorder.batch([entry(2)], at: start + .seconds(2)).values.isEmpty)
        #expect(recorder.batch([entry(1.75)], at: start + .seconds(61)).values == [5.3, 1, 3, 0.5, 4.6])
    }

    @Test("the series of a rollout that is judged no more end, and it is forgotten")
    func ends() {
        var recorder = EvidenceRecorder()
        _ = recorder.batch([entry(1.5), entry(2, rollout: "web-1")], at: start)
        #expect(recorder.batch([entry(1.5)], at: start + .seconds(1)).values.isEmpty)
        let batch = recorder.batch([entry(1.5)], at: start + .seconds(3))
        #expect(isStale(batch) == [Bool](repeating: true, count: 6))
        #expect(recorder.batch([entry(1.5)], at: start + .seconds(4)).values.isEmpty)
    }

    @Test("between two waves there is a moment without readings, which ends nothing; a long one does")
    func between() {
        var recorder = EvidenceRecorder()
        _ = recorder.batch([entry(1.5)], at: start)
        #expect(recorder.batch([entry(nil)], at: start + .seconds(30)).values.isEmpty)
        #expect(isStale(recorder.batch([entry(nil)], at: start + .seconds(130))) == [Bool](repeating: true, count: 6))
    }

    @Test("numbers that are none are not written")
    func infinite() {
        var recorder = EvidenceRecorder()
        #expect(recorder.batch([entry(-.infinity, budget: .nan)], at: start).values == [5.3, 1, 3, 4.6])
    }

    @Test("the series reach the store of metrics, from where charts read them after a restart")
    func store() async throws {
        let world = try await World()
        let id = try #require(try await world.deploy("v1").rollout)
        let reading = entry(2.25).readings
        world.plane.memory.withLock { memory in
            memory.readings[id] = reading
            memory.judgements[id] = Judgement(
                verdict: .undecided, budget: BudgetView(chance: 0.01, log: 1, peak: 1.5, threshold: 4.6))
        }
        world.plane.recordEvidence(at: world.clock.now)
        #expect(try await world.plane.rollout(id).budget?.peak == 1.5)
        let request = SelectRequest(
            matchers: [
                LabelMatcher("__name__", .equal, "halcyon_verdict_log_evidence"), LabelMatcher("rollout", .equal, id),
                LabelMatcher("service", .equal, "shop"), LabelMatcher("check", .equal, "errors"),
            ], after: (world.clock.now - .seconds(1)).milliseconds, through: world.clock.now.milliseconds)
        let found = try world.metrics.series(request)
        var buffer = SampleBuffer()
        try #require(found.count == 1)
        try found.read(0, into: &buffer)
        #expect(buffer.values == [2.25])
    }
}
