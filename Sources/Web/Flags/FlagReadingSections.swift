import Documents
import FlagSpecs
import Values
import Wire

/// Who gets what: the rules in their order, and what stands before them.
struct RulesSection: Sendable {
    var flag: FlagView
    var managed: ManagedFlag?

    func markup(_ scene: Scene) -> Markup {
        section("Who gets what", id: "rules", note: flag.isOn ? nil : "while it is on") {
            if let managed { conditions(managed) }
            tag("ol", .class("rules")) {
                for rule in flag.rules { tag("li") { self.rule(rule) } }
            }
        }
    }

    /// `condition → variant`, the variant set off.
    private func rule(_ text: String) -> Markup {
        guard let arrow = text.ranges(of: " → ").last else { return .text(text) }
        return group {
            tag("span", .class("condition")) { String(text[..<arrow.lowerBound]) }
            tag("span", .class("to"), .named("aria-hidden", "true")) { "→" }
            hidden(" gets ")
            tag("strong") { String(text[arrow.upperBound...]) }
        }
    }

    private func conditions(_ managed: ManagedFlag) -> Markup {
        let segments = managed.segments
        return tag("ul", .class("conditions")) {
            for needed in managed.prerequisites {
                tag("li") {
                    "Needs "
                    tag("a", .href(.flag(needed.flag, in: flag.environment))) { code(needed.flag) }
                    " to give \(needed.variants.joined(separator: " or ")); otherwise "
                    needed.otherwise ?? managed.defaultVariant ?? "the caller's default"
                }
            }
            if let layer = managed.layer {
                tag("li") {
                    "Takes part in the layer \(layer.name) with "
                    Figures.percent(Double(layer.to - layer.from) / Double(ManagedFlag.Layer.slots))
                    " of its keys (slots \(Figures.count(layer.from)) to \(Figures.count(layer.to - 1)))"
                }
            }
            for holdout in managed.holdouts { tag("li") { "Leaves the holdout \(holdout) out" } }
            if let attribute = managed.bucketBy {
                tag("li") {
                    "Spreads by "
                    code(attribute)
                }
            }
            if !segments.isEmpty {
                tag("li") {
                    segments.count == 1 ? "Uses the segment " : "Uses the segments "
                    for (place, name) in segments.enumerated() {
                        if place > 0 { ", " }
                        tag("a", .href(.flags(flag.environment, query: [("show", "segments")]))) { name }
                    }
                }
            }
        }
    }
}

/// The variants with their values, shares and evaluations.
struct VariantsSection: Sendable {
    var flag: FlagView
    var usage: FlagUsageView?
    var managed: ManagedFlag?

    func markup(_ scene: Scene) -> Markup {
        let counts = Dictionary((usage?.variants ?? []).map { ($0.variant, $0) }) { first, _ in first }
        let shares = Dictionary((managed?.presentShares ?? []).map { ($0.variant, $0.share) }) { first, _ in first }
        return section("Variants", id: "variants", note: note(scene)) {
            table(
                "Variants", ["Variant", "Value", "Evaluations"], class: "variants",
                rows: flag.variants.flatMap { rows($0, shares[$0.name], counts[$0.name]) }
                    + [unanswered(counts[""])].compactMap { $0 })
        }
    }

    private func note(_ scene: Scene) -> String? {
        guard let usage, usage.total > 0 else { return "not evaluated yet" }
        return "\(Figures.count(usage.total)) evaluations, counted since \(Moments.words(usage.since, now: scene.now))"
    }

    /// A value that fills more than this has a row of its own.
    private static let short = 26

    private func rows(_ variant: FlagVariantView, _ share: Percentage?, _ count: FlagUsageView.Variant?) -> [Markup] {
        let isShort = variant.value.count <= VariantsSection.short
        let first = row(variant, isShort ? variant.value : "", share, count)
        guard !isShort else { return [first] }
        return [
            first,
            tag("tr", .class("more"), .id("value-\(variant.name)")) {
                tag("td", .class("name"), .named("colspan", 3)) {
                    tag("code") { JSONText.fitted(variant.value, width: 50) }
                }
            },
        ]
    }

    private func row(
        _ variant: FlagVariantView, _ value: String, _ share: Percentage?, _ count: FlagUsageView.Variant?
    ) -> Markup {
        tag("tr", .id("variant-\(variant.name)")) {
            cell("Variant", class: "name") {
                tag("strong") { variant.name }
                tag("span", .class("counts", "muted")) {
                    if variant.name == flag.defaultVariant { "default" }
                    if variant.name == flag.defaultVariant, share != nil { ", " }
                    if let share { "\(share) of \(flag.rules.count > 1 ? "the rest" : "everybody")" }
                }
            }
            cell("Value", class: "value") { value.isEmpty ? .group([]) : code(value) }
            cell("Evaluations", class: "number") { bar(variant.name, count) }
        }
    }

