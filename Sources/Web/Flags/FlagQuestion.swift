import Wire

/// `/flags/ENVIRONMENT/KEY?do=VERB`: says what will change and asks for it. With script it opens as a dialog in place.
struct FlagQuestion: Sendable {
    var verb: FlagVerb
    var environment: EnvironmentView
    /// `flag`; a proposal may be of a `segment` or a `holdout` too.
    var kind = "flag"
    var key: String
    /// What belongs to the verb and goes back with the answer: `to`, `source`, `proposal`, `from`.
    var fields: [(String, String)] = []
    /// What the reader has seen; the change is refused when the flag is another one by then.
    var revision: Int64?
    /// What would change, one line a member.
    var diff: [String] = []
    /// The flag's document before and after, when they are known.
    var old: String?
    var new: String?
    var notes: [String] = []
    var problem: Problem?
    /// What was typed when the last attempt was refused.
    var reason = ""
    /// Whether there is anything to say yes to.
    var isPossible = true

    private var isProposal: Bool { environment.approvals > 0 && verb != .approve && verb != .reject }

    func page(_ scene: Scene) -> Page {
        Page(
            title: "\(verb.label): \(key)", tab: .flags,
            content: [
                tag("div", .class("confirm")) {
                    tag("h1", .id("confirm-title")) {
                        kind == "flag" ? "\(verb.label) " : "\(verb.label) the \(kind) "
                        tag("span", .class("subject")) { key }
                        " in \(environment.name)?"
                    }
                    if let problem { ProblemNotice(problem: problem).markup }
                    tag("p") { verb.explanation }
                    if isProposal {
                        tag("p", .class("muted")) {
                            "A change in \(environment.name) needs a second person: this makes a proposal."
                        }
                    }
                    ChangeList(lines: diff, old: old, new: new).markup
                    for note in notes { tag("p", .class("muted")) { note } }
                    form
                }
            ])
    }

    private var form: Markup {
        tag("form", .class("confirm-form"), .named("method", "post"), .named("action", action.text)) {
            if let revision { hiddenField("revision", "\(revision)") }
            if isPossible {
                tag("label") {
                    tag("span") { "Reason, for the history" }
                    tag(
                        "input", .id("reason"), .named("name", "reason"), .named("value", reason),
                        .named("maxlength", 500), .named("autocomplete", "off"))
                }
            }
            tag("div", .class("actions")) {
                if isPossible {
                    tag(
                        "button", .class("button", verb.isDangerous ? "danger solid" : "primary"),
                        .named("type", "submit")
                    ) { isProposal ? "Propose" : verb.label }
                }
                tag("a", .class("button", "plain"), .href(back), .flag("data-cancel")) {
                    isPossible ? "Cancel" : "Back"
                }
            }
        }
    }

    private var action: Link {
        .flag(key, in: environment.name, query: [("do", verb.rawValue)] + fields)
    }

    private var back: Link {
        switch fields.first(where: { $0.0 == "from" })?.1 {
        case "list": return .flags(environment.name)
        case let list?: return .flags(environment.name, query: [("show", list)])
        case nil: return .flag(key, in: environment.name)
        }
    }
}

/// What changes, one line a member: `state: "DISABLED" → "ENABLED"`.
struct DiffList: Sendable {
    var lines: [String]

    var markup: Markup {
        guard !lines.isEmpty else { return .group([]) }
        return tag("ul", .class("diff")) {
            for line in lines { tag("li") { code(line) } }
        }
    }
}

func hiddenField(_ name: StaticString, _ value: String) -> Markup {
    tag("input", .named("type", "hidden"), .named("name", name.description), .named("value", value))
}
