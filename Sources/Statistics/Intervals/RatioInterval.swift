/// An interval for the ratio of the canary's rate to the baseline's that holds at every look at once.
///
/// For each ratio θ of a grid the likelihood of the ticks given their totals, L(θ) (binomial; the baseline's rate cancels in every tick). The
/// mean of L over the grid divided by L(θ₀) is an e-value against "the ratio is θ₀ at all times" (Robbins 1970); the interval holds the θ₀
/// where it is below 1/α: P(it ever misses the ratio) ≤ α. ln L is concave in ln θ, so chords prolonged from outside bound it between two
/// grid points: the ends err to the outside.
///
/// **Stops being true** like `CountEvidence`; a ratio that changes with time is covered as it was on average, not as it is now.
public struct RatioInterval: Sendable, Hashable {
    /// ln L at each grid point, up to a common constant.
    private var logLikelihood: [Double]

    /// ln θ from ln 1/64 to ln 64.
    private static let grid: [Double] = (0...40).map { (Double($0) - 20) / 20 * logarithm(64) }
    private static let ratios = grid.map { exponential($0) }

    public init() { logLikelihood = Array(repeating: 0, count: RatioInterval.grid.count) }

    /// Takes in a tick of one stratum; several strata of a tick are several calls.
    public mutating func observe(_ counts: CohortCounts, dispersion: Double = 1) {
        guard counts.isComparable else { return }
        let events = counts.canaryEvents + counts.baselineEvents
        guard events > 0 else { return }
        let scale = 1 / max(1, dispersion)
        let (exposure, other) = (counts.canaryExposure, counts.baselineExposure)
        let (grid, ratios) = (RatioInterval.grid, RatioInterval.ratios)
        for index in grid.indices {
            let logTilt = logarithm((ratios[index] * exposure + other) / (exposure + other))
            logLikelihood[index] += (counts.canaryEvents * grid[index] - events * logTilt) * scale
        }
    }

    /// The likeliest ratio (the peak of the parabola through the three best grid points); nil before any event.
    public var estimate: Double? {
        guard let best = logLikelihood.indices.max(by: { logLikelihood[$0] < logLikelihood[$1] }),
            logLikelihood.contains(where: { $0 != 0 })
        else { return nil }
        guard best > 0, best < logLikelihood.count - 1 else { return RatioInterval.ratios[best] }
        let (left, middle, right) = (logLikelihood[best - 1], logLikelihood[best], logLikelihood[best + 1])
        let curvature = left - 2 * middle + right
        let step = RatioInterval.grid[1] - RatioInterval.grid[0]
        let shift = curvature < 0 ? 0.5 * (left - right) / curvature * step : 0
        return exponential(RatioInterval.grid[best] + shift)
    }

    /// The interval of the level 1 − `chance`; 0 and ∞ where the data say nothing.
    public func bounds(chance: Double) -> (lower: Double, upper: Double) {
        let grid = RatioInterval.grid
        let mean = logSum(logLikelihood) - logarithm(Double(grid.count))
        // A ratio is outside where its ln L is at most this.
        let limit = mean + logarithm(min(1, max(1e-300, chance)))
        guard let first = logLikelihood.firstIndex(where: { $0 > limit }),
            let last = logLikelihood.lastIndex(where: { $0 > limit })
        else { return (0, .infinity) }
        let lower = first == 0 ? nil : crossing(inside: first, outside: first - 1, limit: limit)
        let upper = last == grid.count - 1 ? nil : crossing(inside: last, outside: last + 1, limit: limit)
        return (lower.map { exponential($0) } ?? 0, upper.map { exponential($0) } ?? .infinity)
    }

    /// Between a point inside and one outside: where the prolonged outer chord, which lies above ln L there, falls to the limit.
    private func crossing(inside: Int, outside: Int, limit: Double) -> Double {
        let grid = RatioInterval.grid
        let beyond = outside + (outside - inside)
        guard grid.indices.contains(beyond) else { return grid[outside] }
        let slope = (logLikelihood[outside] - logLikelihood[beyond]) / (grid[outside] - grid[beyond])
        guard slope != 0 else { return grid[inside] }
        let place = grid[outside] + (limit - logLikelihood[outside]) / slope
        return inside > outside
            ? min(grid[inside], max(grid[outside], place)) : max(grid[inside], min(grid[outside], place))
    }
}

extension RatioInterval: EvidenceState {
    public static var kind: UInt8 { 7 }
    public var fingerprint: UInt64 { Fingerprint(UInt64(RatioInterval.grid.count)).value }
    public func writeState(to bytes: inout StateWriter) { bytes.write(logLikelihood) }

    public mutating func readState(from bytes: inout StateReader) throws(StateError) {
        logLikelihood = try bytes.numbers(RatioInterval.grid.count)
    }
}
