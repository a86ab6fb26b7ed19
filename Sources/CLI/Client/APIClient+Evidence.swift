import Values
import Wire

extension APIClient {
    /// How the evidence of a rollout's checks went, from the series that the server keeps of it; none where it keeps none.
    func evidence(of rollout: RolloutView, until now: Timestamp, points: Int64 = 48) async -> [EvidenceTrace] {
        let end = rollout.endedAt.map { min(now, $0) } ?? now
        let step = max(1000, (end - rollout.createdAt).milliseconds / points)
        let selector = "rollout=\"\(rollout.id)\""
        let answer: Answered<MetricsAnswer>? = try? await metrics(
            "query_range",
            [
                "query": "{__name__=~\"halcyon_verdict_log_evidence(_threshold)?\", \(selector)}",
                "start": rollout.createdAt.description, "end": end.description, "step": "\(Double(step) / 1000)",
            ])
        guard let answer, case .series(let series) = answer.data.result else { return [] }
        let start = Double(rollout.createdAt.milliseconds) / 1000
        var traces: [String: EvidenceTrace] = [:]
        for one in series {
            guard let check = one.metric["check"] else { continue }
            var trace = traces[check] ?? EvidenceTrace(check: check, values: [])
            if one.metric["__name__"]?.hasSuffix("_threshold") == true {
                trace.threshold = one.values?.last?.number
            } else {
                trace.values = [Double?](repeating: nil, count: Int(points) + 1)
                for point in one.values ?? [] {
                    let place = Int(exactly: ((point.seconds - start) * 1000 / Double(step)).rounded())
                    if let place, trace.values.indices.contains(place) { trace.values[place] = point.number }
                }
            }
            traces[check] = trace
        }
        return traces.values.filter { !$0.values.isEmpty }.sorted { $0.check < $1.check }
    }
}
