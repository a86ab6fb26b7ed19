import Values

extension CheckSpec.Kind {
    /// What it looks at, for people, on one line.
    public var subject: String {
        switch self {
        case .ratio(let bad, let total), .peers(let bad, let total), .slo(let bad, let total, _):
            return "\(bad) / \(total)"
        case .latency(let histogram): return histogram
        case .rate(let events, let per): return per.map { "\(events) / \($0)" } ?? "\(events) a host and second"
        case .gauge(let expression), .guardrail(let expression): return expression
        case .web(let probe): return "\(probe.method.rawValue) \(probe.url)"
        }
    }
}

extension CheckSpec {
    /// How much worse the canary may be, for people: `×1.25 or +0.1%`; `nil` when the kind says it all.
    public var tolerated: String? {
        switch kind {
        case .slo(_, _, let objective):
            // What is left of 100% is said without the noise of binary fractions.
            return "\(Percentage(((100 - objective.percent) * 1e6).rounded() / 1e6)) bad"
        case .guardrail: return nil
        case .ratio, .latency, .rate, .gauge, .peers, .web: return tolerate.description
        }
    }
}
