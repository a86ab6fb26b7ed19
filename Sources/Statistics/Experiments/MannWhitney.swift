/// Whether values of one sample tend to be larger than those of another (Mann and Whitney 1947), at one fixed look.
public struct MannWhitney: Sendable, Hashable {
    public enum Alternative: Sendable, Hashable {
        case twoSided
        /// The first sample is larger.
        case greater
        case less
    }

    /// Pairs in which the first sample's value is the larger; ties count half.
    public let pairs: Double
    private let first: Double
    private let second: Double
    private let ties: Double

    /// - Returns: nil for an empty sample or a value that is not a number.
    public init?(_ first: [Double], _ second: [Double]) {
        guard !first.isEmpty, !second.isEmpty, (first + second).allSatisfy({ !$0.isNaN }) else { return nil }
        let ranks = Ranks(first + second)
        self.first = Double(first.count)
        self.second = Double(second.count)
        ties = ranks.ties
        pairs = ranks.ranks[..<first.count].reduce(0, +) - self.first * (self.first + 1) / 2
    }

    /// P(a value of the first sample is larger than one of the second), ties counted half.
    public var share: Double { pairs / (first * second) }

    /// The normal approximation, with the variance corrected for ties.
    public func pAsymptotic(_ alternative: Alternative, continuity: Bool = true) -> Double {
        let (statistic, factor) = extreme(alternative)
        let all = first + second
        let variance = first * second / 12 * (all + 1 - ties / (all * (all - 1)))
        guard variance > 0 else { return 1 }
        let excess = statistic - first * second / 2 - (continuity ? 0.5 : 0)
        return min(1, factor * Normal.upper(excess / variance.squareRoot()))
    }

    /// Exact for samples without ties (with them the statistic is rounded up: a larger p). O(pairs · smaller sample) work: for small samples.
    public func pExact(_ alternative: Alternative) -> Double {
        let (statistic, factor) = extreme(alternative)
        let counts = MannWhitney.distribution(Int(first), Int(second))
        let start = max(0, Int(statistic.rounded(.up)))
        guard start < counts.count else { return 0 }
        return min(1, factor * counts[start...].reduce(0, +))
    }

    private func extreme(_ alternative: Alternative) -> (statistic: Double, factor: Double) {
        let other = first * second - pairs
        return switch alternative {
        case .twoSided: (max(pairs, other), 2)
        case .greater: (pairs, 1)
        case .less: (other, 1)
        }
    }

    /// P(U = u) for u from 0 on: P(m, n; u) = m/(m+n) P(m−1, n; u−n) + n/(m+n) P(m, n−1; u), the largest value being in either sample.
    private static func distribution(_ m: Int, _ n: Int) -> [Double] {
        let (small, large) = (min(m, n), max(m, n))
        var rows = Array(repeating: [1.0], count: small + 1)
        for size in 1...large {
            for chosen in 1...small {
                let all = Double(chosen + size)
                let (taken, left) = (Double(chosen) / all, Double(size) / all)
                var row = Array(repeating: 0.0, count: chosen * size + 1)
                for (u, chance) in rows[chosen].enumerated() { row[u] += left * chance }
                for (u, chance) in rows[chosen - 1].enumerated() { row[u + size] += taken * chance }
                rows[chosen] = row
            }
        }
        return rows[small]
    }
}
