import Values

// Small pieces that several pages use.

/// A section with its heading.
func section(
    _ title: String, id: String, note: String? = nil, @MarkupBuilder content: () -> [Markup]
) -> Markup {
    tag("section", .id(id), .named("aria-labelledby", "\(id)-title")) {
        tag("div", .class("section-head")) {
            tag("h2", .id("\(id)-title")) { title }
            if let note { tag("p", .class("muted")) { note } }
        }
        content()
    }
}

/// A table. On narrow screens each row becomes a small card, with the heading of each column before its value.
func table(_ caption: String, _ columns: [String], class name: String = "", rows: [Markup]) -> Markup {
    tag("table", .class("list", name)) {
        tag("caption", .class("hidden")) { caption }
        tag("thead") {
            tag("tr") {
                for column in columns { tag("th", .named("scope", "col")) { column } }
            }
        }
        tag("tbody") { rows }
    }
}

/// A cell, with its column's heading for narrow screens.
func cell(_ heading: String, class name: String = "", @MarkupBuilder content: () -> [Markup]) -> Markup {
    tag("td", .class(name), .named("data-label", heading)) { content() }
}

/// A name, a version or an identifier.
func code(_ text: String) -> Markup {
    tag("code") { text }
}

/// What stands where a list would be.
func nothing(_ sentence: String) -> Markup {
    tag("p", .class("nothing")) { sentence }
}

/// `2.4.0 → 2.5.0`.
func versionChange(from previous: String?, to version: String) -> Markup {
    tag("span", .class("change")) {
        if let previous {
            code(previous)
            tag("span", .class("to"), .named("aria-hidden", "true")) { "→" }
            tag("span", .class("hidden")) { " to " }
        } else {
            tag("span", .class("muted")) { "first version " }
        }
        code(version)
    }
}

/// How much of a whole, as a bar with words beside it.
func progress(_ label: String, done: Int64, of whole: Int64) -> Markup {
    tag(
        "progress", .named("value", max(0, min(done, whole))), .named("max", max(1, whole)),
        .named("aria-label", label)
    ) { label }
}

/// A choice of words for screen readers only.
func hidden(_ text: String) -> Markup {
    tag("span", .class("hidden")) { text }
}