    private func unanswered(_ count: FlagUsageView.Variant?) -> Markup? {
        guard let count, count.count > 0 else { return nil }
        return tag("tr", .id("variant-")) {
            cell("Variant", class: "name") { tag("span", .class("muted")) { "the caller's default" } }
            cell("Value") { "–" }
            cell("Evaluations", class: "number") { bar("the caller's default", count) }
        }
    }

    private func bar(_ name: String, _ count: FlagUsageView.Variant?) -> Markup {
        tag("div", .class("progress-line")) {
            progress("Evaluations of \(name)", done: count?.count ?? 0, of: usage?.total ?? 0)
            tag("span", .class("counted")) {
                tag("span") {
                    Figures.count(count?.count ?? 0)
                    if let count, count.perMinute > 0 { ", \(Figures.count(count.perMinute))/min" }
                }
                if let usage, usage.total > 0 {
                    tag("span") { Figures.percent(Double(count?.count ?? 0) / Double(usage.total)) }
                }
            }
        }
    }
}

/// What the flag's schedule and ramp will do.
struct TimetableSection: Sendable {
    var page: FlagPage
    var managed: ManagedFlag

    func markup(_ scene: Scene) -> Markup {
        guard managed.ramp != nil || !managed.schedule.isEmpty else { return .group([]) }
        return section("Timetable", id: "timetable") {
            if let ramp = managed.ramp { self.ramp(ramp, scene) }
            if !managed.schedule.isEmpty {
                tag("ol", .class("timeline")) {
                    for change in managed.schedule { tag("li") { self.change(change, scene) } }
                }
                button(.unschedule, scene)
            }
        }
    }

    private func ramp(_ ramp: FlagRamp, _ scene: Scene) -> Markup {
        group {
            tag("p") {
                "Ramp of "
                tag("strong") { ramp.to }
                ", now \(ramp.share)"
                if let next = ramp.nextAt {
                    "; the next step comes "
                    Moments.relative(next, now: scene.now)
                }
            }
            tag("ol", .class("strip")) {
                for (place, step) in ramp.steps.enumerated() {
                    let tone: Tone = place < ramp.step ? .good : place == ramp.step ? .busy : .idle
                    tag("li", .class("step", "tone-\(tone.rawValue)")) {
                        (place < ramp.step ? Shape.check : place == ramp.step ? .clock : .empty).icon
                        tag("span") { "\(step.share) after \(Figures.period(step.after))" }
                    }
                }
            }
            button(.endRamp, scene)
        }
    }

    private func change(_ change: ManagedFlag.Scheduled, _ scene: Scene) -> Markup {
        group {
            tag("span", .class("sign", "tone-idle")) { Shape.clock.icon }
            tag("div", .class("sentence")) {
                for (member, value) in members(of: change) {
                    tag("p") {
                        value == Node(.null) ? "\(member) is taken away" : "\(member) becomes "
                        if value != Node(.null) { code(String(decoding: JSONWriter.write(value), as: UTF8.self)) }
                    }
                }
            }
            tag("span", .class("when", "muted")) { Moments.relative(change.at, now: scene.now) }
        }
    }

    private func members(of change: ManagedFlag.Scheduled) -> [(String, Node)] {
        guard case .mapping(let entries) = change.set.value else { return [] }
        return entries.map { ($0.key, $0.value) }
    }

    private func button(_ verb: FlagVerb, _ scene: Scene) -> Markup {
        guard page.isEditable(scene) else { return .group([]) }
        return tag("p", .class("after")) {
            tag(
                "a", .class("button", "plain"), .flag("data-dialog"), .id("action-\(verb.rawValue)"),
                .href(.flag(page.flag.key, in: page.flag.environment, query: [("do", verb.rawValue)]))
            ) { verb.label }
        }
    }
}

/// The same flag in the other environments, and the way to bring it from here to there.
struct ElsewhereSection: Sendable {
    var flag: FlagView
    var elsewhere: [FlagPage.Elsewhere]

    func markup(_ scene: Scene) -> Markup {
        section("Other environments", id: "elsewhere") {
            table(
                "Other environments", ["Environment", "State", "Copy"], class: "elsewhere",
                rows: elsewhere.map { row($0, scene) })
        }
    }

    private func row(_ other: FlagPage.Elsewhere, _ scene: Scene) -> Markup {
        let name = other.environment.name
        return tag("tr", .id("elsewhere-\(name)")) {
            cell("Environment", class: "name") {
                tag("a", .href(other.flag == nil ? .flags(name) : .flag(flag.key, in: name))) { name }
            }
            cell("State") {
                if let flag = other.flag {
                    Sign(flag).badge
                    tag("span", .class("counts", "muted")) { flag.summary }
                } else {
                    tag("span", .class("muted")) { "not there" }
                }
            }
            cell("Copy", class: "switch") {
                if other.flag?.file != nil {
                    tag("span", .class("muted")) { "by file" }
                } else if scene.steers {
                    tag(
                        "a", .class("button", "plain"), .flag("data-dialog"), .id("copy-\(name)"),
                        .href(.flag(flag.key, in: name, query: [("do", "copy"), ("source", flag.environment)]))
                    ) { "Copy there" }
                }
            }
        }
    }
}
