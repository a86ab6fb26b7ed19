import PromQL
import Series
import Values

/// `/explore`: ask anything of the metrics, and look at it.
struct ExplorerPage: Sendable {
    var state: ExplorerState
    var grid: ChartGrid
    var deployments = Deployments.none
    var namesServices = true
    var answers: [ExplorerAnswer] = []
    /// Shown while nothing is asked.
    var catalogue: MetricCatalogue?

    func page(_ scene: Scene) -> Page {
        Page(
            title: title, tab: .metrics,
            content: [
                tag("div", .class("page-head")) { tag("h1") { "Metrics" } },
                ExplorerForm(state: state, answers: answers).markup(scene),
                complaints,
            ] + results(scene))
    }

    private var title: String {
        let first = answers.first?.expression ?? ""
        return first.isEmpty ? "Metrics" : "\(first.prefix(60)) · Metrics"
    }

    private var complaints: Markup {
        group {
            for text in state.complaints {
                tag("div", .class("notice", "tone-attention")) {
                    Shape.hand.icon
                    tag("div") { tag("p") { text } }
                }
            }
        }
    }

    @MarkupBuilder private func results(_ scene: Scene) -> [Markup] {
        if let catalogue {
            catalogue.markup
        } else {
            tag("div", .class("panels", answers.count > 1 ? "several" : ""), .id("results")) {
                for (place, answer) in answers.enumerated() {
                    ExplorerPanel(answer: answer, place: place, page: self).markup(scene)
                }
            }
            if state.view == .chart {
                tag("p", .id("chart-keys"), .class("muted", "keys")) {
                    "Times are of UTC. Drag over a chart to zoom. With the keyboard: ← → move along it, Shift with them selects, "
                        + "Enter zooms, − zooms out."
                }
            }
        }
    }
}

/// What there is, by name.
struct MetricCatalogue: Sendable {
    var names: [String] = []
    var known: [MetricMetadata] = []
    var problem: String?

    private static let most = 500

    var markup: Markup {
        let help = MetricHelp(known)
        return section("What there is", id: "catalogue", note: note) {
            if let problem {
                nothing("The metrics cannot be read: \(problem)")
            } else if names.isEmpty {
                nothing(
                    "Nothing was measured in this time. Metrics come from the services that agents scrape, by remote write and by OTLP."
                )
            } else {
                table(
                    "Metrics", ["Metric", "Type", "Meaning"], class: "catalogue",
                    rows: names.prefix(MetricCatalogue.most).map { row($0, help[$0]) })
            }
        }
    }

    private var note: String? {
        guard !names.isEmpty else { return nil }
        if names.count <= MetricCatalogue.most { return Figures.counted(names.count, "metric", "metrics") }
        return "the first \(MetricCatalogue.most); type in the field above to find others"
    }

    private func row(_ name: String, _ about: MetricMetadata?) -> Markup {
        tag("tr") {
            cell("Metric", class: "name") {
                tag("a", .href(ExplorerState([ExplorerState.usualExpression(name, about)]).link)) { code(name) }
            }
            cell("Type") { about.map(\.type) ?? "–" }
            cell("Meaning", class: "wide") { about.map(\.help) ?? "" }
        }
    }
}

extension ExplorerState {
    /// What one usually wants to see of a metric.
    static func usualExpression(_ name: String, _ about: MetricMetadata?) -> String {
        let selector = QueryText.metric(name)
        if name.hasSuffix("_bucket") { return "histogram_quantile(0.99, sum by (le, service) (rate(\(selector)[1m])))" }
        let isCounter =
            about?.type == "counter" || name.hasSuffix("_total") || name.hasSuffix("_count") || name.hasSuffix("_sum")
        return isCounter ? "rate(\(selector)[1m])" : selector
    }
}
