import Specs
import Values
import Wire

/// `/services/NAME`: what runs, how it changes, and what is refused.
struct ServicePage: Sendable {
    var service: ServiceView
    var versions: [VersionView]
    var hosts: [HostView]
    /// Newest first.
    var rollouts: [RolloutView]
    /// `nil` on a server without metrics.
    var figures: ServiceFigures?

    private static let shownHosts = 500

    func page(_ scene: Scene) -> Page {
        Page(
            title: service.spec.name, tab: .overview,
            freshness: Page.Freshness(events: "rollout host service", rollout: nil, every: .seconds(2)),
            content: [
                head(scene), figures?.markup ?? .group([]), rolloutsSection(scene),
                PlanSection(spec: service.spec, usual: service.defaultChecks ?? []).markup, versionsSection(scene),
                hostsSection(scene),
            ])
    }

    private func head(_ scene: Scene) -> Markup {
        tag("div", .class("page-head")) {
            tag("div") {
                tag("p", .class("crumbs")) { "Service" }
                tag("h1") {
                    service.spec.name
                    " "
                    service.version.map(code)
                }
                tag("p", .class("facts", "muted")) {
                    tag("span") {
                        "Changed "
                        Moments.relative(service.updatedAt, now: scene.now)
                        " by \(service.updatedBy)"
                    }
                    tag("span") { "Document \(service.revision)" }
                    tag("span") {
                        service.spec.select.isEmpty
                            ? "On every host" : "On hosts with \(service.spec.select.description)"
                    }
                }
            }
            tag("dl", .class("numbers")) {
                tag("div") {
                    tag("dt") { "Hosts ready" }
                    tag("dd") { ReadyHosts(service).markup }
                }
                tag("div") {
                    tag("dt") { "Hand-over" }
                    tag("dd") { service.spec.run.handover.rawValue }
                }
            }
        }
    }

    private func rolloutsSection(_ scene: Scene) -> Markup {
        section("Rollouts", id: "rollouts") {
            if rollouts.isEmpty {
                nothing(
                    "It has not been rolled out yet. Deploy with: halcyon deploy \(service.spec.name) --artefact FILE")
            } else {
                RolloutTable(rollouts: rollouts).markup(scene)
            }
        }
    }

    private func versionsSection(_ scene: Scene) -> Markup {
        section("Versions", id: "versions") {
            if versions.isEmpty {
                nothing("There is no version yet.")
            } else {
                table(
                    "Versions", ["Version", "State", "Size", "Digest", "Made"],
                    rows: versions.map { versionRow($0, scene) })
            }
        }
    }

    private func versionRow(_ version: VersionView, _ scene: Scene) -> Markup {
        tag("tr") {
            cell("Version", class: "name") {
                code(version.version)
                if version.forwardOnly { tag("span", .class("tag")) { "forward only" } }
            }
            cell("State") {
                if let reason = service.refused[version.version] {
                    Sign(shape: .cross, word: "Refused", tone: .bad).badge
                    tag("span", .class("counts", "muted")) { reason }
                } else if version.version == service.version {
                    Sign(shape: .check, word: "Serves", tone: .good).badge
                } else {
                    "–"
                }
            }
            cell("Size", class: "number") { ByteSize(bytes: version.artefact.size).description }
            cell("Digest") {
                tag("code", .named("title", version.artefact.digest)) {
                    String(version.artefact.digest.prefix(19)) + "…"
                }
            }
            cell("Made") {
                Moments.relative(version.createdAt, now: scene.now)
                " by \(version.createdBy)"
            }
        }
    }

    private func hostsSection(_ scene: Scene) -> Markup {
        let hosts = hosts.filter { host in host.services.contains { $0.service == service.spec.name } }
        return section("Hosts", id: "hosts", note: Figures.counted(hosts.count, "host", "hosts")) {
            if hosts.isEmpty {
                nothing("No host runs it.")
            } else {
                table(
                    "Hosts", ["Host", "Contact", "Instance", "CPU", "Memory", "Load", "Labels"], class: "fleet",
                    rows: hosts.sorted { $0.name < $1.name }.prefix(ServicePage.shownHosts)
                        .map { HostRow(host: $0, service: service.spec.name).markup(scene) })
            }
        }
    }
}

/// The waves, gates and checks that a change of the service goes through.
struct PlanSection: Sendable {
    var spec: ServiceSpec
    /// The checks that it has when it has none of its own.
    var usual: [CheckSpec] = []

    var markup: Markup {
        section("Plan", id: "plan", note: note) {
            table(
                "Waves", ["Wave", "Hosts", "At once", "Bake", "Gate", "May fail"],
                rows: spec.plan.waves.map(waveRow))
            if !spec.checks.isEmpty {
                table("Checks", ["Check", "Kind", "Measures", "Tolerates"], rows: spec.checks.map(checkRow))
            } else if !usual.isEmpty {
                table(
                    "Checks (the usual ones, from its metrics)", ["Check", "Kind", "Measures", "Tolerates"],
                    rows: usual.map(checkRow))
            } else {
                nothing("No check guards it: a wave is judged by whether its hosts get ready.")
            }
        }
    }

    private var note: String {
        "False rollbacks \(spec.plan.falseRollbacks) · watch \(Figures.period(spec.plan.watch))"
            + " · rollback at most \(spec.plan.rollback.maxUnavailable) at once"
    }

    private func waveRow(_ wave: WaveSpec) -> Markup {
        tag("tr") {
            cell("Wave", class: "name") { wave.name }
            cell("Hosts") { wave.hosts.description + (wave.select.isEmpty ? "" : " of \(wave.select)") }
            cell("At once") { wave.maxUnavailable.description }
            cell("Bake") { wave.bake.description }
            cell("Gate") { wave.gate.map(\.rawValue) ?? (wave.timeWindow.isEmpty ? "–" : "time window") }
            cell("May fail") { wave.failureBudget.description }
        }
    }

    private func checkRow(_ check: CheckSpec) -> Markup {
        tag("tr") {
            cell("Check", class: "name") {
                check.name
                if check.dryRun { tag("span", .class("tag")) { "dry run" } }
            }
            cell("Kind") { check.kind.name }
            cell("Measures", class: "wide") { measured(check) }
            cell("Tolerates") { tolerated(check) }
        }
    }

    private func measured(_ check: CheckSpec) -> Markup {
        switch check.kind {
        case .ratio(let bad, let total):
            return group {
                code(bad)
                " of "
                code(total)
            }
        case .latency, .rate, .gauge, .guardrail, .slo, .peers, .web:
            return code(check.kind.subject)
        }
    }

    private func tolerated(_ check: CheckSpec) -> String {
        check.tolerated ?? "–"
    }
}
