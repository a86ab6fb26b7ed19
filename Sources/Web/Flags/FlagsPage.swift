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
    var flash: String?

    /// More rows than this help nobody; the filter does.
    private static let shown = 500

    func page(_ scene: Scene) -> Page {
        let found = flags.filter { filter.matches($0, stale: stale) }
        return Page(
            title: "Flags of \(head.environment.name)", tab: .flags,
            // The more flags, the dearer a look at them all.
            freshness: .polled(every: .seconds(flags.count > FlagsPage.shown ? 30 : 5)),
            flash: flash,
            content: [head.markup(scene), form, list(Array(found.prefix(FlagsPage.shown)), of: found.count, scene)])
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

    private func list(_ shown: [FlagView], of count: Int, _ scene: Scene) -> Markup {
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
            if count > shown.count {
                nothing(
                    "The first \(Figures.count(shown.count)) of \(Figures.count(count)) flags are shown. Narrow it down with the filter."
                )
            }
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
