import Values

/// The columns of a trace: `trace,t,cohort,zone,host`, then counters by name, then `le_…` for requests by latency.
public struct TraceHeader: Hashable, Sendable {
    /// Every column's name, in order.
    public let columns: [String]
    let trace: Int?
    let time: Int
    let cohort: Int
    let zone: Int?
    let host: Int?
    /// Columns of histograms, by the name before `_` and the edge: `le` has the columns `le_0.1`, …, `le_+Inf`.
    let histograms: [String: [(column: Int, edge: Double)]]

    public static func == (left: TraceHeader, right: TraceHeader) -> Bool { left.columns == right.columns }
    public func hash(into hasher: inout Hasher) { hasher.combine(columns) }

    /// - Throws: `TraceProblem` for a line without the columns that every trace needs.
    public init(line: String) throws(TraceProblem) {
        let columns = line.split(separator: ",", omittingEmptySubsequences: false).map { String($0).trimmingSpaces }
        self.columns = columns
        if let twice = columns.indices.first(where: { columns[..<$0].contains(columns[$0]) }) {
            throw TraceProblem(line: 1, column: twice + 1, reason: "the column '\(columns[twice])' is there twice")
        }
        func place(_ name: String) throws(TraceProblem) -> Int {
            guard let place = columns.firstIndex(of: name) else {
                throw TraceProblem(
                    line: 1, column: 1,
                    reason: "there is no column '\(name)'; a trace begins with trace,t,cohort,zone,host,requests,errors"
                )
            }
            return place
        }
        time = try place("t")
        cohort = try place("cohort")
        trace = columns.firstIndex(of: "trace")
        zone = columns.firstIndex(of: "zone")
        host = columns.firstIndex(of: "host")
        var histograms: [String: [(column: Int, edge: Double)]] = [:]
        for (index, name) in columns.enumerated() {
            guard let cut = name.lastIndex(of: "_") else { continue }
            let text = name[name.index(after: cut)...]
            let edge = text == "+Inf" || text == "Inf" ? Double.infinity : Double(text)
            guard let edge, edge >= 0 else { continue }
            let histogram = String(name[..<cut])
            guard !histograms[histogram, default: []].contains(where: { $0.edge == edge }) else {
                throw TraceProblem(
                    line: 1, column: index + 1, reason: "the bucket '\(name)' is there twice, written differently")
            }
            histograms[histogram, default: []].append((index, edge))
        }
        for name in histograms.keys { histograms[name]?.sort { $0.edge < $1.edge } }
        self.histograms = histograms
    }

    /// What a check may name.
    public var counters: [String] {
        let others = Set(["trace", "t", "cohort", "zone", "host"])
        let buckets = Set(histograms.values.joined().map(\.column))
        return columns.enumerated().filter { !others.contains($0.element) && !buckets.contains($0.offset) }
            .map(\.element)
    }
}

/// Where a trace is not one.
public struct TraceProblem: Error, Hashable, Sendable {
    /// 1 is the header.
    public var line: Int
    /// The number of the field, from 1.
    public var column: Int
    /// What is wrong there.
    public var reason: String
}

extension String {
    var trimmingSpaces: String {
        var text = Substring(self)
        while let first = text.first, first == " " || first == "\t" || first == "\r" { text.removeFirst() }
        while let last = text.last, last == " " || last == "\t" || last == "\r" { text.removeLast() }
        return String(text)
    }
}
