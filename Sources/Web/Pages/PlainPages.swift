import Wire

/// `/login`: asks for a token.
struct LoginPage: Sendable {
    /// Set when an attempt failed.
    var failure: String?
    /// Where to go afterwards.
    var next: Link?

    func page(_ scene: Scene) -> Page {
        Page(
            title: "Sign in", tab: nil,
            content: [
                tag("div", .class("confirm")) {
                    tag("h1") { "Sign in" }
                    if let failure { ProblemNotice(problem: Problem(.unauthenticated, failure)).markup }
                    tag("p", .class("muted")) {
                        "Use a token of this server. The first one was shown when the server started for the first time; "
                        "more are made with "
                        code("halcyon token create")
                        "."
                    }
                    form
                }
            ])
    }

    private var form: Markup {
        tag("form", .class("confirm-form"), .named("method", "post"), .named("action", "/login")) {
            if let next { tag("input", .named("type", "hidden"), .named("name", "next"), .named("value", next.text)) }
            // Password managers keep a secret by the name that stands beside it.
            tag(
                "input", .class("hidden"), .named("type", "text"), .named("name", "username"),
                .named("value", "halcyon"),
                .named("autocomplete", "username"), .named("tabindex", -1), .named("aria-hidden", "true"))
            tag("label") {
                tag("span") { "Token" }
                tag(
                    "input", .id("token"), .named("type", "password"), .named("name", "token"), .flag("required"),
                    .flag("autofocus"), .named("autocomplete", "current-password"))
            }
            tag("div", .class("actions")) {
                tag("button", .class("button", "primary"), .named("type", "submit")) { "Sign in" }
            }
        }
    }

    /// The page's own words: an address cannot make it say anything else.
    static let wrongToken = "This token is not valid here. Check that it was copied completely."
}

/// A page that cannot be shown, and why.
struct ProblemPage: Sendable {
    var problem: Problem

    func page(_ scene: Scene) -> Page {
        Page(
            title: title, tab: nil,
            content: [
                tag("div", .class("confirm")) {
                    tag("h1") { title }
                    tag("p") { problem.message }
                    if let hint = problem.hint { tag("p", .class("muted")) { hint } }
                    tag("p") {
                        tag("a", .class("button", "plain"), .href(Link())) { "To the overview" }
                    }
                }
            ])
    }

    private var title: String {
        switch problem.kind {
        case .notFound: return "Not found"
        case .forbidden: return "Not allowed"
        case .unauthenticated: return "Sign in first"
        case .invalid: return "That cannot be read"
        case .conflict, .refused: return "Refused"
        case .tooLarge: return "Too large"
        case .unavailable: return "Not now"
        case .internal: return "Something broke"
        }
    }
}
