import Ports
import PromQL
import Series
import Specs
import Values
import Wire

/// How a service does, at a glance.
struct ServiceFigures: Sendable {
    var figures: [ChartFigure]
    var service: String
    /// Why there is nothing to see.
    var problem: String?

    var window = ServiceFigures.usualWindow

    static let usualWindow = Period.minutes(30)

    var markup: Markup {
        section(
            "At a glance", id: "figures", note: figures.isEmpty ? nil : "the last \(Figures.period(window)), by version"
        ) {
            if figures.isEmpty {
                nothing(
                    problem
                        ?? "It shows no metric by which requests, errors, latency, CPU or memory are known. It may export "
                        + "http_requests_total with a label code, http_request_duration_seconds as a histogram, "
                        + "process_cpu_seconds_total and process_resident_memory_bytes; checks may name others.")
            } else {
                tag("div", .class("charts", "glance")) { for figure in figures { figure.markup } }
            }
        }
    }
}

extension ServiceFigures {
    /// A service that is new fills its charts sooner.
    fileprivate static func window(since oldest: Timestamp?, now: Timestamp) -> Period {
        guard let oldest else { return usualWindow }
        let minutes = (now - oldest).milliseconds / 60_000 + 1
        return min(usualWindow, .minutes(max(5, (minutes + 4) / 5 * 5)))
    }
}

/// What is shown of a service, and by which expression.
struct ServiceFigure: Hashable, Sendable {
    var id: String
    var title: String
    var expression: String
    var unit: ChartUnit

    /// Names that services usually give to what they count, the first that there is.
    private static let totals = [
        "http_requests_total", "http_server_requests_total", "http_server_requests_seconds_count",
        "http_server_request_duration_seconds_count", "http_request_duration_seconds_count", "http_requests_count",
        "grpc_server_handled_total", "requests_total",
    ]
    private static let histograms = [
        "http_request_duration_seconds", "http_server_request_duration_seconds", "http_server_requests_seconds",
        "http_request_duration_milliseconds", "grpc_server_handling_seconds", "request_duration_seconds",
    ]
    private static let codes = [
        "code", "status", "status_code", "http_status_code", "http_response_status_code", "grpc_code",
    ]
    private static let processors = ["process_cpu_seconds_total", "container_cpu_usage_seconds_total"]
    private static let memories = [
        "process_resident_memory_bytes", "process_memory_usage_bytes", "container_memory_working_set_bytes",
    ]

    /// What can be shown of a service that has these metrics, each with the labels that it is asked for by.
    ///
    /// What its checks name comes first: it is what counts for whoever wrote them.
    static func all(
        of spec: ServiceSpec, metrics: Set<String>, labels: (String) async throws(PromQLError) -> [String]
    ) async throws(PromQLError) -> [ServiceFigure] {
        let made = Maker(spec: spec, metrics: metrics)
        var figures: [ServiceFigure] = []
        let named = made.namedByCheck
        if let total = named?.total ?? totals.first(where: metrics.contains) {
            figures.append(made.requests(total))
            if let bad = named?.bad {
                figures.append(made.errors(bad, of: total))
            } else {
                let known = try await labels(total)
                if let code = codes.first(where: known.contains) {
                    let isGRPC = code == "grpc_code"
                    let bad = isGRPC ? "grpc_code!=\"OK\"" : "\(code)=~\"5..|5xx|5XX\""
                    figures.append(made.errors("\(total){\(bad)}", of: total))
                }
            }
        }
        if let histogram = histograms.first(where: { metrics.contains($0 + "_bucket") || metrics.contains($0) }) {
            figures += made.latencies(histogram)
        }
        if let processor = processors.first(where: metrics.contains) { figures.append(made.processor(processor)) }
        if let memory = memories.first(where: metrics.contains) { figures.append(made.memory(memory)) }
        return figures
    }

    private struct Maker {
        let spec: ServiceSpec
        let metrics: Set<String>

        private var scope: [LabelMatcher] { [LabelMatcher("service", .equal, spec.name)] }

        private var reach: Period { max(.minutes(1), (spec.run.metrics?.every ?? .seconds(5)) * 4) }

        /// Of the first check that compares events with all events.
        var namedByCheck: (bad: String, total: String)? {
            for check in spec.checks {
                guard case .ratio(let bad, let total) = check.kind,
                    let name = (try? parse(total))?.selectors.first?.metric, metrics.contains(name)
                else { continue }
                return (bad, total)
            }
            return nil
        }

        private func rate(_ selector: String) -> String {
            let text = "rate(\(selector)[\(reach)])"
            return (try? parse(text).restricted(to: scope).description) ?? text
        }

        func requests(_ total: String) -> ServiceFigure {
            ServiceFigure(
                id: "requests", title: "Requests a second", expression: "sum by (version) (\(rate(total)))",
                unit: .number)
        }

        func errors(_ bad: String, of total: String) -> ServiceFigure {
            let all = "sum by (version) (\(rate(total)))"
            return ServiceFigure(
                id: "errors", title: "Errors", expression: "(sum by (version) (\(rate(bad))) or 0 * \(all)) / \(all)",
                unit: .ratio)
        }

