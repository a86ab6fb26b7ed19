import Rollouts
import Wire

/// `/rollouts/ID/VERB`: says what an action will do and asks for it. With script it opens as a dialog in place.
struct ConfirmationPage: Sendable {
    var rollout: RolloutView
    var action: Action
    /// Why the last attempt was refused.
    var problem: Problem?
    /// What was typed then.
    var reason: String = ""

    func page(_ scene: Scene) -> Page {
        Page(
            title: "\(action.label): \(rollout.service) \(rollout.version)", tab: .rollouts,
            content: [
                tag("div", .class("confirm")) {
                    tag("h1", .id("confirm-title")) {
                        "\(action.label) "
                        tag("span", .class("subject")) { rollout.service }
                        " "
                        versionChange(from: rollout.previous, to: rollout.version)
                        "?"
                    }
                    if let problem { ProblemNotice(problem: problem).markup }
                    tag("p") { action.explanation }
                    tag("p", .class("muted")) {
                        "Now: "
                        Sign(rollout).badge
                        " "
                        Figures.sentence(rollout.summary)
                    }
                    form
                }
            ])
    }

    private var form: Markup {
        tag(
            "form", .class("confirm-form"), .named("method", "post"),
            .named("action", Link("rollouts", rollout.id, action.verb).text)
        ) {
            if action.full { tag("input", .named("type", "hidden"), .named("name", "full"), .named("value", "true")) }
            tag("label") {
                tag("span") { "Reason, for the history" }
                tag(
                    "input", .id("reason"), .named("name", "reason"), .named("value", reason),
                    .named("maxlength", 500), .named("autocomplete", "off"))
            }
            tag("div", .class("actions")) {
                tag(
                    "button", .class("button", action.weight == .danger ? "danger solid" : "primary"),
                    .named("type", "submit")
                ) { action.label }
                tag("a", .class("button", "plain"), .href(Link("rollouts", rollout.id)), .flag("data-cancel")) {
                    action.verb == "abort" && action.label == "Cancel" ? "Keep it" : "Cancel"
                }
            }
        }
    }
}

/// What was wrong, and what to do next.
struct ProblemNotice: Sendable {
    var problem: Problem

    var markup: Markup {
        tag("div", .class("notice", "tone-bad"), .named("role", "alert")) {
            Shape.cross.icon
            tag("div") {
                tag("strong") { problem.message }
                if let hint = problem.hint { tag("p") { hint } }
            }
        }
    }
}
