import Verdicts
import Wire

/// How strong the evidence of each check is; `nil` when none has any.
func evidenceTable(_ readings: [Reading], _ style: TextStyle) -> Table? {
    guard readings.contains(where: { $0.evidence != nil }) else { return nil }
    var table = Table(
        [.init("evidence", flexible: true), .init("for a rollback"), .init("that it is good"), .init("effect")],
        whenEmpty: "")
    for reading in readings {
        guard let evidence = reading.evidence else { continue }
        let isBad = reading.verdict == .fail && !reading.dryRun
        table.add([
            StyledText(reading.check),
            gauge(evidence.log, of: evidence.threshold, isBad ? .bad : .caution, style),
            gauge(evidence.proof, of: evidence.proofThreshold, .good, style),
            StyledText(evidence.effect.map { effectText($0, style) } ?? "-"),
        ])
    }
    return table
}

/// A bar with `3 to 1 of 200 to 1`; the bar's scale is logarithmic.
private func gauge(_ log: Double?, of needed: Double?, _ look: Look, _ style: TextStyle) -> StyledText {
    guard let log, let needed, needed > 0 else { return StyledText("-", .dim) }
    let words = StyledText("\(Odds(log: log)) of \(Odds(log: needed))")
    guard (style.width ?? 80) >= 80 else { return words }
    let width = 8
    let filled = Int((max(0, min(1, log / needed)) * Double(width)).rounded(.down))
    let (full, empty) = style.symbols ? ("█", "░") : ("#", ".")
    return StyledText(String(repeating: full, count: filled), look)
        + StyledText(String(repeating: empty, count: width - filled) + " ", .dim) + words
}

/// `3.8x (2.6 to 5.5)`
private func effectText(_ effect: Evidence.Effect, _ style: TextStyle) -> String {
    func short(_ factor: Double) -> String { factor < 10 ? fixed(factor, 2) : fixed(factor, 0) }
    let sign = style.symbols ? "×" : "x"
    let bounds = effect.upper.map { "\(short(effect.lower)) to \(short($0))" } ?? "over \(short(effect.lower))"
    return "\(short(effect.ratio))\(sign) (\(bounds))"
}

/// One check's evidence over the time of a rollout.
struct EvidenceTrace: Hashable, Sendable {
    var check: String
    /// Natural logarithms, oldest first; `nil` where nothing was kept.
    var values: [Double?]
    var threshold: Double?

    /// `▁▂▅█  310 to 1, a rollback needs 200 to 1`: the highest mark is what a rollback needs, or more.
    func text(_ style: TextStyle) -> StyledText {
        let marks = style.symbols ? Array("▁▂▃▄▅▆▇█") : Array("_.,:-=+#")
        let top = max(threshold ?? 1, values.compactMap { $0 }.max() ?? 1, 0.1)
        let line = String(
            values.map { value -> Character in
                guard let value else { return " " }
                return marks[Int((max(0, min(1, value / top)) * Double(marks.count - 1)).rounded())]
            })
        let highest = values.compactMap { $0 }.max() ?? 0
        let isOver = threshold.map { highest >= $0 } ?? false
        let needed = threshold.map { ", a rollback needs \(Odds(log: $0))" } ?? ""
        return StyledText(line, isOver ? .bad : .accent) + StyledText("  at most \(Odds(log: highest))\(needed)")
    }
}

/// The traces below one another, with the names of their checks before them.
func traceLines(_ traces: [EvidenceTrace], _ style: TextStyle) -> [StyledText] {
    guard !traces.isEmpty else { return [] }
    let width = traces.map { displayWidth($0.check) }.max() ?? 0
    return [StyledText(), StyledText("Evidence of a regression, over time", .bold)]
        + traces.map { StyledText("   ") + StyledText($0.check).padded(to: width + 2) + $0.text(style) }
}
