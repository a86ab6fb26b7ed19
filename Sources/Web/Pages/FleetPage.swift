import Values
import Wire

/// `/fleet`: every host with what runs on it, by region.
struct FleetPage: Sendable {
    var hosts: [HostView]
    var filter: FleetFilter

    /// More rows than this help nobody; the filter does.
    private static let shown = 1000

    func page(_ scene: Scene) -> Page {
        let found = hosts.filter(filter.matches)
        return Page(
            title: "Fleet", tab: .fleet,
            freshness: Page.Freshness(events: "host", rollout: nil, every: .seconds(2)),
            content: [head(found.count), form, list(Array(found.prefix(FleetPage.shown)), of: found.count, scene)])
    }

    private func head(_ found: Int) -> Markup {
        let silent = hosts.count { $0.contact == .unknown }
        return tag("div", .class("page-head")) {
            tag("div") {
                tag("h1") { "Fleet" }
                tag("p", .class("facts", "muted")) {
                    tag("span") { Figures.counted(hosts.count, "host", "hosts") }
                    tag("span") { "\(Figures.count(hosts.count { $0.contact == .connected })) connected" }
                    if silent > 0 { tag("span") { "\(Figures.count(silent)) unknown" } }
                    if filter.isActive { tag("span") { "\(Figures.count(found)) shown" } }
                }
            }
        }
    }

    private var form: Markup {
        tag(
            "form", .class("filters"), .named("method", "get"), .named("action", "/fleet"), .named("role", "search"),
            .flag("data-live-form")
        ) {
            tag("label") {
                tag("span") { "Filter" }
                tag(
                    "input", .id("filter"), .named("type", "search"), .named("name", "q"),
                    .named("value", filter.text), .named("placeholder", "Host, label, service or version"),
                    .named("autocomplete", "off"), .named("spellcheck", "false"))
            }
            choice(
                "State", name: "state", FleetFilter.States.allCases.map { ($0.rawValue, $0.words) },
                filter.state.rawValue)
            tag("button", .class("button", "plain"), .named("type", "submit")) { "Show" }
        }
    }

    private func list(_ shown: [HostView], of count: Int, _ scene: Scene) -> Markup {
        guard !shown.isEmpty else {
            return nothing(
                hosts.isEmpty
                    ? "No host has joined yet. On a host, run: halcyon agent --server URL --name NAME --join-token TOKEN"
                    : "No host matches. Clear the filter to see all \(Figures.count(hosts.count)).")
        }
        let groups = Dictionary(grouping: shown) { $0.labels["region"] ?? "" }
        return group {
            tag("table", .class("list", "fleet")) {
                tag("caption", .class("hidden")) { "Hosts by region" }
                tag("thead") {
                    tag("tr") {
                        for column in ["Host", "Contact", "Services", "CPU", "Memory", "Load", "Labels"] {
                            tag("th", .named("scope", "col")) { column }
                        }
                    }
                }
                for region in groups.keys.sorted() {
                    self.body(region, (groups[region] ?? []).sorted { $0.name < $1.name }, scene)
                }
            }
            if count > shown.count {
                nothing(
                    "The first \(Figures.count(shown.count)) of \(Figures.count(count)) hosts are shown. Narrow it down with the filter."
                )
            }
        }
    }

    private func body(_ region: String, _ hosts: [HostView], _ scene: Scene) -> Markup {
        tag("tbody", .id("region-\(region)")) {
            tag("tr", .class("group")) {
                tag("th", .named("colspan", 7), .named("scope", "rowgroup")) {
                    region.isEmpty ? "No region" : region
                    tag("span", .class("muted")) { " \(Figures.counted(hosts.count, "host", "hosts"))" }
                }
            }
            for host in hosts { HostRow(host: host, service: nil).markup(scene) }
        }
    }
}

/// A host with its services in one row.
struct HostRow: Sendable {
    var host: HostView
    /// Only this service is shown, on its own page.
    var service: String?

    private var reports: [ServiceReport] {
        host.services.filter { service == nil || $0.service == service }.sorted { $0.service < $1.service }
    }

    func markup(_ scene: Scene) -> Markup {
        tag("tr", .id("host-\(host.name)")) {
            cell("Host", class: "name") {
                tag("strong", .named("title", host.address)) { host.name }
                for warning in host.warnings { tag("span", .class("warning")) { warning } }
            }
            cell("Contact") {
                Sign(host.contact).badge
                if host.contact != .connected, let seen = host.lastSeen {
                    tag("span", .class("counts", "muted")) {
                        "heard "
                        Moments.relative(seen, now: scene.now)
                    }
                }
            }
            cell("Services", class: "services") {
                if reports.isEmpty { "–" }
                for report in reports { self.line(report) }
            }
            cell("CPU", class: "number") { processors }
            cell("Memory", class: "number") { memory }
            cell("Load", class: "number") { load }
            cell("Labels", class: "labels") { labels }
        }
    }

    private func line(_ report: ServiceReport) -> Markup {
        let sign = Sign(report)
        return tag("span", .class("running")) {
            if service == nil {
                tag("a", .href(Link("services", report.service))) { report.service }
                " "
            }
            code(report.version ?? "–")
            " "
            sign.badge
            if let failure = report.failure {
                tag("span", .class("counts", "bad")) { "\(failure.version): \(failure.step.words): \(failure.message)" }
            } else if !(report.state == .running && report.ready), !report.detail.isEmpty,
                report.detail.lowercased() != sign.word.lowercased()
            {
                tag("span", .class("counts", "muted")) { report.detail }
            }
        }
    }

    private var processors: String {
        let instances = reports.flatMap(\.instances)
        return instances.isEmpty ? "–" : Figures.fixed(instances.reduce(0) { $0 + $1.cpu } * 100, 0) + "%"
    }

    private var memory: String {
        let instances = reports.flatMap(\.instances)
        return instances.isEmpty ? "–" : ByteSize(bytes: instances.reduce(0) { $0 + $1.memory }).description
    }

    private var load: String {
        host.load.map { "\(Figures.fixed($0.loadAverage, 2)) / \($0.cpus)" } ?? "–"
    }

    private var labels: Markup {
        group {
            for (key, value) in host.labels.sorted(by: { $0.key < $1.key }) where key != "region" {
                tag("span", .class("tag")) { "\(key)=\(value)" }
                " "
            }
        }
    }
}

extension FailureReport.Step {
    /// How people say it.
    var words: String {
        switch self {
        case .download: return "download failed"
        case .verify: return "artefact is not what it should be"
        case .unpack: return "cannot be unpacked"
        case .listen: return "cannot listen"
        case .start: return "cannot be started"
        case .ready: return "not ready in time"
        case .crashLoop: return "keeps crashing"
        case .stop: return "cannot be stopped"
        }
    }
}
