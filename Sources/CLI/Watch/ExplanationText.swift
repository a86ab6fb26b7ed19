import Values
import Verdicts
import Wire

extension Explanation {
    /// A report that can be read from top to bottom: what happened, and why each decision was taken.
    ///
    /// - Parameter traces: how the evidence went.
    func lines(_ style: TextStyle, traces: [EvidenceTrace] = []) -> [String] {
        var lines = headLines(style) + traceLines(traces, style)
        if decisions.isEmpty { lines.append(StyledText("No decision was taken yet.")) }
        for (index, decision) in decisions.enumerated() {
            lines.append(StyledText())
            lines += decision.lines(style, number: index + 1, start: rollout.createdAt)
        }
        return lines.map { $0.text(colour: style.colour) }
    }

    private func headLines(_ style: TextStyle) -> [StyledText] {
        let arrow = style.symbols ? "→" : "->"
        let from = rollout.previous.map { "\($0) \(arrow) " } ?? ""
        let title = "\(rollout.service) \(from)\(rollout.version)"
        let elapsed = briefly((rollout.endedAt ?? style.now) - rollout.createdAt)
        var lines = [
            StyledText(title, .bold) + StyledText("  ") + StyledText(rollout.phase.words, rollout.phase.look)
                + StyledText("  \(rollout.id)", .dim),
            StyledText(
                "Started \(rollout.createdAt) by \(rollout.createdBy), \(rollout.endedAt == nil ? "since" : "took") \(elapsed)."
            ),
        ]
        lines += wrapped(harmless(rollout.summary), width: style.width).map { StyledText($0) }
        if let budget = rollout.budget {
            let sentence = "Budget: \(BudgetSentence(budget, readings: rollout.readings))."
            lines += wrapped(harmless(sentence), width: style.width).map { StyledText($0) }
        }
        return lines
    }
}

extension Explanation.Decision {
    fileprivate func lines(_ style: TextStyle, number: Int, start: Timestamp) -> [StyledText] {
        let elapsed = "+" + briefly(at - start)
        var lines = [
            StyledText("\(number). ", .dim) + StyledText(what, .bold)
                + StyledText("  \(style.clock(at)) (\(elapsed)) by \(by)", .dim)
        ]
        // What the readings below say is not said twice.
        let said = readings.map(\.reason).filter { !$0.isEmpty }
        for sentence in why where !said.contains(where: { sentence.hasSuffix($0) && sentence != $0 }) {
            let folded = wrapped(harmless(sentence), width: style.width.map { $0 - 11 })
            lines += folded.enumerated().map {
                StyledText(($0.offset == 0 ? "   because " : "           ") + $0.element)
            }
        }
        guard !readings.isEmpty else { return lines }
        lines += readingTable(readings, style).styledLines(style, indent: 3)
        lines += evidenceTable(readings, style)?.styledLines(style, indent: 3) ?? []
        lines += readings.flatMap { reading in
            wrapped(harmless("\(reading.check): \(reading.reason)"), width: style.width.map { $0 - 3 })
                .map { StyledText("   \($0)", .dim) } + reading.allowanceLines(style)
        }
        return lines
    }
}

extension Reading {
    /// What was left out or allowed for.
    fileprivate func allowanceLines(_ style: TextStyle) -> [StyledText] {
        (evidence?.allowances ?? []).flatMap { sentence in
            wrapped(harmless(sentence), width: style.width.map { $0 - 7 }).enumerated().map {
                StyledText(($0.offset == 0 ? "     - " : "       ") + $0.element, .dim)
            }
        }
    }
}
