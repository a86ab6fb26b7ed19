import FlagSpecs
import Values
import Wire

/// `/flags/ENVIRONMENT/KEY`: what a flag gives to whom, what it is being asked, and how it came to be so.
struct FlagPage: Sendable {
    /// The flag as another environment has it.
    struct Elsewhere: Sendable {
        var environment: EnvironmentView
        /// `nil`: it is not there.
        var flag: FlagView?
    }

    var flag: FlagView
    var environment: EnvironmentView
    var usage: FlagUsageView?
    /// Newest first.
    var history: [FlagEventView]
    var elsewhere: [Elsewhere]
    /// Those that wait for somebody.
    var proposals: [ProposalView]
    var staleReasons: [String]
    /// The context that somebody tries, as it was typed.
    var trial: FlagTrial
    /// A form that was sent and not taken.
    var draft: FlagDraft?
    var flash: String?

    func isEditable(_ scene: Scene) -> Bool { scene.steers && flag.file == nil && !flag.archived }

    func page(_ scene: Scene) -> Page {
        let managed = flag.managed
        return Page(
            title: "\(flag.key) in \(flag.environment)", tab: .flags,
            // What somebody typed is only here: such a page does not fetch itself.
            freshness: draft == nil ? .polled(every: .seconds(3)) : .still, flash: flash,
            content: [
                head(scene), FlagNotices(page: self).markup(scene),
                tag("div", .class("columns")) {
                    tag("div", .class("stack")) {
                        RulesSection(flag: flag, managed: managed).markup(scene)
                        if isEditable(scene) {
                            RolloutForm(page: self, managed: managed).markup(scene)
                        }
                        TargetingSection(page: self, managed: managed).markup(scene)
                        if let managed { TimetableSection(page: self, managed: managed).markup(scene) }
                    }
                    tag("div", .class("stack")) {
                        VariantsSection(flag: flag, usage: usage, managed: managed).markup(scene)
                        trial.section(flag)
                        if !elsewhere.isEmpty { ElsewhereSection(flag: flag, elsewhere: elsewhere).markup(scene) }
                        DefinitionSection(page: self).markup(scene)
                    }
                },
                FlagHistorySection(flag: flag, history: history).markup(scene),
            ])
    }

    private func head(_ scene: Scene) -> Markup {
        tag("div", .class("page-head")) {
            tag("div") {
                tag("p", .class("crumbs")) {
                    tag("a", .href(.flags(flag.environment))) { "Flags" }
                    " / "
                    tag("a", .href(.flags(flag.environment))) { flag.environment }
                }
                tag("h1", .class("flag-key")) { flag.key }
                tag("p", .class("summary")) {
                    Sign(flag).pill
                    " "
                    tag("span") { flag.summary }
                }
                if !flag.description.isEmpty { tag("p", .class("description")) { flag.description } }
                facts(scene)
            }
            if scene.steers { actions }
        }
    }

    private func facts(_ scene: Scene) -> Markup {
        tag("p", .class("facts", "muted")) {
            tag("span") { flag.kind }
            if !flag.owner.isEmpty { tag("span") { "owner \(flag.owner)" } }
            if let expires = flag.expires { tag("span") { "expires \(expires)" } }
            tag("span") {
                "changed "
                Moments.relative(flag.updatedAt, now: scene.now)
                " by \(flag.updatedBy)"
            }
            tag("span") { "revision \(flag.revision)" }
            if !flag.tags.isEmpty {
                tag("span", .class("labels")) {
                    for name in flag.tags { tag("span", .class("tag")) { name } }
                }
            }
        }
    }

    private var actions: Markup {
        tag("div", .class("actions"), .named("role", "group"), .named("aria-label", "Actions")) {
            if flag.file == nil {
                FlagSwitch(flag: flag).markup
                self.button(flag.archived ? .unarchive : .archive)
            }
        }
    }

