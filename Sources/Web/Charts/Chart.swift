import Values

/// Series over time, with marks where something was deployed.
///
/// The lines are stretched to the width that there is; what is written beside them is not.
struct Chart: Hashable, Sendable {
    enum Size: String, Hashable, Sendable {
        /// For one figure at a glance.
        case small
        case medium
        /// The only one on its page: it can be zoomed.
        case large

        var times: Int { self == .small ? 3 : self == .medium ? 4 : 8 }
    }

    var id: String
    var title: String
    var grid: ChartGrid
    var lines: [ChartLine]
    var marks: [ChartMark] = []
    var bands: [ChartBand] = []
    var unit = ChartUnit.number
    var size = Size.medium
    /// Whether another one stands beside it.
    var isHalf = false
    /// Whether zero is always shown.
    var fromZero = true
    /// Whether what it shows is bad now.
    var isFailing = false

    static let width = 1000.0
    static let height = 200.0

    var scale: ChartScale {
        let shown = lines.filter { !$0.isHidden }
        return ChartScale(shown.flatMap(\.finite), unit: unit, fromZero: fromZero)
    }

    /// Scale, lines, marks and times; for a figure around it.
    var frame: Markup {
        let scale = scale
        return tag("div", .class("frame", size.rawValue)) {
            if !visibleMarks.isEmpty { markRow }
            tag("svg", .class("scale"), .named("aria-hidden", "true")) {
                for tick in scale.ticks { scaleLabel(tick, scale) }
            }
            drawing(scale)
            tag("svg", .class("times"), .named("aria-hidden", "true")) {
                for tick in ChartTimes(from: grid.start, through: grid.end, count: size.times).ticks {
                    timeLabel(tick.text, at: grid.share(tick.at))
                }
            }
        }
    }

    /// What the script needs for its read-out, in the words of the chart.
    var readings: [Attribute] {
        [
            .named("data-start", grid.start.milliseconds), .named("data-step", grid.step.milliseconds),
            .named("data-count", grid.count),
        ]
    }

    private func drawing(_ scale: ChartScale) -> Markup {
        let interaction: [Attribute] =
            size == .large
            ? [.named("tabindex", 0), .named("aria-describedby", "chart-keys"), .flag("data-zoom")] : []
        let attributes: [Attribute] = [
            .class("plot"), .named("viewBox", "0 0 1000 200"), .named("preserveAspectRatio", "none"),
            .named("role", "img"), .named("aria-label", description),
        ]
        return tag("svg", with: attributes + interaction) {
            for band in bands { shade(band) }
            for tick in scale.ticks {
                tag("path", .class("grid"), .named("d", "M0 \(number(vertical(tick, scale)))H1000"))
            }
            for mark in marks where isVisible(mark) {
                tag(
                    "path", .class("mark", "tone-\(mark.tone.rawValue)"),
                    .named("d", "M\(number(horizontal(mark.at))) 0V200"))
            }
            for line in lines.reversed() { path(line, scale) }
            lastPoint(scale)
            tag("path", .class("selection"), .flag("hidden"), .named("d", ""))
            tag("path", .class("cursor"), .flag("hidden"), .named("d", "M0 0V200"))
        }
    }

    /// The same for those who do not see it.
    private var description: String {
        guard lines.contains(where: { $0.last != nil }) else { return "\(title): no values" }
        let parts = lines.prefix(6).compactMap { line in line.last.map { "\(line.name) \(unit.words($0))" } }
        let rest = lines.count > 6 ? ", and \(lines.count - 6) more" : ""
        return "\(title) over time; newest values: " + parts.joined(separator: ", ") + rest
    }

    // MARK: Lines

    private func path(_ line: ChartLine, _ scale: ChartScale) -> Markup {
        var outline = ""
        var isDrawing = false
        for (place, value) in line.values.enumerated() {
            guard let value else {
                // A value between two gaps is a dot.
                if isDrawing, outline.last == "m" { outline.removeLast() }
                isDrawing = false
                continue
            }
            let point = "\(number(horizontal(place))) \(number(vertical(value, scale)))"
            let isAlone = !isDrawing && (place + 1 >= line.values.count || line.values[place + 1] == nil)
            outline += (isDrawing ? "L" : "M") + point + (isAlone ? "h0" : "")
            isDrawing = true
        }
        var attributes: [Attribute] = [
            .class("series", line.style.name, line.isDashed ? "dashed" : ""), .named("d", outline),
            .named("data-name", line.name), .named("data-key", line.key),
            .named("data-values", line.values.map { $0.map(unit.words) ?? "" }.joined(separator: "|")),
        ]
        if line.isHidden { attributes.append(.flag("hidden")) }
        return tag("path", with: attributes)
    }

