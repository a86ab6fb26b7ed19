import Statistics
import Values

/// Where durations land that take a factor longer: within a bucket they are taken to be spread evenly on a logarithmic scale.
struct LatencyShift: Sendable {
    /// By bucket, the buckets that its durations land in, with their shares.
    let targets: [[(bucket: Int, share: Double)]]

    init(edges: [Double], factor: Double) {
        let spread = logarithm(factor)
        targets = edges.indices.map { bucket in
            // The last bucket has no end, and what is in it stays.
            guard edges[bucket].isFinite, edges[bucket] > 0 else { return [(bucket, 1)] }
            let top = logarithm(edges[bucket])
            // The first one begins somewhere: a quarter of its bound, unless there is one before.
            let bottom = bucket > 0 && edges[bucket - 1] > 0 ? logarithm(edges[bucket - 1]) : top - logarithm(4)
            var found: [(bucket: Int, share: Double)] = []
            for target in edges.indices {
                let upper =
                    edges[target].isFinite ? (edges[target] > 0 ? logarithm(edges[target]) : -.infinity) : .infinity
                let lower = target > 0 && edges[target - 1] > 0 ? logarithm(edges[target - 1]) : -.infinity
                let overlap = min(upper, top + spread) - max(lower, bottom + spread)
                if overlap > 0 { found.append((target, min(1, overlap / (top - bottom)))) }
            }
            return found.isEmpty ? [(bucket, 1)] : found
        }
    }

    func moved(_ counts: [Double], _ dice: inout SeededGenerator) -> [Double] {
        var moved = [Double](repeating: 0, count: counts.count)
        for (bucket, count) in counts.enumerated() where count > 0 {
            var (left, share) = (count, 1.0)
            for target in targets[bucket] {
                let taken = dice.binomial(left, min(1, target.share / share))
                moved[target.bucket] += taken
                (left, share) = (left - taken, share - target.share)
                if share <= 1e-12 { break }
            }
            moved[targets[bucket].last?.bucket ?? bucket] += left
        }
        return moved
    }
}
