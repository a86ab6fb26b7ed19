import PromQL
import Series
import Values

/// The answer to one expression, as a chart or as a table.
struct ExplorerPanel: Sendable {
    var answer: ExplorerAnswer
    var place: Int
    var page: ExplorerPage

    func markup(_ scene: Scene) -> Markup {
        tag(
            "section", .class("panel"), .id("panel-\(place)"), .named("aria-label", "Answer to \(answer.expression)")
        ) {
            if page.answers.count > 1 { tag("h2", .class("panel-title")) { code(answer.expression) } }
            if let problem = answer.problem { refusal(problem) }
            remarks
            if answer.problem == nil {
                if answer.rows.isEmpty {
                    nothing(
                        "Nothing was found: no series matches, or none has samples in this time.")
                } else if page.state.view == .chart {
                    chart(scene)
                } else {
                    list
                }
            }
        }
    }

    // MARK: What must be said

    private func refusal(_ problem: PromQLError) -> Markup {
        tag("div", .class("notice", "tone-bad"), .id("problem-\(place)"), .named("role", "alert")) {
            Shape.cross.icon
            tag("div") {
                tag("strong") { ExplorerPanel.title(problem) }
                tag("p") { Figures.sentence(problem.message) }
                if let at = problem.place {
                    tag("pre", .class("text")) { WrongPlace(answer.expression, problem).markup }
                    tag("p", .class("counts")) { "Line \(at.line), column \(at.column)" }
                } else if let advice = ExplorerPanel.advice(problem) {
                    tag("p") { advice }
                }
            }
        }
    }

    private static func title(_ problem: PromQLError) -> String {
        switch problem.kind {
        case .badExpression: return "This is not an expression yet"
        case .execution: return "This cannot be answered"
        case .timedOut: return "It took too long"
        case .cancelled: return "It was given up"
        }
    }

    private static func advice(_ problem: PromQLError) -> String? {
        switch problem.kind {
        case .timedOut: return "Ask for less time, fewer series or longer steps."
        case .execution where problem.message.contains("too many") || problem.message.contains("more than"):
            return "Ask for less time, longer steps, or fewer series by more labels in the braces."
        default: return nil
        }
    }

    private var remarks: Markup {
        group {
            for text in answer.warnings.prefix(10) { remark(text, .attention, .hand) }
            for text in answer.infos.prefix(10) { remark(text, .idle, .dot) }
            if let note = answer.note { remark(note, .idle, .dot) }
            if isCut { remark(cutWords, .idle, .dot) }
        }
    }

    private func remark(_ text: String, _ tone: Tone, _ shape: Shape) -> Markup {
        tag("p", .class("remark", "tone-\(tone.rawValue)")) {
            shape.icon
            tag("span") { text }
        }
    }

    private var shown: Int {
        page.state.view == .chart ? answer.rows.count : min(answer.rows.count, ExplorerAnswer.mostRows)
    }
    private var isCut: Bool { shown < answer.count }

    private var cutWords: String {
        let which =
            page.state.view == .chart ? "the \(shown) series with the largest values" : "the first \(shown) elements"
        return "These are \(which) of \(Figures.count(answer.count)). Narrow them down by labels, or use topk or sum."
    }

    // MARK: Chart

    private func chart(_ scene: Scene) -> Markup {
        let chart = Chart(
            id: "explorer-\(place)", title: answer.expression, grid: page.grid, lines: lines,
            marks: page.deployments.marks(named: page.namesServices), bands: page.deployments.bands(until: scene.now),
            unit: unit, size: .large, isHalf: page.answers.count > 1, fromZero: false)
        let attributes: [Attribute] = [.class("chart", "large"), .id("chart-explorer-\(place)")] + chart.readings
        return tag("figure", with: attributes) {
            tag("div", .class("readout-line")) {
                tag("output", .class("readout"), .flag("data-readout")) {}
                tag("span", .class("muted")) { "every \(page.grid.step)" }
            }
            chart.frame
            legend(chart)
        }
    }

    var unit: ChartUnit { (try? parse(answer.expression)).map(ChartUnit.init(of:)) ?? .number }

    private var lines: [ChartLine] {
        let common = Set(answer.common.pairs.map(\.name))
        return answer.rows.map { row in
            var line = ChartLine(row.name(without: common), row.style, values: row.values)
            line.key = row.key(of: place)
            line.isHidden = page.state.hidden.contains(line.key)
            if case .plain(let colour) = row.style { line.isDashed = colour >= LineStyle.colours }
            return line
        }
    }

