import Values

/// Canary against baseline over time, with the limit that the canary may not exceed.
struct Chart: Sendable {
    var title: String
    /// Oldest first.
    var points: [ChartPoint]
    var marks: [ChartMark]
    /// Whether the values are ratios, shown as percent.
    var isRatio: Bool
    /// Whether the check fails now.
    var isFailing: Bool
    /// Where the time axis ends.
    var until: Timestamp
    var now: Timestamp

    private static let width = 560.0
    private static let height = 170.0
    private static let left = 52.0
    private static let right = 10.0
    private static let top = 18.0
    private static let bottom = 22.0

    var figure: Markup {
        tag("figure", .class("chart"), .id("chart-\(title)"), .named("data-points", pointsText)) {
            tag("figcaption") {
                tag("strong") { title }
                legend
                tag("output", .class("readout"), .flag("data-readout")) {}
            }
            drawing
        }
    }

    private var legend: Markup {
        tag("span", .class("legend")) {
            key("canary", isRatio ? "canary" : "value")
            if points.contains(where: { $0.baseline != nil }) { key("baseline", "baseline") }
            if points.contains(where: { $0.limit != nil }) { key("limit", "limit") }
        }
    }

    private func key(_ style: String, _ word: String) -> Markup {
        tag("span", .class("key")) {
            tag(
                "svg", .class("swatch"), .named("viewBox", "0 0 18 8"), .named("width", 18), .named("height", 8),
                .named("aria-hidden", "true")
            ) {
                tag("path", .class("series", style), .named("d", "M0 4h18"))
            }
            tag("span") { word }
        }
    }

    private var drawing: Markup {
        tag(
            "svg", .class("plot"), .named("viewBox", "0 0 560 170"), .named("role", "img"),
            .named("aria-label", description)
        ) {
            grid
            for mark in visibleMarks { upright(mark) }
            line("limit") { $0.limit }
            line("baseline") { $0.baseline }
            line("canary") { $0.canary }
            lastPoint
            tag("path", .class("cursor"), .named("d", "M0 18V148"), .flag("hidden"))
        }
    }

    /// The same for those who do not see it.
    private var description: String {
        guard let last = points.last else { return "\(title): no readings" }
        let parts = [
            last.canary.map { "canary \(words($0))" }, last.baseline.map { "baseline \(words($0))" },
            last.limit.map { "limit \(words($0))" },
        ]
        return "\(title) over time; newest reading: " + parts.compactMap { $0 }.joined(separator: ", ")
    }

    private var grid: Markup {
        group {
            for step in 0...2 {
                let value = ceiling * Double(step) / 2
                tag(
                    "path", .class("grid"),
                    .named("d", "M\(Chart.left) \(number(vertical(value)))H\(number(Chart.width - Chart.right))"))
                label(words(value), x: Chart.left - 6, y: vertical(value) + 4, anchor: "end")
            }
            label(Moments.words(start, now: now), x: Chart.left, y: Chart.height - 4, anchor: "start")
            label(endWords, x: Chart.width - Chart.right, y: Chart.height - 4, anchor: "end")
        }
    }

    /// Beside the start's age the end's own says nothing when both are long ago; then it is counted from the start.
    private var endWords: String {
        let (first, last) = (Moments.words(start, now: now), Moments.words(end, now: now))
        return first == last ? "\(Figures.period(.seconds((end - start).milliseconds / 1000))) later" : last
    }

    private func label(_ text: String, x: Double, y: Double, anchor: String) -> Markup {
        tag(
            "text", .class("tick"), .named("x", number(x)), .named("y", number(y)), .named("text-anchor", anchor)
        ) { text }
    }

    /// Marks within the chart, and not so close that their words would run into one another.
    private var visibleMarks: [ChartMark] {
        var kept: [ChartMark] = []
        for mark in marks where mark.at >= start && mark.at <= end {
            if let last = kept.last, horizontal(mark.at) - horizontal(last.at) < Double(last.label.count) * 6 + 8 {
                continue
            }
            kept.append(mark)
        }
        return kept
    }

    private func upright(_ mark: ChartMark) -> Markup {
        let x = horizontal(mark.at)
        let leansLeft = x > Chart.width - 80
        return group {
            tag("path", .class("mark"), .named("d", "M\(number(x)) 8V\(number(Chart.height - Chart.bottom))"))
            label(mark.label, x: leansLeft ? x - 4 : x + 4, y: 13, anchor: leansLeft ? "end" : "start")
        }
    }

    /// One series; a stretch without values is left open.
    private func line(_ style: String, _ value: (ChartPoint) -> Double?) -> Markup? {
        var outline = ""
        var isDrawing = false
        for point in points {
            guard let height = value(point) else {
                isDrawing = false
                continue
            }
            outline += "\(isDrawing ? "L" : "M")\(number(horizontal(point.at))) \(number(vertical(height)))"
            isDrawing = true
        }
        guard !outline.isEmpty else { return nil }
        return tag("path", .class("series", style), .named("d", outline))
    }

    private var lastPoint: Markup? {
        guard let last = points.last, let canary = last.canary else { return nil }
        return tag(
            "circle", .class("last", isFailing ? "over" : ""), .named("cx", number(horizontal(last.at))),
            .named("cy", number(vertical(canary))), .named("r", "3.5"))
    }

    private var start: Timestamp {
        // A single reading still needs an axis with some length.
        min(points.first?.at ?? until, end - .seconds(10))
    }
    private var end: Timestamp { max(until, points.last?.at ?? until) }

    /// The top of the vertical axis: a little above everything that is drawn.
    private var ceiling: Double {
        let values = points.flatMap { [$0.canary, $0.baseline, $0.limit] }.compactMap { $0 }
        return roundedUp((values.max() ?? 0) * 1.1)
    }

    /// The next number of the form 1, 2, 4, 5 or 10 times a power of ten.
    private func roundedUp(_ value: Double) -> Double {
        guard value > 0, value.isFinite else { return isRatio ? 0.01 : 1 }
        var power = 1.0
        while power > value { power /= 10 }
        while power * 10 < value { power *= 10 }
        let step = [1.0, 2, 3, 4, 5, 6, 8].first { $0 * power >= value }
        return (step ?? 10) * power
    }

    private func horizontal(_ at: Timestamp) -> Double {
        let span = Double(max(1, (end - start).milliseconds))
        let share = Double((at - start).milliseconds) / span
        return Chart.left + share * (Chart.width - Chart.left - Chart.right)
    }

    private func vertical(_ value: Double) -> Double {
        let share = max(0, min(1, value / ceiling))
        return Chart.height - Chart.bottom - share * (Chart.height - Chart.top - Chart.bottom)
    }

    private func words(_ value: Double) -> String {
        isRatio ? Figures.percent(value) : Figures.plain(value)
    }

    private func number(_ value: Double) -> String { Figures.fixed(value, 1, trim: true) }

    /// For the script's read-out under the pointer: `x|time|canary|baseline|limit` in the words of the chart, one a line.
    private var pointsText: String {
        points.map { point in
            let values = [point.canary, point.baseline, point.limit].map { $0.map(words) ?? "" }
            return ([number(horizontal(point.at)), "\(point.at.milliseconds)"] + values).joined(separator: "|")
        }.joined(separator: "\n")
    }
}
