import Documents
import Values

extension Cursor {
    func ratio() -> CheckSpec.Kind? {
        share("a ratio").map { .ratio(bad: $0.bad, total: $0.total) }
    }

    func peers() -> CheckSpec.Kind? {
        share("a comparison of peers").map { .peers(bad: $0.bad, total: $0.total) }
    }

    func latency() -> CheckSpec.Kind? {
        guard let fields = fields(["histogram"], "a latency") else { return nil }
        return fields.required("histogram", like: "http_request_duration_seconds")?.nonEmptyText("a selector")
            .map { .latency(histogram: $0) }
    }

    func rate() -> CheckSpec.Kind? {
        guard let fields = fields(["events", "per"], "a rate") else { return nil }
        let events = fields.required("events", like: "retries_total")?.nonEmptyText("a selector")
        let per = fields["per"]?.nonEmptyText("a selector")
        return events.map { .rate(events: $0, per: per) }
    }

    func gauge() -> CheckSpec.Kind? {
        nonEmptyText("an expression like 'process_resident_memory_bytes'").map { .gauge(expression: $0) }
    }

    func guardrail() -> CheckSpec.Kind? {
        nonEmptyText("a comparison like 'queue_length < 100'").map { .guardrail(expression: $0) }
    }

    func objective() -> CheckSpec.Kind? {
        let share = share("an SLO", and: ["objective"])
        guard let fields = share?.fields,
            let cursor = fields.required("objective", like: "99.9%"), let objective = cursor.percentage()
        else { return nil }
        if objective.percent <= 0 || objective.percent >= 100 {
            cursor.report(
                "an objective of \(objective) is out of range: more than 0%, less than 100%",
                hint: objective.percent >= 100
                    ? "100% leaves no budget at all, so that the first bad event breaks it; 99.9% is usual"
                    : "99.9% promises that at most 0.1% of the events are bad")
        } else if objective.percent < 50 {
            cursor.report(
                "an objective of \(objective) allows \(Percentage(100 - objective.percent)) of the events to be bad",
                hint: "99.9% allows 0.1%", severity: .warning)
        }
        return share.map { .slo(bad: $0.bad, total: $0.total, objective: objective) }
    }

    func web() -> CheckSpec.Kind? { WebProbe(reading: self).map { .web($0) } }

    /// Bad events and all events.
    private func share(
        _ expected: String, and more: [String] = []
    ) -> (bad: String, total: String, fields: Fields)? {
        guard let fields = fields(["bad", "total"] + more, expected) else { return nil }
        let bad = fields.required("bad", like: "'http_requests_total{code=~\"5..\"}'")?.nonEmptyText("a selector")
        let total = fields.required("total", like: "http_requests_total")?.nonEmptyText("a selector")
        guard let bad, let total else { return nil }
        return (bad, total, fields)
    }
}

extension CheckSpec.Kind {
    /// What stands at the kind's key.
    var documentNode: Node {
        switch self {
        case .ratio(let bad, let total), .peers(let bad, let total):
            return .mapping([("bad", .string(bad)), ("total", .string(total))])
        case .latency(let histogram): return .mapping([("histogram", .string(histogram))])
        case .rate(let events, let per): return .mapping([("events", .string(events)), ("per", per.map(Node.string))])
        case .gauge(let expression), .guardrail(let expression): return .string(expression)
        case .slo(let bad, let total, let objective):
            return .mapping([
                ("bad", .string(bad)), ("total", .string(total)), ("objective", objective.documentNode),
            ])
        case .web(let probe): return probe.documentNode
        }
    }
}
