import Verdicts
import Wire

extension RolloutScreen {
    /// The canary beside the baseline, check by check, and why a check does not pass.
    var checkLines: [StyledText] {
        guard !rollout.readings.isEmpty else { return [] }
        let table =
            (style.width ?? 80) < 64 ? narrowLines : readingTable(rollout.readings, style).styledLines(style)
        let reasons = rollout.readings.filter { $0.verdict != .pass && !$0.reason.isEmpty }.flatMap {
            folded("\($0.check): \($0.reason)", $0.verdict == .fail && !$0.dryRun ? .bad : .dim, lead: "  ")
        }
        let evidence = evidenceTable(rollout.readings, style)?.styledLines(style) ?? []
        return table + evidence + budgetLines + reasons
    }

    /// How much of the chance of a false rollback is spent.
    private var budgetLines: [StyledText] {
        guard let budget = rollout.budget else { return [] }
        return folded("budget: \(BudgetSentence(budget, readings: rollout.readings))", .dim, lead: "  ")
    }

    /// Two lines a check, for narrow terminals.
    private var narrowLines: [StyledText] {
        rollout.readings.flatMap { reading in
            [
                StyledText(reading.check, .bold) + StyledText("  ") + reading.verdictText(style),
                StyledText("  \(reading.canaryText) vs \(reading.baselineText), limit \(reading.limitText)", .dim),
            ]
        }
    }
}

/// Checks with their numbers.
func readingTable(_ readings: [Reading], _ style: TextStyle) -> Table {
    var table = Table(
        [
            .init("check", flexible: true), .init("verdict"), .init("canary", right: true),
            .init("baseline", right: true), .init("limit", right: true),
        ], whenEmpty: "No checks.")
    for reading in readings {
        table.add([
            StyledText(reading.check), reading.verdictText(style), StyledText(reading.canaryText),
            StyledText(reading.baselineText), StyledText(reading.limitText),
        ])
    }
    return table
}

extension Reading {
    fileprivate func verdictText(_ style: TextStyle) -> StyledText {
        let suffix = dryRun ? " (dry run)" : ""
        switch verdict {
        case .pass: return StyledText((style.symbols ? "✓ pass" : "+ pass") + suffix, .good)
        case .fail: return StyledText((style.symbols ? "✗ fail" : "x fail") + suffix, dryRun ? .caution : .bad)
        case .undecided: return StyledText((lacksData ? "? no data" : "? undecided") + suffix, .caution)
        }
    }

    fileprivate var canaryText: String {
        scale == .factor || canary == nil && baseline == nil ? words(value) : text(canary)
    }

    fileprivate var baselineText: String {
        scale == .factor ? "-" : text(baseline)
    }

    fileprivate var limitText: String { words(limit) }

    /// `0.48%  5/1,043`
    private func text(_ cohort: CohortCount?) -> String {
        guard let cohort else { return "-" }
        return "\(words(cohort.ratio))  \(grouped(cohort.bad))/\(grouped(cohort.total))"
    }

    private func words(_ value: Double?) -> String {
        switch scale {
        case .share: return percentage(value)
        case .factor: return value.map { "\(number($0))x" } ?? "-"
        case .rate: return number(value)
        // A ratio has cohorts; a guardrail has a value only.
        case nil: return canary != nil || baseline != nil ? percentage(value) : number(value)
        }
    }
}
