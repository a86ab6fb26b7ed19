import Rollouts
import Verdicts
import Wire

/// What each check says, and the evidence that it rests on.
struct ChecksSection: Sendable {
    var rollout: RolloutView
    /// What to show: the newest ones, or those of the last decision once the rollout has ended.
    var readings: [Reading]
    var charts: [ChartFigure]

    /// - Parameter decisions: oldest first.
    init(rollout: RolloutView, decisions: [Explanation.Decision] = [], charts: [ChartFigure]) {
        self.rollout = rollout
        self.charts = charts
        let last = rollout.phase.isFinal ? decisions.last { !$0.readings.isEmpty }?.readings : nil
        readings = rollout.readings.isEmpty ? last ?? [] : rollout.readings
    }

    var markup: Markup {
        section("Checks", id: "checks", note: note) {
            if readings.isEmpty {
                if charts.isEmpty || !rollout.phase.isFinal {
                    nothing(
                        rollout.phase.isFinal
                            ? "No check was read." : "No check has been read yet. They are read once a wave is ready.")
                }
            } else {
                budget
                table(
                    "Checks", ["Check", "Verdict", "Canary", "Baseline", "Effect", "Evidence"], class: "checks",
                    rows: readings.map(ReadingRow.init).flatMap(\.markup))
            }
            if !charts.isEmpty { tag("div", .class("charts")) { for chart in charts { chart.markup } } }
        }
    }

    private var note: String? {
        guard !readings.isEmpty else { return nil }
        let counts = [Verdict.fail, .undecided, .pass].map { verdict in
            (verdict, readings.count { $0.verdict == verdict })
        }
        return counts.filter { $0.1 > 0 }.map { "\($0.1) \($0.0.rawValue)" }.joined(separator: ", ")
    }

    /// One line: how much of the chance of a false rollback is spent, and by which check.
    private var budget: Markup? {
        guard let budget = rollout.budget else { return nil }
        let sentence = BudgetSentence(budget, readings: readings)
        return tag("div", .class("budget"), .id("budget")) {
            progress("Of the evidence that a rollback needs", done: Int64(sentence.share * 1000), of: 1000)
            tag("p") {
                tag("strong") { "Budget" }
                " \(sentence)"
            }
        }
    }
}

/// One check: canary beside baseline, how much they differ, and how strong the evidence is; below, the sentence to read out.
struct ReadingRow: Sendable {
    var reading: Reading

    init(_ reading: Reading) { self.reading = reading }

    var markup: [Markup] { [numbers, words] }

    private var state: String { reading.verdict == .fail && !reading.dryRun ? "failed" : "" }

    private var numbers: Markup {
        tag("tr", .class(state), .id("check-\(reading.check)")) {
            cell("Check", class: "name") {
                tag("strong") { reading.check }
                if reading.dryRun { tag("span", .class("tag")) { "dry run" } }
            }
            cell("Verdict") { sign.badge }
            cell("Canary", class: "number") { cohort(reading.canary, value: reading.value) }
            cell("Baseline", class: "number") { cohort(reading.baseline, value: nil) }
            cell("Effect", class: "number") { effect }
            cell("Evidence", class: "number") { evidence }
        }
    }

    private var words: Markup {
        tag("tr", .class("says", state), .id("says-\(reading.check)")) {
            tag("td", .named("colspan", 6)) {
                tag("p") { Figures.sentence(reading.reason) }
                allowances
            }
        }
    }

    private var sign: Sign {
        reading.lacksData ? Sign(shape: .question, word: "No data", tone: .attention) : Sign(reading.verdict)
    }

    private func cohort(_ count: CohortCount?, value: Double?) -> Markup {
        group {
            if let count {
                let isFactor = reading.scale == .factor
                tag("span", .class("figure")) { (isFactor ? value : value ?? count.ratio).map { words($0) } ?? "–" }
                tag("span", .class("counts", "muted")) {
                    (isFactor ? "of " : "\(Figures.count(count.bad)) of ") + "\(Figures.count(count.total)), "
                        + Figures.counted(count.hosts, "host", "hosts")
                }
            } else {
                tag("span", .class("figure")) { value.map { words($0) } ?? "–" }
            }
        }
    }

    private func words(_ value: Double) -> String {
        switch reading.scale {
        case .share: return Figures.percent(value)
        case .factor: return Figures.short(value) + "×"
        case .rate: return Figures.short(value)
        // A check without cohorts is a guardrail: its values have a unit of their own.
        case nil: return reading.isRatio ? Figures.percent(value) : Figures.plain(value)
        }
    }

    // MARK: Evidence

    private var effect: Markup {
        group {
            if let effect = reading.evidence?.effect {
                EffectBar(effect: effect, margin: reading.margin).markup
            }
            if let limit = reading.limit {
                tag("span", .class("counts", "muted")) { "limit \(words(limit))" }
            } else if reading.evidence?.effect == nil {
                "–"
            }
        }
    }

    private var evidence: Markup {
        group {
            if let evidence = reading.evidence {
                tag("span", .class("figure")) { "\(Odds(log: evidence.log))" }
                tag("span", .class("counts", "muted")) { "of \(Odds(log: evidence.threshold)) for a rollback" }
                if let proof = evidence.proof, let needed = evidence.proofThreshold {
                    tag("span", .class("counts", "muted")) {
                        "\(Odds(log: proof)) of \(Odds(log: needed)) that it is good"
                    }
                }
            } else {
                "–"
            }
        }
    }

    /// What was left out or allowed for, and what the evidence is made of.
    private var allowances: Markup? {
        guard let evidence = reading.evidence, !evidence.allowances.isEmpty || evidence.parts.count > 1 else {
            return nil
        }
        return tag("ul", .class("allowances", "muted")) {
            for sentence in evidence.allowances { tag("li") { Figures.sentence(sentence) } }
            if evidence.parts.count > 1 { tag("li") { self.parts(evidence.parts) } }
        }
    }

    private func parts(_ parts: [Evidence.Part]) -> String {
        "Made of "
            + parts.map { "\($0.name) \(Odds(log: $0.log)) (weight \(Figures.percent($0.weight)))" }
            .joined(separator: ", ")
    }
}

extension Reading {
    var isRatio: Bool { canary != nil || baseline != nil }

    /// The factor on the baseline that is tolerated, as its limit says; `nil` where there is none.
    var margin: Double? {
        if scale == .factor { return limit }
        guard let limit, let ratio = baseline?.ratio, ratio > 0 else { return nil }
        let margin = limit / ratio
        return margin.isFinite && margin > 0 ? margin : nil
    }
}
