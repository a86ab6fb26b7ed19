import Ports
import PromQL
import Series
import Values
import Wire

// What the explorer asks.
extension Site {
    func explorer(_ request: PageRequest, _ scene: Scene) async throws(Problem) -> ExplorerPage {
        guard let metrics = request.metrics else { throw Problem(.unavailable, "This server keeps no metrics.") }
        let state = ExplorerState(query: request.query)
        let grid = state.grid(now: scene.now)
        var page = ExplorerPage(state: state, grid: grid)
        let asked = state.expressions.filter { !$0.isEmpty }
        guard !asked.isEmpty else {
            page.catalogue = await catalogue(metrics, grid)
            return page
        }
        let queries = asked.map(ExplorerQuery.init)
        if state.marks != .none, state.view == .chart || state.split == .version {
            let services = state.marks == .all ? nil : queries.services
            page.deployments = try await Deployments(
                of: services, from: grid.start, through: grid.end, surface)
            page.namesServices = Set(page.deployments.rollouts.map(\.rollout.service)).count > 1
        }
        page.answers = await answers(queries, state, grid, page.deployments, metrics)
        return page
    }

    /// What may stand at the cursor of an expression.
    func completion(_ request: PageRequest, _ scene: Scene) async throws(Problem) -> Completion {
        guard let metrics = request.metrics else { throw Problem(.unavailable, "This server keeps no metrics.") }
        let grid = ExplorerState(query: request.query).grid(now: scene.now)
        let before = String((request.query["before"] ?? "").suffix(Site.longestCompleted))
        let after = String((request.query["after"] ?? "").prefix(Site.longestCompleted))
        return await Completion(
            CompletionPlace(before: before, after: after), in: grid.start.milliseconds...grid.end.milliseconds,
            by: metrics)
    }

    private static let longestCompleted = 10_000

    /// What there is to ask about, for who does not know yet.
    private func catalogue(_ metrics: any MetricsQuestions, _ grid: ChartGrid) async -> MetricCatalogue {
        do throws(PromQLError) {
            let names = try await metrics.labelValues(
                Labels.metricName, [], in: grid.start.milliseconds...grid.end.milliseconds, limit: 1001)
            let known = try await metrics.metadata(nil, limit: 5000)
            return MetricCatalogue(names: names, known: known)
        } catch {
            return MetricCatalogue(problem: error.description)
        }
    }

    private func answers(
        _ queries: [ExplorerQuery], _ state: ExplorerState, _ grid: ChartGrid, _ deployments: Deployments,
        _ metrics: any MetricsQuestions
    ) async -> [ExplorerAnswer] {
        var answers = await withTaskGroup(of: (Int, ExplorerAnswer).self) { group in
            for (place, query) in queries.enumerated() {
                group.addTask { (place, await query.answer(state, grid, deployments, metrics)) }
            }
            var answers: [(Int, ExplorerAnswer)] = []
            for await answer in group { answers.append(answer) }
            return answers.sorted { $0.0 < $1.0 }.map(\.1)
        }
        for index in answers.indices { answers[index].settle(newest: deployments.newest) }
        return answers
    }
}

/// One expression of the explorer on its way to its answer.
struct ExplorerQuery: Sendable {
    let text: String
    private let parsed: Result<PromQL.Query, PromQLError>

    init(_ text: String) {
        self.text = text
        do throws(PromQLError) {
            parsed = .success(try PromQL.Query(text))
        } catch {
            parsed = .failure(error)
        }
    }

    var expression: Expression? { try? parsed.get().expression }

    /// Versions beyond these are left out.
    private static let mostVersions = 6

    func answer(
        _ state: ExplorerState, _ grid: ChartGrid, _ deployments: Deployments, _ metrics: any MetricsQuestions
    ) async -> ExplorerAnswer {
        var answer = ExplorerAnswer(text)
        do throws(PromQLError) {
            let query = try parsed.get()
            let parts = try await parts(of: query, state, grid, deployments, metrics)
            if parts.isEmpty {
                if state.split != .none {
                    answer.note = "No series here has the label \(state.split.rawValue), so it is shown as it is."
                }
                let result = try await metrics.answer(question(text, query, state, grid))
                answer.add(result, part: "", style: nil, grid: grid)
            }
            for part in parts {
                let condition = LabelMatcher(state.split.rawValue, .equal, part.value)
                let split = query.expression.restricted(to: [condition]).description
                let result = try await metrics.answer(question(split, query, state, grid))
                answer.add(result, part: part.value, style: part.style, grid: grid)
                answer.parts.append(part.value)
            }
        } catch {
            answer.problem = error
        }
        return answer
    }

    /// A text or a stretch of samples has no course over time: it is asked for as it is at the end.
    private func question(
        _ text: String, _ query: PromQL.Query, _ state: ExplorerState, _ grid: ChartGrid
    ) -> MetricsQuestion {
        let end = grid.end.milliseconds
        guard state.view == .chart else { return MetricsQuestion(text, at: end) }
        return MetricsQuestion(
            text, from: grid.start.milliseconds, through: end, step: grid.step.milliseconds)
    }

    private func parts(
        of query: PromQL.Query, _ state: ExplorerState, _ grid: ChartGrid, _ deployments: Deployments,
        _ metrics: any MetricsQuestions
    ) async throws(PromQLError) -> [(value: String, style: LineStyle)] {
        let selectors = query.expression.selectors
        guard state.split != .none, !selectors.isEmpty else { return [] }
        let known = try await metrics.labelValues(
            state.split.rawValue, selectors.map(\.matchers),
            in: grid.start.milliseconds...grid.end.milliseconds, limit: 100)
        guard !known.isEmpty else { return [] }
        if state.split == .cohort {
            return [("canary", .canary), ("baseline", .baseline)].filter { known.contains($0.0) }
        }
        let newest = deployments.newest
        // Those of the newest rollout look like canary and baseline everywhere.
        let first = [newest?.canary, newest?.baseline].compactMap { $0 }.filter(known.contains)
        let rest = known.filter { !first.contains($0) }.sorted(by: >)
        return (first + rest).prefix(ExplorerQuery.mostVersions).enumerated().map { place, version in
            (version, version == newest?.canary ? .canary : version == newest?.baseline ? .baseline : .plain(place))
        }
    }
}

extension [ExplorerQuery] {
    /// The services that the expressions name; `nil` when one of them is about any.
    var services: Set<String>? {
        var services: Set<String> = []
        for selector in flatMap({ $0.expression?.selectors ?? [] }) {
            let named = selector.matchers.filter { $0.name == "service" && $0.operation == .equal && !$0.value.isEmpty }
            guard !named.isEmpty else { return nil }
            services.formUnion(named.map(\.value))
        }
        return services.isEmpty ? nil : services
    }
}
