import Rollouts
import Values
import Verdicts
import Wire

/// A check at one moment, as a chart shows it.
struct ChartPoint: Hashable, Sendable {
    var at: Timestamp
    var canary: Double?
    var baseline: Double?
    var limit: Double?

    /// `nil` when the reading has no number to show.
    init?(_ reading: Reading, at: Timestamp) {
        self.at = at
        canary = (reading.value ?? reading.canary?.ratio).flatMap { $0.isFinite ? $0 : nil }
        baseline = reading.baseline?.ratio
        limit = reading.limit.flatMap { $0.isFinite ? $0 : nil }
        if canary == nil, baseline == nil { return nil }
    }
}

/// A moment that a chart marks with an upright line.
struct ChartMark: Hashable, Sendable {
    var at: Timestamp
    var label: String
}

extension [HistoryEntry] {
    /// The points of a check that the history holds: every change of its verdict, and its reading at the end of each wave.
    func points(ofCheck check: String) -> [ChartPoint] {
        flatMap { entry -> [ChartPoint] in
            let readings: [Reading]
            switch entry.event.fact {
            case .judged(let reading): readings = [reading]
            case .waveDone(_, let atEnd): readings = atEnd
            case .rollbackStarted(let cause): readings = cause.reading.map { [$0] } ?? []
            default: readings = []
            }
            return readings.filter { $0.check == check }.compactMap { ChartPoint($0, at: entry.event.at) }
        }
    }

    /// When waves started, and when the rollout turned back.
    func marks(waves: [WaveView]) -> [ChartMark] {
        compactMap { entry in
            switch entry.event.fact {
            case .waveStarted(let wave):
                guard waves.indices.contains(wave) else { return nil }
                return ChartMark(at: entry.event.at, label: waves[wave].name)
            case .rollbackStarted: return ChartMark(at: entry.event.at, label: "rollback")
            default: return nil
            }
        }
    }
}
