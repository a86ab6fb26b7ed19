import Specs
import Values
import Verdicts

/// What of a trace's columns each check looks at.
struct TraceChecks {
    enum Source {
        case events(bad: Int, total: Int)
        /// Events per second and host.
        case rate(Int)
        case durations([(column: Int, edge: Double)])
        case gauge(Int)
        case missing(String)
    }

    let sources: [Source]

    /// - Throws: `TraceProblem` for a check that names a column that is not there.
    init(_ checks: [CheckSpec], header: TraceHeader) throws(TraceProblem) {
        var sources: [Source] = []
        for check in checks { sources.append(try TraceChecks.source(check, header)) }
        self.sources = sources
    }

    private static func source(_ check: CheckSpec, _ header: TraceHeader) throws(TraceProblem) -> Source {
        func column(_ name: String) throws(TraceProblem) -> Int {
            if let place = header.columns.firstIndex(of: name) { return place }
            let hint = nearest(to: name, among: header.counters).map { "; did you mean '\($0)'?" } ?? ""
            throw TraceProblem(
                line: 1, column: 1,
                reason: "check \(check.name): the trace has no column '\(name)'\(hint); it has "
                    + header.counters.prefix(12).joined(separator: ", "))
        }
        switch check.kind {
        case .ratio(let bad, let total), .slo(let bad, let total, _), .peers(let bad, let total):
            return .events(bad: try column(bad), total: try column(total))
        case .rate(let events, let per):
            if let per { return .events(bad: try column(events), total: try column(per)) }
            return .rate(try column(events))
        case .latency(let name):
            guard let buckets = header.histograms[name], buckets.count >= 2 else {
                let known = header.histograms.filter { $0.value.count >= 2 }.keys.sorted()
                throw TraceProblem(
                    line: 1, column: 1,
                    reason:
                        "check \(check.name): the trace has no histogram '\(name)' (columns \(name)_0.1, \(name)_0.5, …); "
                        + (known.isEmpty ? "it has none" : "it has \(known.joined(separator: ", "))"))
            }
            return .durations(buckets)
        case .gauge(let name): return .gauge(try column(name))
        case .guardrail: return .missing("a guardrail is a query: there is nothing to query in a trace")
        case .web: return .missing("a web check makes requests: there is nobody to ask in a trace")
        }
    }

    /// The samples of a tick's rows.
    func samples(_ rows: [(place: HostPlace, row: TraceRow)], length: Double) -> [CheckSample] {
        sources.map { source in
            switch source {
            case .events(let bad, let total):
                return .events(
                    rows.map { HostEvents($0.place, bad: $0.row.numbers[bad], total: $0.row.numbers[total]) })
            case .rate(let events):
                return .events(rows.map { HostEvents($0.place, bad: $0.row.numbers[events], total: length) })
            case .durations(let buckets):
                return .durations(
                    edges: buckets.map(\.edge),
                    rows.map { entry in
                        HostDurations(entry.place, counts: buckets.map { entry.row.numbers[$0.column] })
                    })
            case .gauge(let column):
                return .gauges(rows.map { HostGauge($0.place, value: $0.row.numbers[column]) })
            case .missing(let reason): return .missing(reason)
            }
        }
    }
}
