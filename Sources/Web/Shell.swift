import Values
import Wire

/// What every page is rendered with.
struct Scene: Sendable {
    var now: Timestamp
    /// Who looks; `nil` before signing in.
    var principal: Principal?
    var dev: Bool

    /// Whether the reader may steer rollouts; a viewer sees no buttons.
    var steers: Bool { principal?.role.allows(.operator) ?? false }
}

/// A page: its title, where it belongs, what makes it old, and its content.
struct Page: Sendable {
    enum Tab: String, CaseIterable, Sendable {
        case overview = "Overview"
        case fleet = "Fleet"
        case rollouts = "Rollouts"
        case flags = "Flags"
        case metrics = "Metrics"
        case audit = "Audit"

        var link: Link {
            switch self {
            case .overview: return Link()
            case .fleet: return Link("fleet")
            case .rollouts: return Link("rollouts")
            case .flags: return Link("flags")
            case .metrics: return Link("explore")
            case .audit: return Link("audit")
            }
        }
    }

    /// What makes the page fetch itself anew.
    struct Freshness: Sendable {
        /// Names of events of the live stream, separated by spaces; empty for a page that none of them concerns.
        var events: String
        /// Only events of this rollout count.
        var rollout: String?
        /// Fetches are at least so far apart.
        var every: Period

        static let still = Freshness(events: "", rollout: nil, every: .zero)

        /// No event tells of what the page shows: it asks by itself.
        static func polled(every period: Period) -> Freshness {
            Freshness(events: "", rollout: nil, every: period)
        }
    }

    var title: String
    var tab: Tab?
    var freshness: Freshness = .still
    /// A message about what was just done.
    var flash: String?
    var content: [Markup]

    /// What is exchanged while the page is open.
    func main(_ scene: Scene) -> Markup {
        tag("main", with: mainAttributes(scene)) {
            if let flash {
                tag("p", .id("flash"), .class("flash"), .named("role", "status")) {
                    Shape.check.icon
                    tag("span") { flash }
                }
            }
            content
        }
    }

    private func mainAttributes(_ scene: Scene) -> [Attribute] {
        var attributes: [Attribute] = [
            .id("main"), .named("tabindex", -1), .named("data-title", title),
            .named("data-rendered", scene.now.description),
        ]
        if freshness.every > .zero {
            if !freshness.events.isEmpty { attributes.append(.named("data-events", freshness.events)) }
            attributes.append(.named("data-every", freshness.every.milliseconds))
            if let rollout = freshness.rollout { attributes.append(.named("data-rollout", rollout)) }
        }
        return attributes
    }

    /// The whole document.
    func document(_ scene: Scene) -> String {
        let root = tag("html", .named("lang", "en")) {
            head
            tag("body") {
                tag("a", .class("skip"), .named("href", "#main")) { "Skip to content" }
                Shape.sprite
                header(scene)
                main(scene)
                tag("footer", .class("foot")) {
                    tag("p", .id("connection"), .named("role", "status"), .named("aria-live", "polite")) {}
                }
            }
        }
        return "<!DOCTYPE html>\n" + root.html + "\n"
    }

    private var head: Markup {
        tag("head") {
            tag("meta", .named("charset", "utf-8"))
            tag("title") { "\(title) · Halcyon" }
            tag("meta", .named("name", "viewport"), .named("content", "width=device-width, initial-scale=1"))
            tag("meta", .named("name", "color-scheme"), .named("content", "light dark"))
            tag("link", .named("rel", "icon"), .named("type", "image/svg+xml"), .href(Assets.link("favicon.svg")))
            tag("link", .named("rel", "stylesheet"), .href(Assets.link("halcyon.css")))
            tag("script", .named("type", "module"), .named("src", Assets.link("halcyon.js").text))
        }
    }

    private func header(_ scene: Scene) -> Markup {
        tag("header", .class("top")) {
            tag("a", .class("brand"), .href(Link())) {
                mark
                tag("span") { "Halcyon" }
            }
            if scene.principal != nil {
                tag("nav", .named("aria-label", "Main")) {
                    for entry in Tab.allCases { tabLink(entry) }
                }
                person(scene)
            }
        }
    }

    private func tabLink(_ entry: Tab) -> Markup {
        let current: [Attribute] = entry == tab ? [.named("aria-current", "page")] : []
        return tag("a", with: [.href(entry.link)] + current) { entry.rawValue }
    }

    private func person(_ scene: Scene) -> Markup {
        tag("div", .class("person")) {
            if let principal = scene.principal {
                tag("span", .class("muted"), .named("title", "Role: \(principal.role.rawValue)")) { principal.name }
            }
            if !scene.dev {
                tag("form", .named("method", "post"), .named("action", "/logout")) {
                    tag("button", .class("link"), .named("type", "submit")) { "Sign out" }
                }
            }
        }
    }

    /// The sign: a wave that turns back on itself.
    private var mark: Markup {
        tag(
            "svg", .class("mark"), .named("viewBox", "0 0 32 32"), .named("width", 22), .named("height", 22),
            .named("aria-hidden", "true")
        ) {
            tag("path", .named("d", "M3 20c5 0 6-9 12-9 4.5 0 6.5 3 6.5 6s-2 5-4.5 5-4-1.8-4-3.8"))
            tag("path", .named("d", "M21.5 17c1.5 3 4 4 7.5 4"))
        }
    }
}
