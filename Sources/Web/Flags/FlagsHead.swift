import Wire

/// What the lists of an environment have in common: its name, the way to the other environments and to the other lists.
struct FlagsHead: Sendable {
    enum List: String, CaseIterable, Sendable {
        case flags
        case segments
        case stale
        case proposals
        case changes

        var words: String {
            switch self {
            case .flags: return "Flags"
            case .segments: return "Segments"
            case .stale: return "Stale"
            case .proposals: return "Proposals"
            case .changes: return "Changes"
            }
        }

        func link(_ environment: String) -> Link {
            .flags(environment, query: self == .flags ? [] : [("show", rawValue)])
        }
    }

    var environments: [EnvironmentView]
    var environment: EnvironmentView
    var list: List

    func markup(_ scene: Scene) -> Markup {
        group {
            tag("div", .class("page-head")) {
                tag("div") {
                    tag("h1") { list == .flags ? "Flags" : list.words }
                    if !environment.description.isEmpty {
                        tag("p", .class("muted")) { environment.description }
                    }
                    facts(scene)
                }
                if environments.count > 1 { switcher }
            }
            if list == .flags {
                for warning in environment.warnings.prefix(5) { notice(warning) }
            }
            tag("nav", .class("tabs"), .named("aria-label", "Lists of \(environment.name)")) {
                for entry in List.allCases { self.entry(entry) }
            }
        }
    }

    private func facts(_ scene: Scene) -> Markup {
        tag("p", .class("facts", "muted")) {
            tag("span") { Figures.counted(environment.flags, "flag", "flags") }
            tag("span") {
                "published "
                Moments.relative(environment.publishedAt, now: scene.now)
            }
            if environment.approvals > 0 { tag("span") { "a change needs a second person" } }
            tag("span") { "bucketing \(environment.bucketing)" }
            for file in environment.files {
                tag("span") {
                    "from the file "
                    code(file)
                }
            }
        }
    }

    private var switcher: Markup {
        tag("nav", .class("switcher"), .named("aria-label", "Environments")) {
            for other in environments {
                let current: [Attribute] = other.name == environment.name ? [.named("aria-current", "true")] : []
                tag("a", with: [.href(list.link(other.name))] + current) { other.name }
            }
        }
    }

    private func entry(_ entry: List) -> Markup {
        let current: [Attribute] = entry == list ? [.named("aria-current", "page")] : []
        return tag("a", with: [.href(entry.link(environment.name))] + current) {
            entry.words
            if entry == .proposals, environment.openProposals > 0 {
                tag("span", .class("tag")) { Figures.count(environment.openProposals) }
            }
        }
    }

    private func notice(_ text: String) -> Markup {
        tag("div", .class("notice", "tone-idle")) {
            Shape.dot.icon
            tag("div") { tag("p") { text } }
        }
    }
}