    private func button(_ verb: FlagVerb) -> Markup {
        tag(
            "a", .class("button", "plain"), .flag("data-dialog"), .id("action-\(verb.rawValue)"),
            .href(.flag(flag.key, in: flag.environment, query: [("do", verb.rawValue)]))
        ) { verb.label }
    }
}

/// What a person must know before anything else about a flag.
struct FlagNotices: Sendable {
    var page: FlagPage

    func markup(_ scene: Scene) -> Markup {
        let flag = page.flag
        return group {
            if let file = flag.file {
                notice(.idle, .dot, "This flag belongs to the file \(file).", "It is changed there, and nowhere else.")
            }
            for proposal in page.proposals {
                ProposalNotice(proposal: proposal, from: nil, old: flag.document).markup(scene)
            }
            if !page.staleReasons.isEmpty {
                notice(
                    .attention, .clock, "This flag has probably done its work.",
                    page.staleReasons.map(Figures.sentence).joined(separator: ". ") + ".")
            }
            for warning in flag.warnings { notice(.idle, .dot, "", Figures.sentence(warning) + ".") }
        }
    }

    private func notice(_ tone: Tone, _ shape: Shape, _ title: String, _ text: String) -> Markup {
        tag("div", .class("notice", "tone-\(tone.rawValue)")) {
            shape.icon
            tag("div") {
                if !title.isEmpty { tag("strong") { title } }
                if !text.isEmpty { tag("p") { text } }
            }
        }
    }
}

/// A change that waits for a second person, with what it would change.
struct ProposalNotice: Sendable {
    var proposal: ProposalView
    /// Where one comes back to: `proposals`, or the flag's own page without.
    var from: String?
    /// The flag's document now, when it is known.
    var old: String?

    func markup(_ scene: Scene) -> Markup {
        let tone: Tone = proposal.state == .open ? .attention : .idle
        return tag("div", .class("notice", "proposal", "tone-\(tone.rawValue)"), .id("proposal-\(proposal.id)")) {
            Sign(proposal).shape.icon
            tag("div") {
                tag("strong") {
                    "\(Sign(proposal).word): "
                    subject
                }
                tag("p") {
                    "\(proposal.by) proposed it "
                    Moments.relative(proposal.at, now: scene.now)
                    proposal.reason.isEmpty ? "." : ": \(proposal.reason)"
                }
                ChangeList(lines: proposal.diff, old: old, new: proposal.document ?? "").markup
                decision(scene)
            }
        }
    }

    /// What is new has no page yet.
    private var subject: Markup {
        switch proposal.kind {
        case "flag" where proposal.base > 0 || proposal.state == .applied:
            return tag("a", .href(.flag(proposal.key, in: proposal.environment))) { proposal.key }
        case "flag": return .text("the new flag \(proposal.key)")
        default:
            let segments = FlagsHead.List.segments.link(proposal.environment)
            return group {
                "the \(proposal.kind) "
                tag("a", .href(segments)) { proposal.key }
            }
        }
    }

    private func decision(_ scene: Scene) -> Markup {
        guard proposal.state == .open else {
            let reason = proposal.decisionReason.map { ": \($0)" } ?? "."
            return tag("p", .class("muted")) { "Decided by \(proposal.decidedBy ?? "somebody")\(reason)" }
        }
        guard scene.steers else { return .group([]) }
        let isOwn = proposal.by == scene.principal?.name
        return tag("div", .class("actions")) {
            if isOwn {
                tag("span", .class("muted")) { "Somebody else must approve it." }
            } else {
                button(.approve, "primary")
            }
            button(.reject, "plain")
        }
    }

    private func button(_ verb: FlagVerb, _ style: String) -> Markup {
        let fields = [("do", verb.rawValue), ("proposal", proposal.id)] + (from.map { [("from", $0)] } ?? [])
        return tag(
            "a", .class("button", style), .flag("data-dialog"), .id("\(verb.rawValue)-\(proposal.id)"),
            .href(.flag(proposal.key, in: proposal.environment, query: fields))
        ) { verb.label }
    }
}
