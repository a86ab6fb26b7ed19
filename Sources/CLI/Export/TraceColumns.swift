import Specs
import Verdicts

/// The columns of a rollout's trace, and its checks in terms of them.
struct TraceColumns {
    /// What is counted for a column, or for a histogram's columns.
    struct Source {
        /// A column's name, or what the names of buckets begin with.
        var name: String
        var selector: String
        var isHistogram = false
    }

    private(set) var sources: [Source] = []
    private(set) var checks: [CheckSpec] = []
    /// A sentence for each check that a trace cannot hold.
    private(set) var skipped: [String] = []

    init(_ checks: [CheckSpec]) {
        for check in checks {
            guard let kind = kind(check) else { continue }
            var check = check
            check.kind = kind
            self.checks.append(check)
        }
    }

    private mutating func kind(_ check: CheckSpec) -> CheckSpec.Kind? {
        // A selector in the file of checks is a metric's name.
        let own = String(check.name.map { $0.isLetter || $0.isNumber ? $0 : "_" })
        switch check.kind {
        case .ratio(let bad, let total):
            let columns = events(bad, total, own)
            return .ratio(bad: columns.bad, total: columns.total)
        case .slo(let bad, let total, let objective):
            let columns = events(bad, total, own)
            return .slo(bad: columns.bad, total: columns.total, objective: objective)
        case .peers(let bad, let total):
            let columns = events(bad, total, own)
            return .peers(bad: columns.bad, total: columns.total)
        case .rate(let events, let per):
            return .rate(
                events: column(events, own, "\(own)_events"), per: per.map { column($0, "\(own)_per", "\(own)_base") })
        case .latency(let histogram):
            return .latency(histogram: column(histogram, "le", "\(own)_le", isHistogram: true))
        case .web:
            let all = "check=\"\(check.name)\""
            let columns = events(
                "\(WebCheckSeries.name){\(all), answer=\"\(WebCheckSeries.wrong)\"}", "\(WebCheckSeries.name){\(all)}",
                own)
            return .ratio(bad: columns.bad, total: columns.total)
        case .gauge, .guardrail:
            skipped.append("\(check.name): a \(check.kind.name) is a query, and counts nothing that a trace could hold")
            return nil
        }
    }

    private mutating func events(_ bad: String, _ total: String, _ own: String) -> (bad: String, total: String) {
        (column(bad, "errors", "\(own)_bad"), column(total, "requests", "\(own)_total"))
    }

    /// One column for a selector, whoever looks at it: by the usual name where that is free.
    private mutating func column(
        _ selector: String, _ usual: String, _ own: String, isHistogram: Bool = false
    ) -> String {
        if let known = sources.first(where: { $0.selector == selector && $0.isHistogram == isHistogram }) {
            return known.name
        }
        var name = sources.contains { $0.name == usual } ? own : usual
        while sources.contains(where: { $0.name == name }) { name += "x" }
        sources.append(Source(name: name, selector: selector, isHistogram: isHistogram))
        return name
    }
}
