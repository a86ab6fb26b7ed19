import Rollouts
import Specs
import Values
import Wire

/// `/`: what needs a person first, then what moves, then what runs.
struct OverviewPage: Sendable {
    var status: StatusView
    var services: [ServiceView]
    var hosts: [HostView]
    /// Those that cannot go on, or are not back completely, without a person.
    var needy: [RolloutView]
    /// Newest first.
    var inFlight: [RolloutView]
    /// Newest first.
    var recent: [HistoryEntry]
    /// The service of each rollout in `recent`.
    var serviceOfRollout: [String: String]
    var freezes: [FreezeSpec]
    /// Those in which a change of a flag waits for a second person.
    var proposing: [EnvironmentView]

    func page(_ scene: Scene) -> Page {
        let waiting = needy.count + proposing.count
        return Page(
            title: waiting == 0 ? "Overview" : "(\(waiting)) Overview", tab: .overview,
            freshness: Page.Freshness(events: "rollout history host service", rollout: nil, every: .seconds(1)),
            content: [
                head, attention(scene), flight(scene), servicesSection(scene), recentSection(scene),
            ])
    }

    private var head: Markup {
        tag("div", .class("page-head")) {
            tag("h1") { "Overview" }
            tag("dl", .class("numbers")) {
                number("Hosts connected", "\(Figures.count(status.connectedHosts)) of \(Figures.count(status.hosts))")
                number("Services", Figures.count(status.services))
                number("Rollouts in flight", Figures.count(status.rolloutsInFlight))
                number("Halcyon", status.release)
            }
        }
    }

    private func number(_ word: String, _ value: String) -> Markup {
        tag("div") {
            tag("dt") { word }
            tag("dd") { value }
        }
    }

    private func attention(_ scene: Scene) -> Markup {
        let silent = hosts.filter { $0.contact == .unknown }
        return section("Needs a person", id: "attention") {
            if needy.isEmpty, silent.isEmpty, proposing.isEmpty {
                tag("p", .class("calm")) {
                    Shape.check.icon
                    tag("span") { "Nothing needs a person." }
                }
            }
            tag("ul", .class("attention")) {
                for rollout in needy { self.needyItem(rollout, scene) }
                for environment in proposing { self.proposalItem(environment) }
                if !silent.isEmpty { self.silentItem(silent) }
            }
        }
    }

    private func needyItem(_ rollout: RolloutView, _ scene: Scene) -> Markup {
        let action = Action.available(for: rollout, serves: false).first { $0.weight == .primary }
        return tag("li", .class("notice", "tone-attention")) {
            Shape.hand.icon
            tag("div") {
                tag("strong") {
                    tag("a", .href(Link("rollouts", rollout.id))) { "\(rollout.service) \(rollout.version)" }
                }
                tag("p") { Figures.sentence(rollout.hold?.reason ?? rollout.summary) }
            }
            if scene.steers, let action { action.button(for: rollout) }
        }
    }

    private func proposalItem(_ environment: EnvironmentView) -> Markup {
        tag("li", .class("notice", "tone-attention")) {
            Shape.hand.icon
            tag("div") {
                tag("strong") {
                    tag("a", .href(FlagsHead.List.proposals.link(environment.name))) { "Flags of \(environment.name)" }
                }
                tag("p") {
                    "\(Figures.counted(environment.openProposals, "change waits", "changes wait")) for a second person."
                }
            }
        }
    }

    private func silentItem(_ silent: [HostView]) -> Markup {
        tag("li", .class("notice", "tone-attention")) {
            Shape.question.icon
            tag("div") {
                tag("strong") {
                    tag("a", .href(Link("fleet", query: [("state", "unknown")]))) {
                        "\(Figures.counted(silent.count, "host is", "hosts are")) out of contact"
                    }
                }
                tag("p") {
                    silent.prefix(5).map(\.name).joined(separator: ", ")
                        + (silent.count > 5 ? " and \(Figures.count(silent.count - 5)) more" : "")
                        + (silent.count == 1 ? ". Nothing on it is stopped." : ". Nothing on them is stopped.")
                }
            }
        }
    }

    private func frozen(_ freeze: FreezeSpec, _ scene: Scene) -> Markup {
        let whose =
            freeze.services.isEmpty ? "No wave starts" : "No wave of \(freeze.services.joined(separator: ", ")) starts"
        return tag("div", .class("notice", "frozen", "tone-idle")) {
            Shape.clock.icon
            tag("div") {
                tag("strong") { "Freeze \(freeze.name)" }
                tag("p") {
                    freeze.reason.isEmpty ? "" : "\(freeze.reason). "
                    "\(whose); rollbacks do. Ends "
                    Moments.relative(freeze.until, now: scene.now)
                    "."
                }
            }
        }
    }

