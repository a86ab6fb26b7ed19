import Rollouts
import Values
import Verdicts
import Wire

/// `/rollouts/ID`: where a rollout is, what its checks see, and why it decided what it did.
struct RolloutPage: Sendable {
    var rollout: RolloutView
    /// Oldest first.
    var history: [HistoryEntry]
    var decisions: [Explanation.Decision]
    var charts: [ChartFigure]
    /// Whether its version is still what the service runs.
    var serves: Bool
    var flash: String?

    func page(_ scene: Scene) -> Page {
        Page(
            title: "\(Sign(rollout).word): \(rollout.service) \(rollout.version)", tab: .rollouts,
            freshness: freshness, flash: flash,
            content: [
                head(scene), attention(scene), WavesSection(rollout: rollout).markup,
                ChecksSection(rollout: rollout, decisions: decisions, charts: charts).markup,
                tag("div", .class("columns")) {
                    HistorySection(history: history).markup(scene)
                    ExplanationSection(decisions: decisions).markup(scene)
                },
            ])
    }

    private var freshness: Page.Freshness {
        Page.Freshness(events: "rollout history", rollout: rollout.id, every: .milliseconds(500))
    }

    /// The page of what is rolled out.
    private var subject: Link {
        rollout.flag.map { Link.flag($0.key, in: $0.environment) } ?? Link("services", rollout.service)
    }

    private func head(_ scene: Scene) -> Markup {
        tag("div", .class("page-head")) {
            tag("div") {
                tag("p", .class("crumbs")) {
                    tag("a", .href(Link("rollouts"))) { "Rollouts" }
                    " / "
                    code(rollout.id)
                }
                tag("h1") {
                    tag("a", .href(subject)) { rollout.service }
                    " "
                    versionChange(from: rollout.previous, to: rollout.version)
                }
                tag("p", .class("summary")) {
                    Sign(rollout).pill
                    " "
                    tag("span") { Figures.sentence(rollout.summary) }
                }
                facts(scene)
            }
            if scene.steers { ActionBar(rollout: rollout, serves: serves).markup }
        }
    }

    private func facts(_ scene: Scene) -> Markup {
        tag("p", .class("facts", "muted")) {
            tag("span") {
                "Started "
                Moments.relative(rollout.createdAt, now: scene.now)
                " by \(rollout.createdBy)"
            }
            if let endedAt = rollout.endedAt {
                tag("span") {
                    "Ended "
                    Moments.relative(endedAt, now: scene.now)
                    " after \(Figures.period(endedAt - rollout.createdAt))"
                }
            }
            if !rollout.phase.isFinal, !rollout.waves.isEmpty {
                tag("span") { "Wave \(min(rollout.wave + 1, rollout.waves.count)) of \(rollout.waves.count)" }
            }
        }
    }

    /// What a person must know before anything else: who paused it, why it holds, why it goes back.
    private func attention(_ scene: Scene) -> Markup {
        group {
            if let cause = rollout.rollback { notice(rollbackTitle(cause), cause.reason, .bad, cause.at, scene) }
            if let pause = rollout.pause {
                notice(
                    "Paused by \(pause.by)", pause.reason.isEmpty ? "No reason was given." : pause.reason, .attention,
                    pause.at, scene)
            }
            if let hold = rollout.hold {
                notice(holdTitle(hold), hold.reason, hold.needsPerson ? .attention : .idle, hold.since, scene)
            }
            if !rollout.leftBehind.isEmpty {
                notice(
                    "Not back yet: " + rollout.leftBehind.joined(separator: ", "),
                    "Each gets the previous version as soon as it can be reached.", .attention, nil, scene)
            }
        }
    }

    private func notice(
        _ title: String, _ text: String, _ tone: Tone, _ at: Timestamp?, _ scene: Scene
    ) -> Markup {
        tag("div", .class("notice", "tone-\(tone.rawValue)")) {
            (tone == .bad ? Shape.returned : tone == .attention ? .hand : .clock).icon
            tag("div") {
                tag("strong") { title }
                tag("p") { Figures.sentence(text) }
            }
            if let at { tag("span", .class("muted")) { Moments.relative(at, now: scene.now) } }
        }
    }

    private func rollbackTitle(_ cause: RollbackCause) -> String {
        let verb = rollout.phase == .rolledBack ? "Rolled back" : "Rolling back"
        switch cause.trigger {
        case .check: return "\(verb): \(cause.reading.map { "the check \($0.check) failed" } ?? "a check failed")"
        case .failedHosts: return "\(verb): hosts failed with the new version"
        case .lostHosts: return "\(verb): contact with hosts was lost"
        case .person: return "\(verb) by \(cause.by)"
        }
    }

    private func holdTitle(_ hold: Hold) -> String {
        switch hold.kind {
        case .undecided: return "Held: the evidence is not enough"
        case .attributed: return "Held: another change explains what is wrong"
        case .distrust: return "Held: the checks cannot be trusted"
        case .lostHosts: return "Held: contact with hosts was lost"
        case .deadline: return "Held: the wave is late"
        case .forwardOnly: return "Held: this version cannot be taken back automatically"
        case .stuckRollback: return "Held: a host cannot go back"
        }
    }
}

/// The buttons of a rollout. Each leads to its confirmation; with script, that opens in place.
struct ActionBar: Sendable {
    var rollout: RolloutView
    var serves: Bool

    var markup: Markup {
        tag("div", .class("actions"), .named("role", "group"), .named("aria-label", "Actions")) {
            for action in Action.available(for: rollout, serves: serves) {
                action.button(for: rollout)
            }
        }
    }
}

extension Action {
    func button(for rollout: RolloutView) -> Markup {
        let link = Link("rollouts", rollout.id, verb, query: full ? [("full", "true")] : [])
        return tag(
            "a", .class("button", weight.rawValue), .href(link), .flag("data-dialog"),
            .id("action-\(key)-\(rollout.id)")
        ) { label }
    }
}
