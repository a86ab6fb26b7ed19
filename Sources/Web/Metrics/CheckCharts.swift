import Ports
import PromQL
import Series
import Specs
import Values
import Verdicts
import Wire

/// How the checks of a rollout went, read from the metrics that they judge by: canary against baseline, with the limit.
struct CheckCharts: Sendable {
    var rollout: RolloutView
    /// Oldest first.
    var history: [HistoryEntry]
    /// `nil` for a flag, and for a service that was deleted.
    var spec: ServiceSpec?
    var now: Timestamp

    typealias Asking = @Sendable (MetricsQuestion) async throws(PromQLError) -> QueryResult

    /// For each check its values, and beside them its evidence; a check that cannot be read is told of in the table above.
    func figures(_ ask: Asking) async -> [ChartFigure] {
        let evidence: [String: ChartFigure]
        do throws(PromQLError) {
            evidence = try await EvidenceCharts(rollout: rollout, history: history, grid: grid).figures(ask)
        } catch {
            // All else would only be waited for again.
            return []
        }
        let values = await valueFigures(ask)
        let names = checks.map(\.name) + evidence.keys.sorted()
        var shown: Set<String> = []
        return names.filter { shown.insert($0).inserted }.flatMap { name in
            [values.first { $0.chart.id == name }, evidence[name]].compactMap { $0 }
        }
    }

    private func valueFigures(_ ask: Asking) async -> [ChartFigure] {
        var figures: [ChartFigure] = []
        for check in checks {
            let reading = rollout.readings.first { $0.check == check.name }
            do throws(PromQLError) {
                if let figure = try await figure(check, reading, ask) { figures.append(figure) }
            } catch {
                // What is wrong with one check says nothing of the next; all else would only be waited for again.
                if error.kind != .badExpression { break }
            }
        }
        return figures
    }

    private var checks: [CheckSpec] { rollout.checks ?? spec?.checks ?? [] }

    private var grid: ChartGrid {
        // A little of what was before and after, so that one sees the difference.
        let length = (rollout.endedAt ?? now) - rollout.createdAt
        let margin = Period(milliseconds: min(60_000, max(10_000, length.milliseconds / 3)))
        let end = rollout.endedAt.map { min(now, $0 + margin) } ?? now
        let start = rollout.createdAt - margin
        return ChartGrid(from: start, through: end, step: ChartGrid.step(for: end - start, points: 160))
    }

    /// What a rate is taken over: some scrapes, and never less than the charts' own step.
    private var reach: Period {
        let every = spec?.run.metrics?.every ?? .seconds(5)
        return max(.seconds(10), every * 4, grid.step * 2)
    }

    private func figure(
        _ check: CheckSpec, _ reading: Reading?, _ ask: Asking
    ) async throws(PromQLError) -> ChartFigure? {
        let lines: [ChartLine]
        let expression: String
        let unit: ChartUnit
        if case .guardrail(let comparison) = check.kind {
            lines = try await guardrailLines(comparison, ask)
            let left = try parseComparison(comparison).left.expression
            (expression, unit) = (left.description, ChartUnit(of: left))
        } else {
            let measure = CheckMeasure(check: check, service: rollout.service, flag: rollout.flag, reach: reach)
            guard let all = try measure.expression(of: nil) else { return nil }
            lines = try await cohortLines(check, measure, ask)
            (expression, unit) = (all, measure.unit)
        }
        guard lines.contains(where: { $0.finite.count > 1 }) else { return nil }
        let chart = Chart(
            id: check.name, title: check.name, grid: grid, lines: lines,
            marks: history.compactMap { $0.mark(rollout, isNamed: false) }, unit: unit,
            isFailing: reading?.verdict == .fail)
        return ChartFigure(chart: chart, explorer: explorer(expression))
    }

    private func explorer(_ expression: String) -> Link {
        var state = ExplorerState([expression])
        state.window = .between(grid.start, grid.end)
        state.split = .version
        return state.link
    }

    // MARK: Cohorts

    private func cohortLines(
        _ check: CheckSpec, _ measure: CheckMeasure, _ ask: Asking
    ) async throws(PromQLError) -> [ChartLine] {
        var canary = ChartLine("canary", .canary, values: [])
        if let expression = try measure.expression(of: rollout.version) {
            canary.values = try await values(expression, ask)
        }
        guard let previous = rollout.previous, let expression = try measure.expression(of: previous) else {
            return [canary]
        }
        var baseline = ChartLine("baseline", .baseline, values: [])
        baseline.values = try await values(expression, ask)
        // Once nobody has the previous version any more, its last value is what the canary is held against.
        var last: Double?
        let limit = baseline.values.map { value -> Double? in
            last = value ?? last
            return last.flatMap { measure.limit(baseline: $0) }
        }
        return [canary, baseline, ChartLine("limit", .limit, values: limit)].filter { !$0.finite.isEmpty }
    }

    // MARK: Guardrails

    private func guardrailLines(_ text: String, _ ask: Asking) async throws(PromQLError) -> [ChartLine] {
        let comparison = try parseComparison(text)
        // The value that is nearest to breaking it.
        let worst = [.greater, .greaterOrEqual].contains(comparison.symbol) ? "min" : "max"
        let sides = [comparison.left, comparison.right].map { side in
            side.type == .vector ? "\(worst)(\(side.expression))" : side.expression.description
        }
        return [
            ChartLine("value", .canary, values: try await values(sides[0], ask)),
            ChartLine("limit", .limit, values: try await values(sides[1], ask)),
        ].filter { !$0.finite.isEmpty }
    }

    private func values(_ expression: String, _ ask: Asking) async throws(PromQLError) -> [Double?] {
        let grid = grid
        let result = try await ask(
            MetricsQuestion(
                expression, from: grid.start.milliseconds, through: grid.end.milliseconds,
                step: grid.step.milliseconds))
        guard case .matrix(let series) = result.value, let first = series.first else {
            return [Double?](repeating: nil, count: grid.count)
        }
        return ChartLine.values(times: first.times, values: first.values, on: grid)
    }
}
