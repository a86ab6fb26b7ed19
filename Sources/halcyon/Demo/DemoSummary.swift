import LoadGenerator
import Rollouts
import Values
import Wire

/// What the demo shows, in numbers, and whether it is what it should be.
struct DemoSummary: Sendable {
    private(set) var lines: [String] = []
    /// What did not happen as it should.
    private(set) var problem: String?

    /// - Parameter elapsed: since the demo began, builds aside.
    init(stage: DemoStage, load: LoadReport, elapsed: Period) async throws {
        let good: RolloutView = try await stage.get("/v1/rollouts/storefront-2")
        let bad: RolloutView = try await stage.get("/v1/rollouts/storefront-3")
        let history: Listing<HistoryEntry> = try await stage.get("/v1/rollouts/storefront-3/history")
        let hosts: Listing<HostView> = try await stage.get("/v1/hosts")
        let byBad = load.total.failedAnswers["v3"] ?? 0
        let byOthers = load.total.failedByAnswer - byBad
        lines = [
            "requests sent                          \(load.total.sent)",
            "requests failed by the hand-overs      \(load.total.failedByTransport)",
            "requests failed by the bad version     \(byBad) of its \(load.total.answers["v3"] ?? 0)",
        ]
        let times = Times(load: load, history: history.items)
        lines.append("first bad response → decision          \(times.decision.map { "\($0)" } ?? "never")")
        lines.append("first bad response → last host back    \(times.back.map { "\($0)" } ?? "never")")
        lines.append("the whole demo took                    \(elapsed)")
        let strays = hosts.items.filter { host in
            !host.services.contains { $0.service == "storefront" && $0.version == "v2" && $0.ready }
        }
        note(
            load.total.failedByTransport > 0,
            "\(load.total.failedByTransport) requests were lost: \(load.total.transportFailures)")
        note(load.total.ok == 0, "no request was answered")
        note(byOthers > 0, "\(byOthers) answers of good versions were errors")
        note(byBad == 0, "the bad version did not fail")
        note(good.phase != .done && good.phase != .watching, "the good version is \(good.phase.words)")
        note(bad.phase != .rolledBack, "the bad version is \(bad.phase.words)")
        note(bad.rollback?.trigger != .check, "the bad version was not caught by its check")
        note(bad.wave > 1, "the bad version was caught in wave \(bad.wave + 1) only")
        note(load.total.unsent > 0, "\(load.total.unsent) requests could not be sent in time")
        note(elapsed > .seconds(180), "it took \(elapsed), more than three minutes")
        note(times.decision == nil || times.back == nil, "there is no rollback in the history")
        note(!strays.isEmpty, "\(strays.map(\.name).joined(separator: ", ")) do not serve v2")
        lines.append(problem.map { "NOT as it should be: \($0)" } ?? "All as it should be.")
    }

    private mutating func note(_ isWrong: Bool, _ words: @autoclosure () -> String) {
        if isWrong, problem == nil { problem = words() }
    }

    /// Counted from the first bad response that a user got.
    private struct Times {
        var decision: Period?
        var back: Period?

        init(load: LoadReport, history: [HistoryEntry]) {
            guard let first = load.total.firstFailedAnswer else { return }
            for entry in history {
                switch entry.event.fact {
                case .rollbackStarted: decision = entry.event.at - first
                case .rolledBack: back = entry.event.at - first
                default: break
                }
            }
        }
    }
}
