import Rollouts
import Verdicts
import Wire

/// What each check says, from which numbers.
struct ChecksSection: Sendable {
    var rollout: RolloutView
    var charts: [ChartFigure]

    var markup: Markup {
        section("Checks", id: "checks", note: note) {
            if rollout.readings.isEmpty {
                if charts.isEmpty || !rollout.phase.isFinal {
                    nothing(
                        rollout.phase.isFinal
                            ? "No check was read." : "No check has been read yet. They are read once a wave is ready.")
                }
            } else {
                table(
                    "Checks", ["Check", "Verdict", "Canary", "Baseline", "Limit", "Why"], class: "checks",
                    rows: rollout.readings.map(ReadingRow.init).map(\.markup))
            }
            if !charts.isEmpty { tag("div", .class("charts")) { for chart in charts { chart.markup } } }
        }
    }

    private var note: String? {
        guard !rollout.readings.isEmpty else { return nil }
        let counts = [Verdict.fail, .undecided, .pass].map { verdict in
            (verdict, rollout.readings.count { $0.verdict == verdict })
        }
        return counts.filter { $0.1 > 0 }.map { "\($0.1) \($0.0.rawValue)" }.joined(separator: ", ")
    }
}

/// One check: canary beside baseline, with the counts that the ratios come from.
struct ReadingRow: Sendable {
    var reading: Reading

    init(_ reading: Reading) { self.reading = reading }

    var markup: Markup {
        tag("tr", .class(reading.verdict == .fail ? "failed" : "")) {
            cell("Check", class: "name") {
                tag("strong") { reading.check }
                if reading.dryRun { tag("span", .class("tag")) { "dry run" } }
            }
            cell("Verdict") {
                sign.badge
            }
            cell("Canary", class: "number") { cohort(reading.canary, value: reading.value) }
            cell("Baseline", class: "number") { cohort(reading.baseline, value: nil) }
            cell("Limit", class: "number") { reading.limit.map { words($0) } ?? "–" }
            cell("Why", class: "wide") { reading.reason }
        }
    }

    private var sign: Sign {
        reading.lacksData ? Sign(shape: .question, word: "No data", tone: .attention) : Sign(reading.verdict)
    }

    private func cohort(_ count: CohortCount?, value: Double?) -> Markup {
        group {
            if let count {
                tag("span", .class("figure")) { (value ?? count.ratio).map { words($0) } ?? "–" }
                tag("span", .class("counts", "muted")) {
                    "\(Figures.count(count.bad)) of \(Figures.count(count.total)), "
                        + Figures.counted(count.hosts, "host", "hosts")
                }
            } else {
                tag("span", .class("figure")) { value.map { words($0) } ?? "–" }
            }
        }
    }

    /// A check without cohorts is a guardrail: its values have a unit of their own.
    private func words(_ value: Double) -> String {
        reading.isRatio ? Figures.percent(value) : Figures.plain(value)
    }
}

extension Reading {
    var isRatio: Bool { canary != nil || baseline != nil }
}
