/// What is done to histograms (counts of values by bucket, lowest first) before they are compared.
public enum Histogram {
    /// The histogram of values divided by the factor between neighbouring buckets, `buckets` times: the margin of exponential buckets.
    ///
    /// What would fall below the lowest bucket is counted there: the canary looks no slower for it than it is.
    public static func movedDown(_ counts: [Double], by buckets: Int) -> [Double] {
        guard buckets > 0, !counts.isEmpty else { return counts }
        let steps = min(buckets, counts.count - 1)
        var moved = Array(counts[steps...])
        moved[0] += counts[..<steps].reduce(0, +)
        return moved + Array(repeating: 0, count: steps)
    }

    /// How many values lie above the bucket `edge` (counted from 0): events for `CountEvidence`, whose exposure is the sum of all.
    public static func exceedances(_ counts: [Double], above edge: Int) -> Double {
        guard edge >= 0, edge < counts.count else { return 0 }
        return counts[(edge + 1)...].reduce(0, +)
    }

    /// The bucket whose upper edge is nearest to a quantile: chosen from data before the change, so that the choice says nothing about it.
    ///
    /// - Returns: nil for an empty histogram, or one whose values all lie in the last bucket (nothing is ever above it).
    public static func edge(nearest quantile: Double, of counts: [Double]) -> Int? {
        let all = counts.reduce(0, +)
        guard all > 0, all < .infinity else { return nil }
        var below = 0.0
        var best: (edge: Int, distance: Double)?
        for (edge, count) in counts.dropLast().enumerated() {
            below += count
            let distance = abs(below / all - quantile)
            if below < all, distance < best?.distance ?? .infinity { best = (edge, distance) }
        }
        return best?.edge
    }
}
