import Statistics

/// How long things took before a change, where nobody is left to compare with: counts by bucket.
public struct EarlierDurations: Hashable, Codable, Sendable {
    /// The finite upper edges; durations beyond them are in a bucket of their own.
    private var edges: [Double]
    private var counts: [Double]

    /// Fewer durations than this say too little of how long things take.
    private static let fewest = 200.0
    /// The hour may be another: only what takes half as long again is longer than before.
    private static let slower = 1.5

    init(edges: [Double]) {
        self.edges = edges.filter { $0 < .infinity }
        counts = Array(repeating: 0, count: edges.count)
    }

    /// - Returns: whether they are buckets with these edges.
    func fits(_ edges: [Double]) -> Bool {
        counts.count == edges.count && self.edges == edges.filter { $0 < .infinity }
    }

    mutating func add(_ rows: [HostDurations]) {
        for row in rows where row.counts.count == counts.count {
            for index in counts.indices where row.counts[index] > 0 && row.counts[index] < .infinity {
                counts[index] += row.counts[index]
            }
        }
    }

    /// So many durations as they were before, each half as long again; `nil` when too little is known.
    func standIn(total: Double) -> [Double]? {
        let known = counts.reduce(0, +)
        guard known >= EarlierDurations.fewest, total > 0 else { return nil }
        return slowed.map { $0 * total / known }
    }

    private var slowed: [Double] {
        var slowed = Array(repeating: 0.0, count: counts.count)
        for (index, count) in counts.enumerated() where count > 0 {
            guard index < edges.count else {
                slowed[index] += count
                continue
            }
            let (lower, upper) = (index > 0 ? edges[index - 1] : edges[index] / 2, edges[index])
            spread(count, from: lower * EarlierDurations.slower, to: upper * EarlierDurations.slower, over: &slowed)
        }
        return slowed
    }

    /// Evenly by the logarithm, as durations within a bucket are taken to be.
    private func spread(_ count: Double, from: Double, to: Double, over slowed: inout [Double]) {
        guard from > 0, to > from else { return slowed[0] += count }
        let width = logarithm(to / from)
        for index in slowed.indices {
            let lower = index > 0 ? max(from, edges[index - 1]) : from
            let upper = index < edges.count ? min(to, edges[index]) : to
            if upper > lower { slowed[index] += count * logarithm(upper / lower) / width }
        }
    }
}