    private func flight(_ scene: Scene) -> Markup {
        section("In flight", id: "flight") {
            for freeze in freezes where freeze.from <= scene.now && scene.now < freeze.until {
                self.frozen(freeze, scene)
            }
            if inFlight.isEmpty {
                nothing("No rollout is in flight.")
            } else {
                tag("ul", .class("flights")) { for rollout in inFlight { FlightCard(rollout: rollout).markup(scene) } }
            }
        }
    }

    private func servicesSection(_ scene: Scene) -> Markup {
        section("Services", id: "services") {
            if services.isEmpty {
                nothing("There is no service yet. Write one and send it with: halcyon apply -f service.yaml")
            } else {
                table(
                    "Services", ["Service", "Version", "Hosts ready", "Rollout", "Changed"],
                    rows: services.map { serviceRow($0, scene) })
            }
        }
    }

    private func serviceRow(_ service: ServiceView, _ scene: Scene) -> Markup {
        tag("tr") {
            cell("Service", class: "name") {
                tag("a", .href(Link("services", service.spec.name))) { service.spec.name }
            }
            cell("Version") { service.version.map(code) ?? .text("none yet") }
            cell("Hosts ready") { ReadyHosts(service).markup }
            cell("Rollout") {
                if let rollout = service.rollout {
                    tag("a", .href(Link("rollouts", rollout))) { code(rollout) }
                    if !service.queue.isEmpty { " and \(service.queue.count) queued" }
                } else {
                    "–"
                }
            }
            cell("Changed") {
                Moments.relative(service.updatedAt, now: scene.now)
                " by \(service.updatedBy)"
            }
        }
    }

    private func recentSection(_ scene: Scene) -> Markup {
        section("Recently", id: "recently") {
            if recent.isEmpty {
                nothing("Nothing has happened yet.")
            } else {
                tag("ol", .class("timeline")) {
                    for entry in recent {
                        tag("li", .id("\(entry.rollout)-\(entry.event.sequence)"), .class("of-rollout")) {
                            tag("a", .class("subject"), .href(Link("rollouts", entry.rollout))) {
                                serviceOfRollout[entry.rollout] ?? entry.rollout
                            }
                            HistoryLine(entry: entry).markup(scene)
                        }
                    }
                }
            }
        }
    }
}

/// `11 of 12`, with its sign.
struct ReadyHosts: Sendable {
    var ready: Int
    var hosts: Int

    init(_ service: ServiceView) {
        ready = service.readyHosts
        hosts = service.hosts
    }

    var markup: Markup {
        let isComplete = ready >= hosts
        let sign = Sign(
            shape: hosts == 0 ? .empty : isComplete ? .check : .half,
            word: "\(Figures.count(ready)) of \(Figures.count(hosts))",
            tone: hosts == 0 ? .idle : isComplete ? .good : ready == 0 ? .bad : .attention)
        return sign.badge
    }
}

/// A rollout in flight, on one card.
struct FlightCard: Sendable {
    var rollout: RolloutView

    func markup(_ scene: Scene) -> Markup {
        tag("li", .class("flight")) {
            tag("div", .class("flight-head")) {
                tag("a", .class("flight-name"), .href(Link("rollouts", rollout.id))) {
                    tag("strong") { rollout.service }
                    " "
                    versionChange(from: rollout.previous, to: rollout.version)
                }
                Sign(rollout).badge
            }
            WaveStrip(rollout: rollout).markup
            tag("p", .class("flight-summary")) { Figures.sentence(rollout.summary) }
            tag("p", .class("muted")) {
                Moments.relative(rollout.createdAt, now: scene.now)
                " by \(rollout.createdBy)"
            }
        }
    }
}

/// The waves of a rollout as a row of small steps.
struct WaveStrip: Sendable {
    var rollout: RolloutView

    var markup: Markup? {
        guard !rollout.waves.isEmpty else { return nil }
        return tag("ol", .class("strip"), .named("aria-label", "Waves")) {
            for wave in rollout.waves {
                let sign = Sign(wave.state, ended: rollout.phase.isFinal)
                tag(
                    "li", .class("step", "tone-\(sign.tone.rawValue)"),
                    .named("title", "\(wave.name): \(sign.word), \(Figures.counted(wave.hosts.count, "host", "hosts"))")
                ) {
                    sign.shape.icon
                    tag("span") { wave.name }
                    hidden(": \(sign.word)")
                }
            }
        }
    }
}
