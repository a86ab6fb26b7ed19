import FlagSpecs
import Values
import Wire

/// The form around an editor: it says what would change before it is saved.
struct FlagFormFrame: Sendable {
    var page: FlagPage
    var form: FlagForm

    /// What was typed, when this is the form that was sent.
    var draft: FlagDraft? { page.draft.flatMap { $0.form == form ? $0 : nil } }

    func markup(_ scene: Scene, @MarkupBuilder content: () -> [Markup]) -> Markup {
        let flag = page.flag
        let needsApproval = page.environment.approvals > 0
        return tag(
            "form", .class("editor", draft == nil ? "" : "touched"), .id("form-\(form.rawValue)"),
            .named("method", "post"), .flag("data-check"),
            .named("data-revision", flag.revision), .named("autocomplete", "off"),
            .named("action", Link.flag(flag.key, in: flag.environment, query: [("do", form.rawValue)]).text),
            .named("data-returned", draft == nil ? "no" : "yes")
        ) {
            hiddenField("revision", "\(draft?.revision ?? draft?.base ?? flag.revision)")
            content()
            tag("div", .class("check"), .named("aria-live", "polite"), .flag("data-readout")) {
                if let draft { FlagCheck(draft: draft, flag: flag).markup(scene) }
            }
            tag("div", .class("save")) {
                tag("label") {
                    tag("span") { "Reason, for the history" }
                    tag(
                        "input", .named("name", "reason"), .named("value", draft?.reason ?? ""),
                        .named("maxlength", 500))
                }
                tag(
                    "button", .class("button", "plain"), .named("type", "submit"), .named("name", "check"),
                    .named("value", "true")
                ) { "Check" }
                tag("button", .class("button", "primary"), .named("type", "submit"), .flag("data-save")) {
                    needsApproval ? "Propose" : "Save"
                }
            }
        }
    }

    /// A text with its lines; the present state stands beside it for the script.
    func editor(_ label: String, _ text: String, rows: ClosedRange<Int>, example: String = "") -> Markup {
        let shown = draft?.fields["document"] ?? text
        let lines = shown.split(separator: "\n", omittingEmptySubsequences: false).count
        return group {
            tag("label") {
                tag("span") { label }
                tag(
                    "textarea", .id("text-\(form.rawValue)"), .class("code"), .named("name", "document"),
                    .named("rows", min(max(lines, rows.lowerBound), rows.upperBound)), .named("spellcheck", "false"),
                    .named("autocapitalize", "off"), .named("wrap", "off"), .named("placeholder", example)
                ) {
                    // A browser drops one line break at the very beginning.
                    "\n" + shown
                }
            }
            tag("pre", .class("original"), .flag("hidden")) { text }
        }
    }
}

/// The rules as JSON: an editor, or for readers the text alone.
struct TargetingSection: Sendable {
    var page: FlagPage
    var managed: ManagedFlag?

    private static let example = #"{"if": [{"in": [{"var": "country"}, ["de", "at"]]}, "on"]}"#

    func markup(_ scene: Scene) -> Markup {
        let text = managed?.text(of: "targeting") ?? ""
        return section("Targeting", id: "targeting", note: "JsonLogic, as flagd has it") {
            if page.isEditable(scene) {
                let frame = FlagFormFrame(page: page, form: .targeting)
                frame.markup(scene) {
                    frame.editor("Rules as JSON; empty for none", text, rows: 5...24, example: TargetingSection.example)
                }
            } else if text.isEmpty {
                nothing("There is no targeting: everybody gets the same.")
            } else {
                tag("pre", .class("text")) { text }
            }
        }
    }
}

/// The share of each variant among those whom no rule answers.
struct RolloutForm: Sendable {
    var page: FlagPage
    var managed: ManagedFlag?

