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
    var spec: ServiceSpec
    var now: Timestamp

    typealias Asking = @Sendable (MetricsQuestion) async throws(PromQLError) -> QueryResult

    /// One for each check that has values; a check that cannot be read is told of in the table beside.
    func figures(_ ask: Asking) async -> [ChartFigure] {
        var figures: [ChartFigure] = []
        for check in spec.checks {
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

    /// A little of what was before, so that one sees the difference.
    private static let before = Period.minutes(1)

    private var grid: ChartGrid {
        let end = rollout.endedAt.map { min(now, $0 + CheckCharts.before) } ?? now
        let start = rollout.createdAt - CheckCharts.before
        return ChartGrid(from: start, through: end, step: ChartGrid.step(for: end - start, points: 160))
    }

    /// What a rate is taken over: some scrapes, and never less than the charts' own step.
    private var reach: Period {
        let every = spec.run.metrics?.every ?? .seconds(5)
        return max(.seconds(10), every * 4, grid.step * 2)
    }

    private func figure(
        _ check: CheckSpec, _ reading: Reading?, _ ask: Asking
    ) async throws(PromQLError) -> ChartFigure? {
        let lines: [ChartLine]
        let expression: String
        switch check.kind {
        case .ratio(let bad, let total):
            lines = try await ratioLines(check, bad, total, ask)
            expression = try ratio(bad, total, version: nil)
        case .guardrail(let comparison):
            lines = try await guardrailLines(comparison, ask)
            expression = try parseComparison(comparison).left.expression.description
        }
        guard lines.contains(where: { $0.finite.count > 1 }) else { return nil }
        let chart = Chart(
            id: check.name, title: check.name, grid: grid, lines: lines,
            marks: history.compactMap { $0.mark(rollout, isNamed: false) }, unit: unit(check),
            isFailing: reading?.verdict == .fail)
        return ChartFigure(chart: chart, explorer: explorer(expression))
    }

    private func unit(_ check: CheckSpec) -> ChartUnit {
        switch check.kind {
        case .ratio: return .ratio
        case .guardrail(let text):
            return (try? parseComparison(text)).map { ChartUnit(of: $0.left.expression) } ?? .number
        }
    }

    private func explorer(_ expression: String) -> Link {
        var state = ExplorerState([expression])
        state.window = .between(grid.start, grid.end)
        state.split = .version
        return state.link
    }

    // MARK: Ratios

    private func ratioLines(
        _ check: CheckSpec, _ bad: String, _ total: String, _ ask: Asking
    ) async throws(PromQLError) -> [ChartLine] {
        var canary = ChartLine("canary", .canary, values: [])
        canary.values = try await values(try ratio(bad, total, version: rollout.version), ask)
        guard let previous = rollout.previous else { return [canary] }
        var baseline = ChartLine("baseline", .baseline, values: [])
        baseline.values = try await values(try ratio(bad, total, version: previous), ask)
        // Once nobody has the previous version any more, its last ratio is what the canary is held against.
        var last: Double?
        let limit = baseline.values.map { value -> Double? in
            last = value ?? last
            return last.map { min(1, $0 * check.tolerate.relative + check.tolerate.absolute.fraction) }
        }
        return [canary, baseline, ChartLine("limit", .limit, values: limit)].filter { !$0.finite.isEmpty }
    }

    /// Bad events of all, of one version or of every one.
    private func ratio(_ bad: String, _ total: String, version: String?) throws(PromQLError) -> String {
        var conditions = [LabelMatcher("service", .equal, rollout.service)]
        if let version { conditions.append(LabelMatcher("version", .equal, version)) }
        let bad = try parse("rate(\(bad)[\(reach)])").restricted(to: conditions)
        let total = try parse("rate(\(total)[\(reach)])").restricted(to: conditions)
        // A counter that was never raised may not be shown at all.
        return "(sum(\(bad)) or 0 * sum(\(total))) / sum(\(total))"
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
