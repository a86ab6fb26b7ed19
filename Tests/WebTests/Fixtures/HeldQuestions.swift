import HalcyonTesting
import Ports
import PromQL
import Series
import Values

/// Answers questions about metrics from series that a test wrote down.
struct HeldQuestions: MetricsQuestions {
    var series: [SeriesSamples]
    var known: [MetricMetadata] = []
    /// Thrown instead of every answer, when set.
    var problem: PromQLError?

    func answer(_ question: MetricsQuestion) async throws(PromQLError) -> QueryResult {
        if let problem { throw problem }
        let query = try Query(question.expression)
        let (start, end) = (Timestamp(milliseconds: question.start), Timestamp(milliseconds: question.end))
        guard let step = question.step else { return try query.evaluate(at: end, data: HeldSeries(series)) }
        return try query.evaluate(
            from: start, through: end, step: Period(milliseconds: step), data: HeldSeries(series))
    }

    func labelNames(
        _ lists: [[LabelMatcher]], in stretch: ClosedRange<Int64>, limit: Int
    ) async throws(PromQLError) -> [String] {
        Set(try found(lists).flatMap(\.labels.keys)).sorted()
    }

    func labelValues(
        _ name: String, _ lists: [[LabelMatcher]], in stretch: ClosedRange<Int64>, limit: Int
    ) async throws(PromQLError) -> [String] {
        Set(try found(lists).compactMap { $0.labels[name] }).sorted()
    }

    func metadata(_ metric: String?, limit: Int) async throws(PromQLError) -> [MetricMetadata] { known }

    private func found(_ lists: [[LabelMatcher]]) throws(PromQLError) -> [SeriesSamples] {
        if let problem { throw problem }
        return series.filter { series in
            lists.isEmpty
                || lists.contains { matchers in
                    matchers.allSatisfy { matcher in
                        (try? CompiledMatcher(matcher))?.matches(series.labels[matcher.name] ?? "") ?? false
                    }
                }
        }
    }
}

extension SeriesSamples {
    /// A counter that rises by `rate` a second, sampled every 5 seconds for `minutes` up to `end`.
    static func counter(
        _ labels: [String: String], rate: Double, until end: Timestamp = World.noon, minutes: Int64 = 20
    ) -> SeriesSamples {
        steady(labels, until: end, minutes: minutes) { rate * $0 }
    }

    /// A gauge that keeps its value.
    static func gauge(
        _ labels: [String: String], _ value: Double, until end: Timestamp = World.noon, minutes: Int64 = 20
    ) -> SeriesSamples {
        steady(labels, until: end, minutes: minutes) { _ in value }
    }

    /// What the control plane keeps of a check's evidence: a value for each second from `start` on.
    static func evidence(
        _ name: String, _ check: String, of rollout: String, from start: Timestamp, seconds: Int64,
        _ value: (Double) -> Double
    ) -> SeriesSamples {
        SeriesSamples(
            labels: [
                "__name__": "halcyon_verdict_\(name)", "job": "halcyon", "rollout": rollout, "service": "storefront",
                "check": check,
            ],
            samples: (0...seconds).map { Sample(at: start + .seconds($0), value: value(Double($0))) })
    }

    private static func steady(
        _ labels: [String: String], until end: Timestamp, minutes: Int64, _ value: (Double) -> Double
    ) -> SeriesSamples {
        let samples = (0...(minutes * 12)).map { place in
            Sample(at: end - .minutes(minutes) + .seconds(5 * place), value: value(Double(5 * place)))
        }
        return SeriesSamples(labels: labels, samples: samples)
    }
}

extension HeldQuestions {
    /// Of the rollout that bakes, and of the one that came back.
    private static func evidence(until now: Timestamp) -> [SeriesSamples] {
        let start = now - .minutes(10)
        let bad = now - .hours(5) + .seconds(9)
        func wobble(_ second: Double) -> Double { Double(Int(second * 7.3) % 11) / 11 }
        return [
            .evidence("log_evidence", "errors", of: "r-7f3k2", from: start, seconds: 600) {
                max(-2.1, 0.8 * wobble($0 / 20) - $0 / 200)
            },
            .evidence("log_evidence_threshold", "errors", of: "r-7f3k2", from: start, seconds: 600) { _ in 5.3 },
            .evidence("log_proof", "errors", of: "r-7f3k2", from: start, seconds: 600) {
                $0 / 160 + 0.4 * wobble($0 / 15)
            },
            .evidence("log_proof_threshold", "errors", of: "r-7f3k2", from: start, seconds: 600) { _ in 2.996 },
            .evidence("log_evidence", "latency", of: "r-7f3k2", from: start, seconds: 600) {
                $0 / 500 + 0.7 * wobble($0 / 30)
            },
            .evidence("log_evidence_threshold", "latency", of: "r-7f3k2", from: start, seconds: 600) { _ in 6.2 },
            .evidence("log_evidence", "errors", of: "r-bad39", from: bad, seconds: 32) {
                $0 < 6 ? 0.1 * $0 : 0.6 + ($0 - 6) * 0.4
            },
            .evidence("log_evidence_threshold", "errors", of: "r-bad39", from: bad, seconds: 32) { _ in 5.52 },
        ]
    }

    /// What the invented fleet's storefront shows: 2.5.0 has ten times the errors of 2.4.0.
    static func storefront(until now: Timestamp = World.noon) -> HeldQuestions {
        var all: [SeriesSamples] = []
        for (version, cohort, rate, bad) in [("2.4.0", "baseline", 90.0, 0.45), ("2.5.0", "canary", 30.0, 1.5)] {
            let own = ["service": "storefront", "version": version, "cohort": cohort, "host": "eu-web-01"]
            func labels(_ name: String, _ others: [String: String] = [:]) -> [String: String] {
                own.merging(others) { $1 }.merging(["__name__": name]) { $1 }
            }
            all.append(.counter(labels("http_requests_total", ["code": "200"]), rate: rate, until: now))
            all.append(.counter(labels("http_requests_total", ["code": "500"]), rate: bad, until: now))
            for (bound, share) in [("0.1", 0.5), ("0.5", 0.98), ("+Inf", 1.0)] {
                all.append(
                    .counter(
                        labels("http_request_duration_seconds_bucket", ["le": bound]), rate: rate * share, until: now))
            }
            all.append(.gauge(labels("process_resident_memory_bytes"), 40 * 1_048_576, until: now))
            all.append(.counter(labels("process_cpu_seconds_total"), rate: 0.25, until: now))
        }
        all.append(.gauge(["__name__": "queue_depth", "service": "storefront"], 212, until: now))
        all += evidence(until: now)
        return HeldQuestions(
            series: all,
            known: [
                MetricMetadata(metric: "http_requests_total", type: "counter", help: "Requests answered."),
                MetricMetadata(metric: "http_request_duration_seconds", type: "histogram", help: "How long they took."),
            ])
    }
}