    /// Each series with its figures. A click hides it, also without script: that is another address.
    private func legend(_ chart: Chart) -> Markup {
        tag("table", .class("series-list")) {
            tag("caption", .class(answer.common.isEmpty ? "hidden" : "")) {
                if answer.common.isEmpty {
                    "Series"
                } else {
                    "All with "
                    code(answer.common.seriesName)
                }
            }
            tag("thead") {
                tag("tr") {
                    for column in ["Series", "Newest", "Lowest", "Highest"] {
                        tag("th", .named("scope", "col")) { column }
                    }
                }
            }
            tag("tbody") {
                for line in chart.lines { legendRow(line, chart.unit) }
            }
        }
    }

    private func legendRow(_ line: ChartLine, _ unit: ChartUnit) -> Markup {
        let other = page.state.with { state in
            if state.hidden.remove(line.key) == nil { state.hidden.insert(line.key) }
        }
        let values = line.finite
        return tag(
            "tr", .id("line-\(line.key)"), .class(line.isHidden ? "off" : ""), .named("data-key", line.key)
        ) {
            tag("td", .class("name")) {
                tag(
                    "a", .href(other.link), .named("role", "switch"),
                    .named("aria-checked", line.isHidden ? "false" : "true"), .flag("data-toggle")
                ) {
                    Swatch(line: line).markup
                    code(line.name)
                }
            }
            for value in [line.last, values.min(), values.max()] {
                tag("td", .class("number")) { value.map(unit.words) ?? "–" }
            }
        }
    }

    // MARK: Table

    private var list: Markup {
        group {
            table(
                "Values", ["Series", "Value"], class: "values",
                rows: answer.rows.prefix(ExplorerAnswer.mostRows).map { row in
                    tag("tr") {
                        cell("Series", class: "name") { code(row.name()) }
                        cell("Value", class: "number") { row.value }
                    }
                })
            tag("p", .class("counts", "muted")) { "As of \(Moments.exact(page.grid.end))." }
        }
    }
}

extension ChartUnit {
    /// What the values of an expression most likely are, by the names of its metrics.
    init(of expression: Expression) {
        self = .number
        switch expression.form {
        case .parenthesised(let inner), .constant(let inner), .signed(let inner, _): self.init(of: inner)
        case .selector(let selector), .range(let selector, _): self = ChartUnit(of: selector)
        case .subquery(let subquery): self.init(of: subquery.operand)
        case .aggregation(let aggregation):
            if ![.count, .group, .countValues].contains(aggregation.function) { self.init(of: aggregation.operand) }
        case .operation(let operation):
            if operation.symbol == .divided, operation.left.measured == operation.right.measured,
                operation.left.measured != nil
            {
                self = .ratio
            } else if [.plus, .minus, .or, .and, .unless].contains(operation.symbol) || operation.symbol.isComparison {
                let (left, right) = (ChartUnit(of: operation.left), ChartUnit(of: operation.right))
                self = operation.right.type == .scalar || left == right ? left : .number
            }
        case .call(let call): self.init(of: call)
        case .number, .string: break
        }
    }

    private init(of call: Call) {
        self = .number
        switch call.function.name {
        case "histogram_quantile", "histogram_quantiles", "histogram_avg":
            let name = call.arguments.lazy.flatMap(\.selectors).first?.metric ?? ""
            self = name.contains("_seconds") ? .seconds : name.contains("_bytes") ? .bytes : .number
        case "rate", "increase", "irate":
            // Seconds by the second have no unit.
            let unit = call.arguments.first.map(ChartUnit.init(of:)) ?? .number
            self = unit == .bytes ? .bytes : .number
        case let name where name.hasSuffix("_over_time") || ["abs", "clamp_min", "clamp_max", "delta"].contains(name):
            if !name.hasPrefix("count"), let inner = call.arguments.first(where: { $0.type != .scalar }) {
                self.init(of: inner)
            }
        default: break
        }
    }

    private init(of selector: Selector) {
        let name = selector.metric ?? ""
        let base = ["_total", "_sum"].reduce(name) { $0.hasSuffix($1) ? String($0.dropLast($1.count)) : $0 }
        switch base {
        case let base where base.hasSuffix("_bytes"): self = .bytes
        case let base where base.hasSuffix("time_seconds") || base.contains("timestamp"): self = .number
        case let base where base.hasSuffix("_seconds"): self = .seconds
        case let base where base.hasSuffix("_ratio"): self = .ratio
        default: self = .number
        }
    }
}

extension Expression {
    /// The metric of all its selectors, when it is one.
    fileprivate var measured: String? {
        let metrics = Set(selectors.map(\.metric))
        return metrics.count == 1 ? metrics.first ?? nil : nil
    }
}

extension Selector {
    /// The name of its metric, when it says one.
    var metric: String? {
        matchers.first { $0.name == Labels.metricName && $0.operation == .equal }?.value
    }
}
