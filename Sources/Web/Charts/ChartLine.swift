import Series
import Values

/// Moments at even distances: where the values of all lines of a chart belong.
struct ChartGrid: Hashable, Sendable {
    var start: Timestamp
    var step: Period
    /// At least one.
    var count: Int

    /// From the last multiple of `step` before `start` through the last one before `end`: so that the same question can be asked
    /// again within a step.
    init(from start: Timestamp, through end: Timestamp, step: Period) {
        let size = max(1, step.milliseconds)
        let first = start.milliseconds / size * size
        self.start = Timestamp(milliseconds: first)
        self.step = Period(milliseconds: size)
        count = Int(max(0, end.milliseconds / size * size - first) / size) + 1
    }

    var end: Timestamp { start + step * Int64(count - 1) }

    /// 0 at the start, 1 at the end; outside of both for what is not on the chart.
    func share(_ at: Timestamp) -> Double {
        Double((at - start).milliseconds) / Double(max(1, (end - start).milliseconds))
    }

    /// A size that people count in, so that about `points` of them fill a stretch of time.
    static func step(for period: Period, points: Int64) -> Period {
        let sizes: [Int64] = [
            1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 21_600, 43_200, 86_400,
        ]
        let rough = max(1, period.milliseconds / max(1, points))
        return .seconds(sizes.first { $0 * 1000 >= rough } ?? (rough + 86_399_999) / 86_400_000 * 86_400)
    }
}

/// What a line is drawn with. Canary and baseline look the same everywhere.
enum LineStyle: Hashable, Sendable {
    case canary
    case baseline
    case limit
    /// That a change is good, and what proves it.
    case proof
    case proven
    /// One of several that have no meaning of their own.
    case plain(Int)

    static let colours = 10

    var name: String {
        switch self {
        case .canary: return "canary"
        case .baseline: return "baseline"
        case .limit: return "limit"
        case .proof: return "proof"
        case .proven: return "proven"
        case .plain(let place): return "c\(place % LineStyle.colours)"
        }
    }
}

/// One series on a chart.
struct ChartLine: Hashable, Sendable {
    var name: String
    var style: LineStyle
    /// One for each moment of the grid; `nil` where there is none.
    var values: [Double?]
    /// Tells it apart in addresses.
    var key = ""
    var isHidden = false
    /// For the second and later of lines with the same colour.
    var isDashed = false

    var finite: [Double] { values.compactMap { $0 } }
    var last: Double? { values.last { $0 != nil } ?? nil }

    init(_ name: String, _ style: LineStyle, values: [Double?]) {
        (self.name, self.style, self.values) = (name, style, values)
    }

    /// The numbers of a series at the moments of the grid; what is not finite is a gap.
    static func values(times: [Int64], values: [Double], on grid: ChartGrid) -> [Double?] {
        var onGrid = [Double?](repeating: nil, count: grid.count)
        for (time, value) in zip(times, values) where value.isFinite {
            let place = (time - grid.start.milliseconds) / grid.step.milliseconds
            if onGrid.indices.contains(Int(place)) { onGrid[Int(place)] = value }
        }
        return onGrid
    }
}

/// A moment that a chart marks: a wave that began, a rollback.
struct ChartMark: Hashable, Sendable {
    var at: Timestamp
    var label: String
    /// Said on hover and to those who do not see it.
    var sentence = ""
    var tone = Tone.idle
    /// Where it leads to.
    var link: Link?
}

/// A stretch of time in which a rollout was under way.
struct ChartBand: Hashable, Sendable {
    var from: Timestamp
    var through: Timestamp
    var tone = Tone.idle
}
