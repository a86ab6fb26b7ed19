import Values
import Verdicts

/// What the values of a chart are, and how they are written.
enum ChartUnit: String, Hashable, Sendable {
    case number
    case ratio
    case seconds
    case bytes
    /// Powers of ten of evidence: 2 is a hundred to one.
    case odds

    /// What is less than this is as good as nothing, and drawn there.
    static let leastOdds = -2.0

    func words(_ value: Double) -> String {
        guard value.isFinite else { return Figures.plain(value) }
        switch self {
        case .number: return Figures.short(value)
        case .ratio: return Figures.percent(value)
        case .seconds: return Figures.seconds(value)
        case .bytes: return Figures.bytes(value)
        case .odds:
            let side = Figures.short(
                Odds(decades: min(abs(value), value < 0 ? -ChartUnit.leastOdds : 300)).ratio.rounded())
            if value >= 0 { return "\(side):1" }
            return (value <= ChartUnit.leastOdds ? "≤ 1:" : "1:") + side
        }
    }
}

/// The range of values that a chart shows, and the values that are written beside it.
struct ChartScale: Hashable, Sendable {
    var low: Double
    var high: Double
    var ticks: [Double]

    /// - Parameter fromZero: a bar of zero is part of what one must see, also when all values are far from it.
    init(_ values: [Double], unit: ChartUnit, fromZero: Bool) {
        let values = values.filter(\.isFinite)
        let smallest = values.min() ?? 0
        let largest = values.max() ?? 0
        // Values that hardly differ would be one flat line at the top.
        let startsAtZero = smallest >= 0 && (fromZero || smallest < 0.6 * largest || smallest == largest)
        let bottom = startsAtZero ? 0 : smallest
        var top = largest
        if top <= bottom { top = bottom + (bottom == 0 ? (unit == .ratio ? 0.01 : 1) : abs(bottom) * 0.1) }
        // A quarter: the whole range may be more than a number can hold.
        let quarter = top / 4 - bottom / 4
        let step = ChartScale.step(quarter * 1.02, unit: unit)
        low = ChartScale.finite((bottom / step).rounded(.down) * step)
        high = ChartScale.finite((top.addingProduct(quarter, 0.08) / step).rounded(.up) * step)
        if high <= low { high = ChartScale.finite(low + max(step, low.ulp)) }
        ticks = []
        // By counting: adding up small steps to large numbers may never arrive.
        let count = Int(min(12, (high / step - low / step).rounded()))
        for index in 0...max(1, count) { ticks.append(ChartScale.finite(low.addingProduct(Double(index), step))) }
    }

    private static func finite(_ value: Double) -> Double {
        max(-.greatestFiniteMagnitude, min(.greatestFiniteMagnitude, value))
    }

    /// The next size of the form 1, 2, 2.5 or 5 times a power of ten; for bytes, times a power of two.
    private static func step(_ rough: Double, unit: ChartUnit) -> Double {
        // Numbers smaller than these have no tenth part that is more than zero.
        guard rough > 0, rough.isNormal else { return 1 }
        // Only whole powers of ten are written.
        if unit == .odds, rough <= 1 { return 1 }
        var base = 1.0
        if unit == .bytes { while base * 1024 <= rough { base *= 1024 } }
        var power = base
        while power > rough { power /= 10 }
        while power * 10 <= rough { power *= 10 }
        return ([1, 2, 2.5, 5].first { $0 * power >= rough } ?? 10) * power
    }

    /// 0 at the bottom, 1 at the top.
    func share(_ value: Double) -> Double {
        guard low < high else { return 0 }
        // By halves: the whole range may be more than a number can hold.
        return max(0, min(1, (value / 2 - low / 2) / (high / 2 - low / 2)))
    }
}

/// The times that are written below a chart, all of UTC.
struct ChartTimes: Hashable, Sendable {
    var ticks: [(at: Timestamp, text: String)]

    private static let steps: [Int64] = [
        1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400, 172_800,
        604_800, 2_592_000,
    ]

    init(from start: Timestamp, through end: Timestamp, count: Int) {
        let span = max(1000, (end - start).milliseconds)
        let step = (ChartTimes.steps.first { $0 * 1000 * Int64(count) >= span } ?? 31_536_000) * 1000
        var at = (start.milliseconds + step - 1) / step * step
        ticks = []
        while at <= end.milliseconds, ticks.count <= count + 1 {
            ticks.append((Timestamp(milliseconds: at), ChartTimes.text(at, step: step)))
            at += step
        }
    }

    /// `20:05`, `20:05:30`, or the day where a new one begins.
    private static func text(_ milliseconds: Int64, step: Int64) -> String {
        let text = Timestamp(milliseconds: milliseconds).description
        if milliseconds % 86_400_000 == 0 { return String(text.dropFirst(5).prefix(5)) }
        let clock = text.dropFirst(11)
        return String(clock.prefix(step < 60_000 ? 8 : 5))
    }

    static func == (left: ChartTimes, right: ChartTimes) -> Bool { left.ticks.elementsEqual(right.ticks, by: ==) }
    func hash(into hasher: inout Hasher) { for tick in ticks { hasher.combine(tick.at) } }
}
