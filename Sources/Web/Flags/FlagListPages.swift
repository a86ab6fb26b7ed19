import Values
import Wire

/// `?show=segments`: named rules that flags share, and holdouts.
struct SegmentsPage: Sendable {
    var head: FlagsHead
    var segments: [SegmentView]
    var holdouts: [HoldoutView]

    func page(_ scene: Scene) -> Page {
        Page(
            title: "Segments of \(head.environment.name)", tab: .flags, freshness: .polled(every: .seconds(10)),
            content: [
                head.markup(scene),
                segments.isEmpty
                    ? nothing("There is no segment yet. Apply one: kind: Segment, with a name and a rule.")
                    : table(
                        "Segments", ["Segment", "Rule", "Used by", "Changed"], class: "segments",
                        rows: segments.map { row($0, scene) }),
                holdouts.isEmpty
                    ? .group([])
                    : section("Holdouts", id: "holdouts", note: "keys that get the default of every flag that names it")
                    {
                        table(
                            "Holdouts", ["Holdout", "Share", "Used by", "Changed"],
                            rows: holdouts.map { row($0, scene) })
                    },
            ])
    }

    private func row(_ segment: SegmentView, _ scene: Scene) -> Markup {
        tag("tr", .id("segment-\(segment.name)")) {
            cell("Segment", class: "name") {
                tag("strong") { segment.name }
                if !segment.description.isEmpty { tag("span", .class("counts", "muted")) { segment.description } }
            }
            cell("Rule", class: "wide") { code(segment.rule) }
            cell("Used by") { users(segment.usedBy) }
            changed(segment.updatedAt, segment.updatedBy, scene)
        }
    }

    private func row(_ holdout: HoldoutView, _ scene: Scene) -> Markup {
        tag("tr", .id("holdout-\(holdout.name)")) {
            cell("Holdout", class: "name") {
                tag("strong") { holdout.name }
                if !holdout.description.isEmpty { tag("span", .class("counts", "muted")) { holdout.description } }
            }
            cell("Share") { "\(holdout.share) by \(holdout.bucketBy)" }
            cell("Used by") { users(holdout.usedBy) }
            changed(holdout.updatedAt, holdout.updatedBy, scene)
        }
    }

    private func users(_ keys: [String]) -> Markup {
        guard !keys.isEmpty else { return .text("no flag") }
        return group {
            for (place, key) in keys.prefix(20).enumerated() {
                if place > 0 { ", " }
                tag("a", .href(.flag(key, in: head.environment.name))) { code(key) }
            }
            if keys.count > 20 { " and \(keys.count - 20) more" }
        }
    }

    private func changed(_ at: Timestamp, _ by: String, _ scene: Scene) -> Markup {
        cell("Changed") {
            Moments.relative(at, now: scene.now)
            tag("span", .class("counts", "muted")) { "by \(by)" }
        }
    }
}

/// `?show=stale`: flags that have probably done their work.
struct StalePage: Sendable {
    var head: FlagsHead
    var stale: [StaleFlagView]
    var flash: String?

    /// How long nothing must have happened.
    static let unchangedFor = Period.hours(30 * 24)

    func page(_ scene: Scene) -> Page {
        var columns = ["Flag", "Why", "Owner", "Evaluated", "Changed"]
        if scene.steers { columns.append("Archive") }
        return Page(
            title: "Stale flags of \(head.environment.name)", tab: .flags, freshness: .polled(every: .seconds(30)),
            flash: flash,
            content: [
                head.markup(scene),
                stale.isEmpty
                    ? nothing("No flag is expired, unused, or the same for everybody for \(StalePage.unchangedFor).")
                    : table("Stale flags", columns, rows: stale.map { row($0, scene) }),
            ])
    }

    private func row(_ flag: StaleFlagView, _ scene: Scene) -> Markup {
        tag("tr", .id("stale-\(flag.key)")) {
            cell("Flag", class: "name") {
                tag("a", .href(.flag(flag.key, in: head.environment.name))) { code(flag.key) }
            }
            cell("Why", class: "wide") { flag.reasons.map(Figures.sentence).joined(separator: ". ") }
            cell("Owner") { flag.owner.isEmpty ? "–" : flag.owner }
            cell("Evaluated") {
                if let at = flag.lastEvaluatedAt { Moments.relative(at, now: scene.now) } else { "never" }
            }
            cell("Changed") { Moments.relative(flag.updatedAt, now: scene.now) }
            if scene.steers {
                cell("Archive", class: "switch") {
                    tag(
                        "a", .class("button", "plain"), .flag("data-dialog"), .id("archive-\(flag.key)"),
                        .href(
                            .flag(
                                flag.key, in: head.environment.name, query: [("do", "archive"), ("from", "stale")]))
                    ) {
                        "Archive"
                        hidden(" \(flag.key)")
                    }
                }
            }
        }
    }
}

/// `?show=proposals`: changes that wait for a second person, and those that were decided.
struct ProposalsPage: Sendable {
    var head: FlagsHead
    /// Newest first.
    var proposals: [ProposalView]
    /// The documents that open proposals change, by key, as they are now.
    var documents: [String: String]
    var flash: String?

    func page(_ scene: Scene) -> Page {
        let open = proposals.filter { $0.state == .open }
        let decided = proposals.filter { $0.state != .open }.prefix(50)
        return Page(
            title: "Proposals for \(head.environment.name)", tab: .flags, freshness: .polled(every: .seconds(5)),
            flash: flash,
            content: [
                head.markup(scene),
                open.isEmpty
                    ? nothing("Nothing waits for approval.")
                    : .group(
                        open.map { proposal in
                            ProposalNotice(proposal: proposal, from: "proposals", old: documents[proposal.key])
                                .markup(scene)
                        }),
                decided.isEmpty
                    ? .group([])
                    : section("Decided", id: "decided") {
                        for proposal in decided { ProposalNotice(proposal: proposal, from: "proposals").markup(scene) }
                    },
            ])
    }
}

/// `?show=changes`: what was changed in an environment.
struct FlagChangesPage: Sendable {
    var head: FlagsHead
    /// Newest first.
    var events: [FlagEventView]
    /// The number before which the next page starts; `nil` at the end.
    var older: Int64?

    func page(_ scene: Scene) -> Page {
        Page(
            title: "Changes in \(head.environment.name)", tab: .flags,
            content: [
                head.markup(scene),
                events.isEmpty
                    ? nothing("Nothing has been changed yet.") : FlagTimeline(events: events).markup(scene),
                older.map { number in
                    tag("p", .class("pages")) {
                        tag(
                            "a", .class("button", "plain"),
                            .href(
                                .flags(head.environment.name, query: [("show", "changes"), ("before", "\(number)")]))
                        ) { "Older" }
                    }
                } ?? .group([]),
            ])
    }
}
