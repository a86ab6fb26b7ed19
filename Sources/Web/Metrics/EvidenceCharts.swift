import Ports
import PromQL
import Series
import Values
import Verdicts
import Wire

/// The evidence of a rollout's checks over its time, against what a rollback and a pass need: read from the series that the
/// control plane keeps of its own verdicts.
struct EvidenceCharts: Sendable {
    var rollout: RolloutView
    /// Oldest first.
    var history: [HistoryEntry]
    var grid: ChartGrid

    static let metrics = ["log_evidence", "log_evidence_threshold", "log_proof", "log_proof_threshold"]

    /// By check; none where nothing was kept.
    ///
    /// - Throws: when the series cannot be read.
    func figures(_ ask: CheckCharts.Asking) async throws(PromQLError) -> [String: ChartFigure] {
        let question = MetricsQuestion(
            expression("{__name__=~\"\(EvidenceCharts.prefix)log_.+\""), from: grid.start.milliseconds,
            through: grid.end.milliseconds, step: grid.step.milliseconds)
        guard case .matrix(let series) = try await ask(question).value else { return [:] }
        var lines: [String: [String: ChartLine]] = [:]
        for one in series {
            guard let name = one.labels["__name__"]?.dropFirst(EvidenceCharts.prefix.count),
                let check = one.labels["check"], var line = EvidenceCharts.line(String(name))
            else { continue }
            line.values = ChartLine.values(times: one.times, values: one.values, on: grid).map { value in
                value.map { max(ChartUnit.leastOdds, Odds(log: $0).decades) }
            }
            lines[check, default: [:]][String(name)] = line
        }
        return lines.reduce(into: [:]) { figures, entry in
            figures[entry.key] = figure(entry.key, EvidenceCharts.metrics.compactMap { entry.value[$0] })
        }
    }

    private static let prefix = "halcyon_verdict_"

    private func expression(_ opening: String) -> String { "\(opening), rollout=\"\(rollout.id)\"}" }

    private static func line(_ name: String) -> ChartLine? {
        switch name {
        case "log_evidence": return ChartLine("it is worse", .canary, values: [])
        case "log_evidence_threshold": return ChartLine("rolls back", .limit, values: [])
        case "log_proof": return ChartLine("it is good", .proof, values: [])
        case "log_proof_threshold": return ChartLine("passes", .proven, values: [])
        default: return nil
        }
    }

    private func figure(_ check: String, _ lines: [ChartLine]) -> ChartFigure? {
        guard let evidence = lines.first, evidence.style == .canary, evidence.finite.count > 1 else { return nil }
        let reading = rollout.readings.first { $0.check == check }
        let chart = Chart(
            id: "evidence-\(check)", title: "\(check): evidence", grid: grid, lines: lines,
            marks: history.compactMap { $0.mark(rollout, isNamed: false) }, unit: .odds,
            isFailing: reading?.verdict == .fail)
        return ChartFigure(chart: chart, explorer: explorer(check))
    }

    private func explorer(_ check: String) -> Link {
        let selector = "{rollout=\"\(rollout.id)\", check=\"\(check)\"}"
        var state = ExplorerState(
            EvidenceCharts.metrics.prefix(2).map { "\(EvidenceCharts.prefix)\($0)\(selector)" })
        state.window = .between(grid.start, grid.end)
        return state.link
    }
}
