import Wire

/// What was changed, newest first, each with the way back to it.
struct FlagHistorySection: Sendable {
    var flag: FlagView
    /// Newest first.
    var history: [FlagEventView]

    func markup(_ scene: Scene) -> Markup {
        section("History", id: "history", note: "every state is kept") {
            if history.isEmpty {
                nothing("Nothing has been changed yet.")
            } else {
                FlagTimeline(events: history, current: flag).markup(scene)
            }
        }
    }
}

/// Changes of flags with their authors, reasons and diffs.
struct FlagTimeline: Sendable {
    var events: [FlagEventView]
    /// The flag that the events are of; `nil` for those of a whole environment.
    var current: FlagView?

    func markup(_ scene: Scene) -> Markup {
        tag("ol", .class("timeline", "changes")) {
            for (place, event) in events.enumerated() {
                tag("li", .id("change-\(event.sequence)")) { self.line(event, before: previous(place), scene) }
            }
        }
    }

    /// The document before a change, when it is among those that are shown.
    private func previous(_ place: Int) -> String? {
        let event = events[place]
        return events[(place + 1)...].first { $0.kind == event.kind && $0.key == event.key }?.document
    }

    private func line(_ event: FlagEventView, before: String?, _ scene: Scene) -> Markup {
        let sign = Sign(event)
        return group {
            tag("span", .class("sign", "tone-\(sign.tone.rawValue)")) { sign.shape.icon }
            tag("div", .class("sentence")) {
                if current == nil {
                    subject(event)
                    " "
                }
                FlagEventWords.sentence(event)
            }
            tag("span", .class("when", "muted")) { Moments.relative(event.at, now: scene.now) }
            if let current, event.revision == current.revision {
                tag("span", .class("muted", "now")) { "as it is now" }
            } else if let current, scene.steers, current.file == nil {
                tag(
                    "a", .class("button", "plain"), .flag("data-dialog"), .id("revert-\(event.sequence)"),
                    .href(
                        .flag(
                            current.key, in: current.environment,
                            query: [("do", "revert"), ("to", "\(event.revision)")]))
                ) {
                    "Revert to this"
                    hidden(", revision \(event.revision)")
                }
            }
            ChangeList(lines: event.diff, old: before, new: event.document ?? "").markup
        }
    }

    private func subject(_ event: FlagEventView) -> Markup {
        guard event.kind == "flag", event.document != nil else { return code("\(event.kind) \(event.key)") }
        return tag("a", .href(.flag(event.key, in: event.environment))) { code(event.key) }
    }
}

extension Sign {
    fileprivate init(_ event: FlagEventView) {
        switch event.action {
        case "on": self.init(shape: .check, word: "", tone: .good)
        case "off": self.init(shape: .empty, word: "", tone: .idle)
        case "revert": self.init(shape: .returned, word: "", tone: .attention)
        case "delete", "archive": self.init(shape: .cross, word: "", tone: .idle)
        case "rollout", "ramp": self.init(shape: .arrow, word: "", tone: .busy)
        default: self.init(shape: .dot, word: "", tone: .idle)
        }
    }
}
