import Rollouts
import Values
import Verdicts
import Wire

/// What happened, newest first.
struct HistorySection: Sendable {
    /// Oldest first.
    var history: [HistoryEntry]

    private static let shown = 200

    func markup(_ scene: Scene) -> Markup {
        section("History", id: "history") {
            if history.isEmpty {
                nothing("Nothing has happened yet.")
            } else {
                tag("ol", .class("timeline")) {
                    for entry in history.suffix(HistorySection.shown).reversed() {
                        tag("li", .id("event-\(entry.event.sequence)")) { HistoryLine(entry: entry).markup(scene) }
                    }
                }
            }
        }
    }
}

/// One event with its shape, its sentence, who did it and when.
struct HistoryLine: Sendable {
    var entry: HistoryEntry

    private var isByPerson: Bool { entry.event.by != "halcyon" }

    func markup(_ scene: Scene) -> Markup {
        let sign = Sign(entry.event.fact)
        return group {
            tag("span", .class("sign", "tone-\(sign.tone.rawValue)")) { sign.shape.icon }
            tag("span", .class("sentence")) {
                isByPerson && entry.sentence.hasPrefix(entry.event.by)
                    ? entry.sentence : Figures.sentence(entry.sentence)
                if isByPerson, !entry.sentence.contains(entry.event.by) {
                    tag("span", .class("by")) { " by \(entry.event.by)" }
                }
            }
            tag("span", .class("when", "muted")) { Moments.relative(entry.event.at, now: scene.now) }
        }
    }
}

extension RolloutEvent.Fact {
    /// Whether it is worth a line beside other rollouts' events; a rollout's own page shows everything.
    var isNotable: Bool {
        switch self {
        case .released, .controlled, .returned, .bakeClock, .waveReady: return false
        case .judged(let reading): return reading.verdict == .fail
        default: return true
        }
    }
}

extension Sign {
    init(_ fact: RolloutEvent.Fact) {
        switch fact {
        case .began, .waveStarted, .watchStarted: self.init(shape: .arrow, word: "", tone: .busy)
        case .released, .controlled, .joined: self.init(shape: .arrow, word: "", tone: .idle)
        case .waited: self.init(shape: .clock, word: "", tone: .idle)
        case .unready(let hosts):
            self.init(shape: .half, word: "", tone: hosts.isEmpty ? .idle : .attention)
        case .approved, .resumed, .promoted, .holdLifted: self.init(shape: .dot, word: "", tone: .busy)
        case .hostFailed, .stuck: self.init(shape: .cross, word: "", tone: .bad)
        case .waveReady, .bakeClock: self.init(shape: .half, word: "", tone: .idle)
        case .judged(let reading): self.init(reading.verdict)
        case .waveDone, .done: self.init(shape: .check, word: "", tone: .good)
        case .held: self.init(shape: .hand, word: "", tone: .attention)
        case .paused: self.init(shape: .pause, word: "", tone: .attention)
        case .rollbackStarted, .returned: self.init(shape: .back, word: "", tone: .bad)
        case .rolledBack: self.init(shape: .returned, word: "", tone: .bad)
        case .cancelled: self.init(shape: .cross, word: "", tone: .idle)
        }
    }
}