    /// The newest value of the first line, so that one sees where it ends. A stroke of no length stays round when it is stretched.
    private func lastPoint(_ scale: ChartScale) -> Markup? {
        guard size != .large, let line = lines.first, let value = line.last,
            let place = line.values.lastIndex(where: { $0 != nil })
        else { return nil }
        return tag(
            "path", .class("last", line.style.name, isFailing ? "over" : ""),
            .named("d", "M\(number(horizontal(place))) \(number(vertical(value, scale)))h0"))
    }

    // MARK: Marks

    private func isVisible(_ mark: ChartMark) -> Bool { mark.at >= grid.start && mark.at <= grid.end }

    private var visibleMarks: [ChartMark] { marks.filter(isVisible) }

    /// A flag above each mark, with its words where there is room for them.
    private var markRow: Markup {
        let sorted = visibleMarks.sorted { $0.at < $1.at }
        let shares = sorted.map { grid.share($0.at) }
        var flags: [Markup] = []
        for (place, mark) in sorted.enumerated() {
            // About how much of a chart's usual width the words take; nothing is written over the next flag.
            let width = Double(mark.label.count) * (size == .large && !isHalf ? 0.0058 : 0.0125) + 0.018
            let next = place + 1 < shares.count ? shares[place + 1] : 1.02
            let previous = place > 0 ? shares[place - 1] + 0.012 : -0.02
            let leansLeft = shares[place] + width > next && shares[place] - width >= previous && next > 1
            let hasWords = size != .small && (leansLeft || shares[place] + width <= next)
            flags.append(flag(mark, at: shares[place], words: hasWords, leansLeft: leansLeft))
        }
        return tag("svg", .class("marks"), .named("role", "group"), .named("aria-label", "Deployments")) { flags }
    }

    private func flag(_ mark: ChartMark, at share: Double, words: Bool, leansLeft: Bool) -> Markup {
        let content = group {
            tag("title") { mark.sentence.isEmpty ? mark.label : mark.sentence }
            tag("svg", .named("x", percent(share)), .named("overflow", "visible")) {
                tag("path", .class("pennant"), .named("d", leansLeft ? "M0 18V4L-7 8 0 12z" : "M0 18V4L7 8 0 12z"))
                if words {
                    tag(
                        "text", .class("tick"), .named("x", leansLeft ? "-10" : "10"), .named("y", "12"),
                        .named("text-anchor", leansLeft ? "end" : "start")
                    ) { mark.label }
                }
            }
        }
        let style = Attribute.class("flag", "tone-\(mark.tone.rawValue)")
        let said = Attribute.named("aria-label", mark.sentence.isEmpty ? mark.label : mark.sentence)
        let at = Attribute.named("data-at", mark.at.milliseconds)
        guard let link = mark.link else { return tag("g", style, said, at, .named("role", "img")) { content } }
        return tag("a", style, said, at, .href(link)) { content }
    }

    private func shade(_ band: ChartBand) -> Markup? {
        let left = max(0, min(Chart.width, horizontal(band.from)))
        let right = max(0, min(Chart.width, horizontal(band.through)))
        guard right > left else { return nil }
        return tag(
            "path", .class("band", "tone-\(band.tone.rawValue)"),
            .named("d", "M\(number(left)) 0H\(number(right))V200H\(number(left))z"))
    }

    // MARK: Places

    private func scaleLabel(_ value: Double, _ scale: ChartScale) -> Markup {
        tag(
            "text", .class("tick"), .named("x", "100%"), .named("y", percent(1 - scale.share(value))),
            .named("dy", "4"), .named("text-anchor", "end")
        ) { unit.words(value) }
    }

    private func timeLabel(_ text: String, at share: Double) -> Markup {
        tag(
            "text", .class("tick"), .named("x", percent(share)), .named("y", "14"),
            .named("text-anchor", share < 0.03 ? "start" : share > 0.97 ? "end" : "middle")
        ) { text }
    }

    private func horizontal(_ place: Int) -> Double {
        Chart.width * Double(place) / Double(max(1, grid.count - 1))
    }

    private func horizontal(_ at: Timestamp) -> Double { Chart.width * grid.share(at) }

    private func vertical(_ value: Double, _ scale: ChartScale) -> Double {
        Chart.height * (1 - scale.share(value))
    }

    private func percent(_ share: Double) -> String { Figures.fixed(share * 100, 2, trim: true, ascii: true) + "%" }

    private func number(_ value: Double) -> String { Figures.fixed(value, 1, trim: true, ascii: true) }
}
