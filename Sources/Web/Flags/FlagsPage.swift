import Values
import Wire

/// `/flags/ENVIRONMENT`: its flags, each with its state and what callers get.
struct FlagsPage: Sendable {
    var head: FlagsHead
    /// In the order of their keys, archived ones too.
    var flags: [FlagView]
    /// By key.
    var usage: [String: FlagUsageView]
    var stale: Set<String>
    var filter: FlagFilter
    /// The last key of the page before.
    var after: String?
    var flash: String?

    /// More rows than this at once help nobody.
    private static let shown = 200

    func page(_ scene: Scene) -> Page {
        let found = flags.filter { filter.matches($0, stale: stale) }
        return Page(
            title: "Flags of \(head.environment.name)", tab: .flags,
            // The more flags, the dearer a look at them all.
            freshness: .polled(every: .seconds(flags.count > FlagsPage.shown ? 30 : 5)),
            flash: flash,
            content: [head.markup(scene), form, list(found, scene)])
    }

    private var form: Markup {
        tag(
            "form", .class("filters"), .named("method", "get"),
            .named("action", Link.flags(head.environment.name).text), .named("role", "search"),
            .flag("data-live-form")
        ) {
            tag("label") {
                tag("span") { "Filter" }
                tag(
                    "input", .id("filter"), .named("type", "search"), .named("name", "q"),
                    .named("value", filter.text), .named("placeholder", "Key, description, owner or tag"),
                    .named("autocomplete", "off"), .named("spellcheck", "false"))
            }
            choice(
                "State", name: "state", FlagFilter.States.allCases.map { ($0.rawValue, $0.words) },
                filter.state.rawValue)
            options("Tag", name: "tag", all: "All tags", flags.flatMap(\.tags), filter.tag)
            options("Owner", name: "owner", all: "All owners", flags.map(\.owner), filter.owner)
            tag("button", .class("button", "plain"), .named("type", "submit")) { "Show" }
        }
    }

    private func options(_ label: String, name: String, all: String, _ values: [String], _ chosen: String) -> Markup {
        let known = Set(values + [chosen]).subtracting([""]).sorted()
        return known.isEmpty
            ? .group([]) : choice(label, name: name, [(value: "", words: all)] + known.map { ($0, $0) }, chosen)
    }

    private func list(_ found: [FlagView], _ scene: Scene) -> Markup {
        let start = after.flatMap { after in found.firstIndex { $0.key > after } } ?? 0
        let shown = found[start...].prefix(FlagsPage.shown)
        guard !shown.isEmpty else {
            return nothing(
                flags.isEmpty
                    ? "There is no flag yet. Make one with: halcyon flag set KEY --on, or apply flagd's own file: "
                        + "halcyon apply -f flags.json"
                    : "No flag matches. Clear the filter to see all \(Figures.count(flags.count)).")
        }
        var columns = ["Flag", "State", "Callers get", "Evaluations", "Owner", "Changed"]
        if scene.steers { columns.append("Switch") }
        return group {
            table("Flags of \(head.environment.name)", columns, class: "flags", rows: shown.map { row($0, scene) })
            if shown.count < found.count { pages(shown.indices, of: found) }
        }
    }

    /// Where one is in a list that is too long for one page, and the ways on and back.
    private func pages(_ shown: Range<Int>, of found: [FlagView]) -> Markup {
        func way(_ words: String, after key: String?) -> Markup {
            let query = filter.query + (key.map { [("after", $0)] } ?? [])
            return tag("a", .class("button", "plain"), .href(.flags(head.environment.name, query: query))) { words }
        }
        return tag("nav", .class("pages"), .named("aria-label", "Pages")) {
            if shown.lowerBound > 0 {
                let previous = shown.lowerBound - FlagsPage.shown
                way("Back", after: previous > 0 ? found[previous - 1].key : nil)
            }
            tag("span", .class("muted")) {
                "\(Figures.count(shown.lowerBound + 1)) to \(Figures.count(shown.upperBound)) of "
                    + Figures.count(found.count)
            }
            if shown.upperBound < found.count { way("More", after: found[shown.upperBound - 1].key) }
        }
    }

    private func row(_ flag: FlagView, _ scene: Scene) -> Markup {
        tag("tr", .id("flag-\(flag.key)")) {
            cell("Flag", class: "name") {
                tag("a", .href(.flag(flag.key, in: flag.environment))) { code(flag.key) }
                if !flag.description.isEmpty { tag("span", .class("counts", "muted")) { flag.description } }
            }
            cell("State") {
                Sign(flag).badge
                if stale.contains(flag.key) { Sign(shape: .clock, word: "Stale", tone: .attention).badge }
            }
            cell("Callers get", class: "wide") {
                flag.archived ? "–" : flag.summary
                if let next = flag.nextChangeAt {
                    tag("span", .class("counts", "muted")) {
                        "changes "
                        Moments.relative(next, now: scene.now)
                    }
                }
            }
            cell("Evaluations", class: "number") { evaluations(usage[flag.key]) }
            cell("Owner", class: "labels") {
                flag.owner.isEmpty ? "–" : flag.owner
                for tag in flag.tags {
                    group {
                        " "; Web.tag("span", .class("tag")) { tag }
                    }
                }
            }
            cell("Changed") {
                Moments.relative(flag.updatedAt, now: scene.now)
                tag("span", .class("counts", "muted")) { "by \(flag.updatedBy)" }
            }
            if scene.steers { cell("Switch", class: "switch") { FlagSwitch(flag: flag, from: "list").markup } }
        }
    }

    private func evaluations(_ usage: FlagUsageView?) -> Markup {
        guard let usage, usage.total > 0 else { return .text("–") }
        return group {
            "\(Figures.count(usage.variants.reduce(0) { $0 + $1.perMinute }))/min"
            tag("span", .class("counts", "muted")) { "\(Figures.count(usage.total)) in all" }
        }
    }
}

/// The button that turns a flag on or off; the confirmation asks before.
struct FlagSwitch: Sendable {
    var flag: FlagView
    /// Where one comes back to: `list`, or the flag's own page without.
    var from: String?

    var markup: Markup {
        guard !flag.archived else { return .group([]) }
        guard flag.file == nil else {
            return tag("span", .class("muted"), .named("title", "Owned by the file \(flag.file ?? "")")) { "by file" }
        }
        let verb: FlagVerb = flag.isOn ? .off : .on
        return tag(
            "a", .class("button", from == nil ? (flag.isOn ? "danger" : "primary") : "plain"), .flag("data-dialog"),
            .id("switch-\(flag.key)"),
            .href(
                .flag(
                    flag.key, in: flag.environment,
                    query: [("do", verb.rawValue)] + (from.map { [("from", $0)] } ?? [])))
        ) {
            verb.label
            hidden(" \(flag.key)")
        }
    }
}