    func markup(_ scene: Scene) -> Markup {
        section("Rollout", id: "rollout", note: "for everybody whom no rule answers") {
            if let shares = managed?.presentShares, page.flag.variants.count > 1 {
                let frame = FlagFormFrame(page: page, form: .rollout)
                frame.markup(scene) {
                    tag("div", .class("shares"), .flag("data-shares")) {
                        for variant in page.flag.variants {
                            let share = shares.first { $0.variant == variant.name }?.share.percent ?? 0
                            self.row(variant.name, share, frame.draft)
                        }
                        tag("p", .class("sum")) {
                            "Together "
                            tag("output", .flag("data-sum"), .flag("data-readout")) {
                                Figures.percent(shares.reduce(0) { $0 + $1.share.percent } / 100)
                            }
                        }
                    }
                    if managed?.ramp?.isOver == false {
                        tag("p", .class("warning")) { "A ramp moves these shares by itself. Saving ends it." }
                    }
                }
            } else if page.flag.variants.count < 2 {
                nothing("There is one variant only: everybody gets it.")
            } else {
                nothing("An expression decides who gets what. Change it in the targeting below.")
            }
        }
    }

    private func row(_ variant: String, _ share: Double, _ draft: FlagDraft?) -> Markup {
        let now = Figures.fixed(share, 3, trim: true)
        let text = draft?.fields[FlagDraft.shareField(variant)] ?? now
        return tag("div", .class("share")) {
            tag("label", .named("for", "share-\(variant)")) { variant }
            tag(
                "input", .named("type", "range"), .named("min", 0), .named("max", 100), .named("step", 1),
                .named("value", text), .named("aria-label", "Share of \(variant), in percent"), .flag("data-slider"))
            tag("span", .class("percent")) {
                tag(
                    "input", .id("share-\(variant)"), .named("type", "number"), .named("min", 0), .named("max", 100),
                    .named("step", "0.001"), .named("name", FlagDraft.shareField(variant)), .named("value", text),
                    .named("data-now", now), .named("inputmode", "decimal"))
                "%"
            }
        }
    }
}

/// The words about a flag, and its whole definition.
struct DefinitionSection: Sendable {
    var page: FlagPage

    func markup(_ scene: Scene) -> Markup {
        let flag = page.flag
        return section("Definition", id: "definition") {
            if page.isEditable(scene) {
                tag("details", with: [.id("more-describe")] + open(.describe)) {
                    tag("summary") { "Description, owner, tags, expiry" }
                    describe(scene)
                }
                tag("details", with: [.id("more-definition")] + open(.definition)) {
                    tag("summary") { "Everything, as JSON" }
                    let frame = FlagFormFrame(page: page, form: .definition)
                    frame.markup(scene) {
                        frame.editor("The managed flag", JSONText.fitted(flag.document), rows: 10...30)
                    }
                }
            } else {
                tag("details", .id("more-definition")) {
                    tag("summary") { "Everything, as JSON" }
                    tag("pre", .class("text")) { JSONText.fitted(flag.document) }
                }
            }
            if !flag.served.isEmpty {
                tag("details", .id("more-served")) {
                    tag("summary") { "What is served: plain flagd" }
                    tag("pre", .class("text")) { JSONText.fitted(flag.served) }
                }
            }
        }
    }

    private func open(_ form: FlagForm) -> [Attribute] { page.draft?.form == form ? [.flag("open")] : [] }

    private func describe(_ scene: Scene) -> Markup {
        let frame = FlagFormFrame(page: page, form: .describe)
        let flag = page.flag
        return frame.markup(scene) {
            field("Description", "description", flag.description, frame.draft)
            field("Owner", "owner", flag.owner, frame.draft)
            field("Tags, separated by commas", "tags", flag.tags.joined(separator: ", "), frame.draft)
            field("Expires, for example 2027-01-31", "expires", flag.expires ?? "", frame.draft)
        }
    }

    private func field(_ label: String, _ name: StaticString, _ value: String, _ draft: FlagDraft?) -> Markup {
        tag("label") {
            tag("span") { label }
            tag(
                "input", .named("name", name.description), .named("value", draft?.fields[name.description] ?? value),
                .named("data-now", value))
        }
    }
}
