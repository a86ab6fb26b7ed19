import Rollouts
import Synchronization
import Values
import Verdicts
import Wire

/// Remembers the readings of rollouts as they pass by, so that a chart shows more than the history's changes of verdict.
///
/// It holds a bounded number of rollouts and points; a check's older points are thinned out, its span stays.
final class ReadingRecorder: Sendable {
    private struct Track {
        var points: [String: [ChartPoint]] = [:]
        var newest = Timestamp.epoch
    }

    private static let rollouts = 64
    private static let checks = 32
    private static let pointsPerCheck = 240
    private static let apart = Period.milliseconds(400)

    private let tracks = Mutex<[String: Track]>([:])

    /// Notes a rollout's readings, unless it was noted a moment ago or has ended.
    func note(_ rollout: RolloutView, at now: Timestamp) {
        guard !rollout.phase.isFinal else { return }
        tracks.withLock { tracks in
            var track = tracks[rollout.id] ?? Track()
            guard now - track.newest >= ReadingRecorder.apart else { return }
            for reading in rollout.readings.prefix(ReadingRecorder.checks) {
                guard let point = ChartPoint(reading, at: now) else { continue }
                track.points[reading.check, default: []].appendThinning(point, limit: ReadingRecorder.pointsPerCheck)
            }
            track.newest = now
            tracks[rollout.id] = track
            if tracks.count > ReadingRecorder.rollouts,
                let oldest = tracks.min(by: { $0.value.newest < $1.value.newest })?.key
            {
                tracks[oldest] = nil
            }
        }
    }

    /// What was noted of a check, oldest first.
    func points(rollout: String, check: String) -> [ChartPoint] {
        tracks.withLock { $0[rollout]?.points[check] ?? [] }
    }
}

extension [ChartPoint] {
    /// Appends; when there are too many, every second one is dropped, except the newest.
    fileprivate mutating func appendThinning(_ point: ChartPoint, limit: Int) {
        append(point)
        guard count > limit else { return }
        let newest = count - 1
        self = enumerated().filter { $0.offset.isMultiple(of: 2) || $0.offset == newest }.map(\.element)
    }
}
