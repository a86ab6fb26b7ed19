import Values

/// A rollout as a trace: a line for each tick and host in which something was counted.
struct RolloutTrace {
    let span: RolloutSpan
    let grid: TickGrid
    private let columns: [TraceColumns.Source]
    private var counts: [[RolloutMeasures.Counter: [Double?]]] = []
    private var durations: [[RolloutMeasures.Counter: [[Double: Double]?]]] = []
    /// By histogram: the edges of all hosts, in milliseconds, as they are written.
    private var edges: [[String]] = []

    init(_ span: RolloutSpan, _ columns: [TraceColumns.Source], _ measures: RolloutMeasures) async throws {
        (self.span, grid) = (span, measures.grid)
        self.columns = columns
        for column in columns {
            let histogram = column.isHistogram ? try await measures.durations(column.selector) : [:]
            counts.append(column.isHistogram ? [:] : try await measures.counts(column.selector))
            durations.append(histogram)
            let found = Set(histogram.values.joined().compactMap { $0?.keys }.joined()).sorted()
            edges.append(
                found.reduce(into: []) { if $0.last != RolloutTrace.text($1) { $0.append(RolloutTrace.text($1)) } })
        }
    }

    /// Milliseconds, to a millionth of one.
    private static func text(_ edge: Double) -> String {
        guard edge.isFinite, edge < 1e9 else { return "+Inf" }
        return number((edge * 1e9).rounded() / 1e6)
    }

    private static func number(_ number: Double) -> String {
        number == number.rounded() && abs(number) < 1e15 ? "\(Int64(number))" : "\(number)"
    }

    /// The lines, the header first, and how many of them are of hosts with the change, and of others since then.
    func lines() -> (lines: [String], canary: Int, others: Int) {
        var header = ["t", "cohort", "zone", "host"]
        for (column, edges) in zip(columns, edges) {
            header += column.isHistogram ? edges.map { "\(column.name)_\($0)" } : [column.name]
        }
        var (lines, canary, others) = ([header.joined(separator: ",")], 0, 0)
        for place in 0..<grid.count {
            let end = grid.end - grid.tick * Int64(grid.count - 1 - place)
            let time = (end - span.began).seconds
            for host in span.hosts {
                let standing = span.standing(host, at: end)
                let counter = RolloutMeasures.Counter(host: host.name, version: standing.version)
                guard let fields = fields(counter, at: place) else { continue }
                let names = [standing.cohort, host.zone, host.name].map { $0.replacing(",", with: ";") }
                lines.append(([RolloutTrace.number(time)] + names + fields).joined(separator: ","))
                if standing.cohort == "canary" { canary += 1 } else if time > 0 { others += 1 }
            }
        }
        return (lines, canary, others)
    }

    /// `nil` where nothing was counted.
    private func fields(_ counter: RolloutMeasures.Counter, at place: Int) -> [String]? {
        var fields: [String] = []
        var isCounted = false
        for (index, column) in columns.enumerated() {
            guard column.isHistogram else {
                let count = counts[index][counter]?[place]
                isCounted = isCounted || count != nil
                fields.append(RolloutTrace.number(count ?? 0))
                continue
            }
            let buckets = durations[index][counter]?[place]
            isCounted = isCounted || buckets != nil
            var sums: [String: Double] = [:]
            for (edge, count) in buckets ?? [:] { sums[RolloutTrace.text(edge), default: 0] += count }
            fields += edges[index].map { RolloutTrace.number(sums[$0] ?? 0) }
        }
        return isCounted ? fields : nil
    }
}
