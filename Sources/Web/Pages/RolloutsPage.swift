import Rollouts
import Values
import Wire

/// `/rollouts`: those in flight and those that ended, newest first.
struct RolloutsPage: Sendable {
    enum States: String, CaseIterable, Sendable {
        case all
        case inFlight = "in-flight"
        case needsPerson = "needs-person"
        case done
        case rolledBack = "rolled-back"

        var words: String {
            switch self {
            case .all: return "All"
            case .inFlight: return "In flight"
            case .needsPerson: return "Needs a person"
            case .done: return "Done"
            case .rolledBack: return "Rolled back"
            }
        }

        func matches(_ rollout: RolloutView) -> Bool {
            switch self {
            case .all: return true
            case .inFlight: return !rollout.phase.isFinal
            case .needsPerson: return rollout.needsPerson
            case .done: return rollout.phase == .done
            case .rolledBack: return rollout.phase == .rolledBack
            }
        }
    }

    /// Newest first, of the chosen service.
    var rollouts: [RolloutView]
    /// Names for the choice of a service.
    var services: [String]
    var service: String?
    var state: States
    /// True when there are older ones that were not read.
    var isCut: Bool

    func page(_ scene: Scene) -> Page {
        let found = rollouts.filter(state.matches)
        return Page(
            title: "Rollouts", tab: .rollouts,
            freshness: Page.Freshness(events: "rollout", rollout: nil, every: .seconds(1)),
            content: [
                tag("div", .class("page-head")) { tag("h1") { "Rollouts" } },
                form,
                found.isEmpty
                    ? nothing(
                        rollouts.isEmpty
                            ? "Nothing has been rolled out yet. Deploy with: halcyon deploy SERVICE --artefact FILE"
                            : "No rollout matches.")
                    : RolloutTable(rollouts: found).markup(scene),
                isCut
                    ? nothing("Only the newest \(rollouts.count) are shown. Choose a service to see more of it.")
                    : .group([]),
            ])
    }

    private var form: Markup {
        tag(
            "form", .class("filters"), .named("method", "get"), .named("action", "/rollouts"), .flag("data-live-form")
        ) {
            choice(
                "Service", name: "service", [(value: "", words: "All services")] + services.map { ($0, $0) },
                service ?? "")
            choice("State", name: "state", States.allCases.map { ($0.rawValue, $0.words) }, state.rawValue)
            tag("button", .class("button", "plain"), .named("type", "submit")) { "Show" }
        }
    }
}

/// Rollouts in a table.
struct RolloutTable: Sendable {
    var rollouts: [RolloutView]

    func markup(_ scene: Scene) -> Markup {
        table(
            "Rollouts", ["Rollout", "State", "Waves", "What", "Started", "Took"], class: "rollouts",
            rows: rollouts.map { row($0, scene) })
    }

    private func row(_ rollout: RolloutView, _ scene: Scene) -> Markup {
        tag("tr", .id("rollout-\(rollout.id)")) {
            cell("Rollout", class: "name") {
                tag("a", .href(Link("rollouts", rollout.id))) {
                    tag("strong") { rollout.service }
                    " "
                    versionChange(from: rollout.previous, to: rollout.version)
                }
                tag("span", .class("counts", "muted")) { code(rollout.id) }
            }
            cell("State") { Sign(rollout).badge }
            cell("Waves") { WaveStrip(rollout: rollout).markup ?? .text("–") }
            cell("What", class: "wide") { Figures.sentence(rollout.rollback?.reason ?? rollout.summary) }
            cell("Started") {
                Moments.relative(rollout.createdAt, now: scene.now)
                tag("span", .class("counts", "muted")) { "by \(rollout.createdBy)" }
            }
            cell("Took", class: "number") {
                rollout.endedAt.map { Figures.period($0 - rollout.createdAt) } ?? "–"
            }
        }
    }
}
