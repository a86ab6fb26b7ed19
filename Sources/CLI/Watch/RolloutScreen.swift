import Rollouts
import Values
import Wire

/// The picture of a rollout: a pure function of what is known, the time, and the room that there is.
struct RolloutScreen {
    let rollout: RolloutView
    let history: [HistoryEntry]
    let style: TextStyle
    /// How many lines there may be; `nil` means as many as it takes.
    let rows: Int?
    /// What is wrong with the connection.
    let trouble: String?

    init(
        _ rollout: RolloutView, _ history: [HistoryEntry], style: TextStyle, rows: Int? = nil, trouble: String? = nil
    ) {
        self.rollout = rollout
        self.history = history
        self.style = style
        self.rows = rows
        self.trouble = trouble
    }

    /// Hosts give way first, then old events, then the rest from below.
    func lines() -> [String] {
        let head = headLines + attentionLines
        let checks = checkLines
        let fixed = head.count + (checks.isEmpty ? 0 : checks.count + 1) + rollout.waves.count + watchLines.count + 1
        let events = eventLines(atMost: rows.map { max(3, min(6, $0 - fixed - rollout.waves.count - 1)) } ?? 10)
        let room = rows.map { max(0, $0 - fixed - (events.isEmpty ? 0 : events.count + 1)) }
        var result = head
        for part in [waveLines(hostRoom: room) + watchLines, checks, events] where !part.isEmpty {
            result.append(StyledText())
            result += part
        }
        var texts = result.map { $0.fitted(to: style.width, symbols: style.symbols).text(colour: style.colour) }
        if let rows, texts.count > rows { texts.removeLast(texts.count - rows) }
        return texts
    }

    // MARK: Head

    private var headLines: [StyledText] {
        let arrow = style.symbols ? "→" : "->"
        let versions = rollout.previous.map { "\($0) \(arrow) \(rollout.version)" } ?? "\(arrow) \(rollout.version)"
        let elapsed = briefly((rollout.endedAt ?? style.now) - rollout.createdAt)
        var first = StyledText(rollout.service, .bold) + StyledText("  \(versions)  ")
        first += StyledText(rollout.phase.words, rollout.phase.look)
        let isUnderWay = !rollout.phase.isFinal && rollout.phase != .queued && rollout.phase != .watching
        if isUnderWay, !rollout.waves.isEmpty {
            first += StyledText("  wave \(min(rollout.wave + 1, rollout.waves.count)) of \(rollout.waves.count)")
        }
        first += StyledText("  \(elapsed)") + StyledText("  \(rollout.id) by \(rollout.createdBy)", .dim)
        let isSaidBelow = attentionReasons.contains { $0.text.contains(rollout.summary) }
        return isSaidBelow || rollout.summary.isEmpty ? [first] : [first] + folded(rollout.summary, .plain, lead: "")
    }

    private var attentionReasons: [(text: String, look: Look)] {
        var reasons: [(String, Look)] = []
        if let cause = rollout.rollback { reasons.append((cause.reason, .bad)) }
        if let hold = rollout.hold {
            reasons.append(hold.needsPerson ? ("needs a person: \(hold.reason)", .bad) : (hold.reason, .caution))
        } else if rollout.needsPerson {
            reasons.append(("needs a person: \(rollout.summary)", .caution))
        }
        if let pause = rollout.pause {
            reasons.append(("paused by \(pause.by)" + (pause.reason.isEmpty ? "" : ": \(pause.reason)"), .caution))
        }
        if !rollout.leftBehind.isEmpty {
            let names = rollout.leftBehind.prefix(8).joined(separator: ", ")
            let more = rollout.leftBehind.count > 8 ? " and \(rollout.leftBehind.count - 8) more" : ""
            reasons.append(("not back yet: \(names)\(more)", .bad))
        }
        if let trouble { reasons.append((trouble, .caution)) }
        return reasons
    }

    private var attentionLines: [StyledText] {
        attentionReasons.flatMap { folded($0.text, $0.look, lead: "! ") }
    }

    /// A sentence in at most three lines; where nothing is cut, in one.
    func folded(_ text: String, _ look: Look, lead: String) -> [StyledText] {
        let lines = wrapped(harmless(text), width: style.width.map { $0 - lead.count })
        let indent = String(repeating: " ", count: lead.count)
        return lines.prefix(3).enumerated().map { index, line in
            let isCut = index == 2 && lines.count > 3
            return StyledText(index == 0 ? lead : indent, look) + StyledText(isCut ? line + " …" : line, look)
        }
    }

    // MARK: Events

    private func eventLines(atMost count: Int) -> [StyledText] {
        history.suffix(count).map {
            StyledText("\(style.clock($0.event.at))  ", .dim) + StyledText($0.sentence)
        }
    }
}
