import Values

/// A chart with its title, its legend and the place of its read-out, for pages that show several.
struct ChartFigure: Sendable {
    var chart: Chart
    /// Beside the title: the newest value.
    var value: String?
    /// Where it can be looked at closely.
    var explorer: Link?

    var markup: Markup {
        tag("figure", with: attributes) {
            tag("figcaption") {
                tag("strong") {
                    if let explorer {
                        tag("a", .href(explorer), .named("title", "Open in the explorer")) { chart.title }
                    } else {
                        chart.title
                    }
                }
                if let value { tag("span", .class("figure")) { value } }
                legend
                tag("output", .class("readout"), .flag("data-readout")) {}
            }
            chart.frame
        }
    }

    private var attributes: [Attribute] {
        [.class("chart", chart.size.rawValue), .id("chart-\(chart.id)")] + chart.readings
    }

    private var legend: Markup {
        tag("span", .class("legend")) {
            for line in chart.lines { swatch(line) }
        }
    }

    private func swatch(_ line: ChartLine) -> Markup {
        tag("span", .class("key")) {
            Swatch(line: line).markup
            tag("span") { line.name }
        }
    }
}

/// A short piece of a line, as it is drawn.
struct Swatch: Sendable {
    var line: ChartLine

    var markup: Markup {
        tag(
            "svg", .class("swatch"), .named("viewBox", "0 0 18 8"), .named("width", 18), .named("height", 8),
            .named("aria-hidden", "true")
        ) {
            tag("path", .class("series", line.style.name, line.isDashed ? "dashed" : ""), .named("d", "M0 4h18"))
        }
    }
}
