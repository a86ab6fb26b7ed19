import PromQL
import Values

/// The fields that a question is put together in. Complete without script.
struct ExplorerForm: Sendable {
    var state: ExplorerState
    var answers: [ExplorerAnswer]

    func markup(_ scene: Scene) -> Markup {
        tag(
            "form", .id("explorer"), .class("explorer"), .named("method", "get"), .named("action", "/explore"),
            .named("data-refresh", state.refresh.map { "\($0.milliseconds)" } ?? "")
        ) {
            tag("div", .class("expressions")) {
                for (place, expression) in state.expressions.enumerated() { field(place, expression) }
                tag("div", .class("ask")) {
                    tag("button", .class("button", "primary"), .named("type", "submit")) { "Run" }
                    if state.expressions.count < ExplorerState.mostExpressions { add }
                    tag("span", .class("muted", "typing")) {
                        "Enter runs it, Shift+Enter begins a line, Ctrl+Space completes."
                    }
                }
            }
            tag("div", .class("knobs")) {
                times(scene)
                tag("div", .class("choices")) {
                    choice(
                        "split", "Split", ExplorerState.Split.allCases.map { ($0.rawValue, $0.words) },
                        state.split.rawValue)
                    choice(
                        "marks", "Deployments", ExplorerState.Marks.allCases.map { ($0.rawValue, $0.words) },
                        state.marks.rawValue)
                    choice(
                        "step", "Step", usual("auto", "Auto", ExplorerState.steps, state.step),
                        state.step?.description ?? "auto")
                    choice(
                        "refresh", "Refresh", usual("off", "Off", ExplorerState.refreshes, state.refresh),
                        state.refresh?.description ?? "off")
                }
            }
            hiddenField("view", state.view.rawValue)
            hiddenField("range", range)
            hiddenField("hide", state.hidden.sorted().joined(separator: ","))
            bar(scene)
        }
    }

    private var range: String {
        guard case .last(let length) = state.window else { return "" }
        return length.description
    }

    private var add: Markup {
        tag(
            "button", .class("button", "plain"), .named("type", "submit"), .named("name", "add"), .named("value", "1")
        ) { "Add expression" }
    }

    // MARK: Expressions

    private func field(_ place: Int, _ expression: String) -> Markup {
        let name = ExplorerState.names[place]
        let problem = answers.first { $0.expression == expression }?.problem
        let isWrong = problem?.place != nil
        var attributes: [Attribute] = [
            .id(name), .class("code"), .named("name", name), .named("rows", 1 + expression.count { $0 == "\n" }),
            .named("spellcheck", "false"), .named("autocapitalize", "off"), .named("autocomplete", "off"),
            .named("autocorrect", "off"), .flag("data-expression"),
            .named(
                "placeholder",
                place == 0
                    ? "An expression, such as sum by (version) (rate(http_requests_total[1m]))" : "Another expression"),
        ]
        if isWrong {
            attributes += [.named("aria-invalid", "true"), .named("aria-describedby", "problem-\(place)")]
        }
        return tag("div", .class("expression"), .id("field-\(name)")) {
            tag("label", .class("hidden"), .named("for", name)) {
                state.expressions.count > 1 ? "Expression \(place + 1)" : "Expression"
            }
            tag("div", .class("code-field")) {
                tag("div", .class("underlay", "code"), .named("aria-hidden", "true")) {
                    if let problem { WrongPlace(expression, problem).markup }
                }
                tag("textarea", with: attributes) { "\n" + expression }
            }
            if state.expressions.count > 1 {
                tag(
                    "button", .class("button", "plain", "remove"), .named("type", "submit"), .named("name", "remove"),
                    .named("value", name), .named("aria-label", "Remove expression \(place + 1)")
                ) { "×" }
            }
        }
    }

    // MARK: Times

    private func times(_ scene: Scene) -> Markup {
        let isCustom = range.isEmpty
        let (start, end) = state.bounds(now: scene.now)
        return tag("div", .class("times-of")) {
            tag("div", .class("switcher"), .named("role", "group"), .named("aria-label", "Range")) {
                for preset in ExplorerState.presets {
                    let link = Link(
                        "explore", query: state.with { $0.window = .last(Period(preset) ?? .hours(1)) }.query)
                    let current: [Attribute] =
                        !isCustom && Period(preset) == Period(range) ? [.named("aria-current", "true")] : []
                    tag("a", with: [.href(link), .flag("data-explore")] + current) { preset }
                }
            }
            tag("details", .class("between"), .id("between")) {
                tag("summary") {
                    isCustom ? "\(Moments.exact(start).dropLast(4)) – \(Moments.exact(end))" : "From – to"
                }
                tag("div", .class("between-fields")) {
                    moment("from", "From, UTC", isCustom ? ExplorerState.text(start) : "")
                    moment("to", "To, UTC", isCustom ? ExplorerState.text(end) : "")
                    tag("button", .class("button", "plain"), .named("type", "submit")) { "Apply" }
                }
            }
        }
    }

