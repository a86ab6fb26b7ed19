import Wire

/// `/audit`: who did what, newest first.
struct AuditPage: Sendable {
    var entries: [AuditEntry]
    /// The number before which the next page starts; `nil` at the end.
    var older: Int64?
    var isFirst: Bool

    func page(_ scene: Scene) -> Page {
        Page(
            title: "Audit", tab: .audit,
            content: [
                tag("div", .class("page-head")) {
                    tag("div") {
                        tag("h1") { "Audit" }
                        tag("p", .class("muted")) { "Everything that somebody changed, with its author." }
                    }
                },
                entries.isEmpty
                    ? nothing("Nothing has been changed yet.")
                    : table(
                        "Audit trail", ["When", "Who", "What", "Subject", "Detail"], class: "audit", rows: rows(scene)),
                pages,
            ])
    }

    private func rows(_ scene: Scene) -> [Markup] {
        entries.map { entry in
            tag("tr", .id("audit-\(entry.sequence)")) {
                cell("When") { Moments.relative(entry.at, now: scene.now) }
                cell("Who") { entry.by }
                cell("What") { code(entry.action) }
                cell("Subject") { subject(entry.subject) }
                cell("Detail", class: "wide") { entry.detail }
            }
        }
    }

    /// `rollout/ID` and `service/NAME` lead to their pages.
    private func subject(_ subject: String) -> Markup {
        let parts = subject.split(separator: "/", maxSplits: 1).map(String.init)
        guard parts.count == 2 else { return .text(subject) }
        switch parts[0] {
        case "rollout": return tag("a", .href(Link("rollouts", parts[1]))) { code(subject) }
        case "service": return tag("a", .href(Link("services", parts[1]))) { code(subject) }
        case "host": return tag("a", .href(Link("fleet", query: [("q", parts[1])]))) { code(subject) }
        case "flag":
            // The key may hold anything, slashes too.
            let place = parts[1].split(separator: "/", maxSplits: 1).map(String.init)
            guard place.count == 2 else { return code(subject) }
            return tag("a", .href(.flag(place[1], in: place[0]))) { code(subject) }
        default: return code(subject)
        }
    }

    private var pages: Markup {
        tag("p", .class("pages")) {
            if !isFirst { tag("a", .class("button", "plain"), .href(Link("audit"))) { "Newest" } }
            if let older {
                tag("a", .class("button", "plain"), .href(Link("audit", query: [("before", "\(older)")]))) { "Older" }
            }
        }
    }
}