        func latencies(_ histogram: String) -> [ServiceFigure] {
            let isClassic = metrics.contains(histogram + "_bucket")
            let rates = rate(isClassic ? histogram + "_bucket" : histogram)
            let sum = "sum by (version\(isClassic ? ", le" : "")) (\(rates))"
            return [("0.5", "p50"), ("0.99", "p99")].map { share, name in
                ServiceFigure(
                    id: name, title: "Latency, \(name)", expression: "histogram_quantile(\(share), \(sum))",
                    unit: histogram.hasSuffix("_seconds") ? .seconds : .number)
            }
        }

        func processor(_ name: String) -> ServiceFigure {
            ServiceFigure(
                id: "cpu", title: "Cores, busiest instance", expression: "max by (version) (\(rate(name)))",
                unit: .number)
        }

        func memory(_ name: String) -> ServiceFigure {
            let selector = (try? parse(name).restricted(to: scope).description) ?? name
            return ServiceFigure(
                id: "memory", title: "Memory, largest instance", expression: "max by (version) (\(selector))",
                unit: .bytes)
        }
    }
}

extension Site {
    /// - Parameter newest: the service's newest rollout: its two versions look like canary and baseline.
    func figures(
        of service: ServiceView, _ rollouts: [RolloutView], _ metrics: any MetricsQuestions, _ scene: Scene
    ) async throws(Problem) -> ServiceFigures {
        var shown = ServiceFigures(figures: [], service: service.spec.name)
        shown.window = ServiceFigures.window(since: rollouts.last?.createdAt, now: scene.now)
        let grid = ChartGrid(
            from: scene.now - shown.window, through: scene.now, step: ChartGrid.step(for: shown.window, points: 120))
        let stretch = grid.start.milliseconds...grid.end.milliseconds
        let own = [LabelMatcher("service", .equal, service.spec.name)]
        let deployments = try await Deployments(
            of: [service.spec.name], from: grid.start, through: grid.end, surface)
        do throws(PromQLError) {
            let spec = service.spec
            let figures = try await memory.figures(of: spec) { () async throws(PromQLError) in
                let names = try await metrics.labelValues(Labels.metricName, [own], in: stretch, limit: 20_000)
                return try await ServiceFigure.all(of: spec, metrics: Set(names)) { metric throws(PromQLError) in
                    let condition = (try? parseSelector(metric)) ?? [LabelMatcher(Labels.metricName, .equal, metric)]
                    return try await metrics.labelNames([own + condition], in: stretch, limit: 100)
                }
            }
            for figure in figures {
                let question = MetricsQuestion(
                    figure.expression, from: stretch.lowerBound, through: stretch.upperBound,
                    step: grid.step.milliseconds)
                let result = try await memory.answer(question, by: metrics)
                let style = VersionStyles(service: service, newest: deployments.newest)
                if let drawn = figure.figure(result, grid, style, deployments, shown.window, scene) {
                    shown.figures.append(drawn)
                }
            }
        } catch {
            shown.problem = "The metrics cannot be read now: \(error.message)"
        }
        return shown
    }
}

/// How the lines of versions look: as in the explorer.
struct VersionStyles: Sendable {
    var canary: String?
    var baseline: String?
    /// What the service runs: its figure is the one that is written large.
    var serving: String?

    init(service: ServiceView, newest: (canary: String, baseline: String?)?) {
        serving = service.version
        if let newest {
            (canary, baseline) = (newest.canary, newest.baseline)
        } else {
            canary = service.version
        }
    }

    func style(_ version: String, place: Int) -> LineStyle {
        version == canary ? .canary : version == baseline ? .baseline : .plain(place + 1)
    }
}

extension ServiceFigure {
    private static let mostVersions = 5

    fileprivate func figure(
        _ result: QueryResult, _ grid: ChartGrid, _ styles: VersionStyles, _ deployments: Deployments, _ window: Period,
        _ scene: Scene
    ) -> ChartFigure? {
        guard case .matrix(let series) = result.value else { return nil }
        var lines = series.enumerated().map { place, series in
            let version = series.labels["version"] ?? "no version"
            return ChartLine(
                version, styles.style(version, place: place),
                values: ChartLine.values(times: series.times, values: series.values, on: grid))
        }
        lines.removeAll { $0.finite.isEmpty }
        guard !lines.isEmpty else { return nil }
        // Those that serve now, before those that did.
        lines.sort {
            (ServiceFigure.rank($0, styles.serving), $1.name) < (ServiceFigure.rank($1, styles.serving), $0.name)
        }
        let chart = Chart(
            id: id, title: title, grid: grid, lines: Array(lines.prefix(ServiceFigure.mostVersions)),
            marks: deployments.landmarks, bands: deployments.bands(until: scene.now), unit: unit, size: .small)
        var state = ExplorerState([expression])
        state.window = .last(window)
        return ChartFigure(
            chart: chart, value: chart.lines.first?.values.suffix(3).compactMap { $0 }.last.map(unit.words),
            explorer: state.link)
    }

    private static func rank(_ line: ChartLine, _ serving: String?) -> Int {
        let isCurrent = line.values.suffix(3).contains { $0 != nil }
        return (isCurrent ? 0 : 2) + (line.name == serving ? 0 : 1)
    }
}