    private func moment(_ name: StaticString, _ words: String, _ value: String) -> Markup {
        tag("label") {
            tag("span") { words }
            tag(
                "input", .named("type", "datetime-local"), .named("step", 1), .named("name", name.description),
                .named("value", value))
        }
    }

    private func usual(_ value: String, _ words: String, _ others: [String], _ given: Period?) -> [(String, String)] {
        let own = given.map(\.description)
        let known = others.contains { Period($0) == given } || given == nil
        let all = others.compactMap { Period($0)?.description } + (known ? [] : [own].compactMap { $0 })
        return [(value, words)] + all.map { ($0, $0) }
    }

    private func choice(
        _ name: StaticString, _ words: String, _ options: [(value: String, words: String)], _ chosen: String
    ) -> Markup {
        tag("label") {
            tag("span") { words }
            tag("select", .named("name", name.description), .flag("data-apply")) {
                for option in options {
                    let selected: [Attribute] = option.value == chosen ? [.flag("selected")] : []
                    tag("option", with: [.named("value", option.value)] + selected) { option.words }
                }
            }
        }
    }

    // MARK: What leads on

    /// Chart or table, and other stretches of time.
    private func bar(_ scene: Scene) -> Markup {
        tag("div", .class("bar")) {
            tag("nav", .class("tabs"), .named("aria-label", "View")) {
                for view in ExplorerState.View.allCases {
                    let current: [Attribute] = view == state.view ? [.named("aria-current", "page")] : []
                    tag("a", with: [.href(state.with { $0.view = view }.link), .flag("data-explore")] + current) {
                        view == .chart ? "Chart" : "Table"
                    }
                }
            }
            tag("div", .class("steps"), .named("role", "group"), .named("aria-label", "Time")) {
                step("earlier", "←", "Earlier", state.moved(by: -0.5, now: scene.now))
                step("zoom-in", "+", "Zoom in", state.zoomed(by: 0.5, now: scene.now))
                step("zoom-out", "−", "Zoom out", state.zoomed(by: 2, now: scene.now))
                step("later", "→", "Later", state.moved(by: 0.5, now: scene.now))
                tag("a", .class("button", "plain"), .id("share-link"), .href(state.link)) {
                    tag("span", .class("plain-only")) { "Link to this view" }
                    tag("span", .class("scripted-only")) { "Copy link" }
                }
            }
        }
    }

    private func step(_ id: String, _ sign: String, _ words: String, _ state: ExplorerState) -> Markup {
        tag(
            "a", .class("button", "plain"), .id(id), .href(state.link), .flag("data-explore"), .named("title", words),
            .named("aria-label", words)
        ) { sign }
    }
}

/// An expression with the place that is wrong under a wave.
struct WrongPlace: Sendable {
    var before = ""
    var wrong = ""
    var after = ""

    init(_ expression: String, _ problem: PromQLError) {
        guard let place = problem.place else {
            before = expression
            return
        }
        // Columns count bytes.
        var line = 1
        var column = 1
        var offset = expression.utf8.startIndex
        while offset < expression.utf8.endIndex, (line, column) < (place.line, place.column) {
            if expression.utf8[offset] == UInt8(ascii: "\n") { (line, column) = (line + 1, 1) } else { column += 1 }
            offset = expression.utf8.index(after: offset)
        }
        while offset < expression.endIndex, offset.samePosition(in: expression.unicodeScalars) == nil {
            offset = expression.utf8.index(after: offset)
        }
        let rest = expression[offset...]
        let word = rest.prefix { $0.isLetter || $0.isNumber || $0 == "_" || $0 == ":" }
        let mark = word.isEmpty ? rest.prefix(1) : word
        before = String(expression[..<offset])
        wrong = mark.isEmpty || mark == "\n" ? " " : String(mark)
        after = String(rest.dropFirst(mark == "\n" ? 0 : mark.count))
    }

    var markup: Markup {
        group {
            before
            if !wrong.isEmpty { tag("mark", .class("wrong")) { wrong } }
            after
        }
    }
}
