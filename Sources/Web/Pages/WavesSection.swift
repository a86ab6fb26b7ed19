import Rollouts
import Specs
import Values
import Wire

/// The waves of a rollout in their order, each with its hosts.
struct WavesSection: Sendable {
    var rollout: RolloutView

    /// Above this many hosts, a wave shows marks without names.
    private static let named = 16
    /// The list of hosts one by one ends here; the marks above show every host.
    private static let listed = 500

    var markup: Markup {
        section("Waves", id: "waves", note: note) {
            tag("ol", .class("waves")) {
                for (place, wave) in rollout.waves.enumerated() { self.wave(wave, place) }
                watch
            }
            details
        }
    }

    private var note: String {
        let hosts = rollout.waves.flatMap(\.hosts)
        let serving = hosts.count { $0.version == rollout.version && $0.ready && $0.contact == .connected }
        return "\(Figures.count(serving)) of \(counted(hosts.count)) "
            + "\(serving == 1 ? "serves" : "serve") \(rollout.version)"
    }

    /// Of a flag, what hosts are otherwise are slices of its targeting keys.
    private func counted(_ number: Int) -> String {
        rollout.flag == nil
            ? Figures.counted(number, "host", "hosts")
            : Figures.counted(number, "slice of the keys", "slices of the keys")
    }

    private func wave(_ wave: WaveView, _ place: Int) -> Markup {
        let sign = Sign(wave.state, ended: rollout.phase.isFinal)
        let isCurrent = place == rollout.wave && !rollout.phase.isFinal && rollout.phase != .watching
        let current: [Attribute] = isCurrent ? [.named("aria-current", "step")] : []
        return tag("li", with: [.class("wave", "tone-\(sign.tone.rawValue)")] + current) {
            tag("div", .class("wave-head")) {
                tag("h3") {
                    tag("span", .class("ordinal")) { "\(place + 1)" }
                    " "
                    wave.name
                }
                sign.badge
            }
            tag("p", .class("muted")) { self.facts(wave) }
            bake(wave, isCurrent: isCurrent)
            hosts(wave)
        }
    }

    private func facts(_ wave: WaveView) -> String {
        var parts = [
            rollout.flag == nil
                ? counted(wave.hosts.count) : "\(wave.hosts.map(\.host).joined(separator: ", ")) of the keys"
        ]
        if wave.hosts.count > WavesSection.named {
            parts.append("\(Figures.count(wave.hosts.count { $0.version == rollout.version && $0.ready })) ready")
        }
        if wave.gate == .approval { parts.append("after approval") }
        if wave.bake > .zero { parts.append("bake \(Figures.period(wave.bake))") }
        return parts.joined(separator: " · ")
    }

    private func bake(_ wave: WaveView, isCurrent: Bool) -> Markup? {
        guard isCurrent, rollout.phase == .baking else { return nil }
        return progressLine("Bake")
    }

    private func progressLine(_ word: String) -> Markup {
        tag("div", .class("progress-line")) {
            progress(word, done: rollout.baked.milliseconds, of: rollout.bakeTarget.milliseconds)
            tag("span") { "\(word) \(wholeSeconds(rollout.baked)) of \(Figures.period(rollout.bakeTarget))" }
        }
    }

    private func wholeSeconds(_ period: Period) -> String {
        Figures.period(.seconds(period.milliseconds / 1000))
    }

    private func hosts(_ wave: WaveView) -> Markup {
        let hasNames = wave.hosts.count <= WavesSection.named
        return tag("ul", .class("cells", hasNames ? "named" : "many")) {
            for host in wave.hosts {
                let sign = Sign(host, of: wave.state, in: rollout)
                tag("li", .class("cell", "tone-\(sign.tone.rawValue)"), .named("title", self.title(host, sign))) {
                    sign.shape.icon
                    tag("span", .class(hasNames ? "" : "hidden")) { host.host }
                    hidden(": \(sign.word)")
                }
            }
        }
    }

    private func title(_ host: WaveHostView, _ sign: Sign) -> String {
        var parts = [host.host, sign.word]
        if let version = host.version { parts.append(version) }
        if !host.detail.isEmpty, host.detail.lowercased() != sign.word.lowercased() { parts.append(host.detail) }
        return parts.joined(separator: " · ")
    }

    /// After the last wave everybody has the change, and the checks are still armed.
    private var watch: Markup? {
        guard !rollout.waves.isEmpty else { return nil }
        let sign: Sign
        switch rollout.phase {
        case .watching: sign = Sign(Phase.watching)
        case .done: sign = Sign(Phase.done)
        default: sign = Sign(WaveView.State.pending, ended: rollout.phase.isFinal)
        }
        return tag("li", .class("wave", "watch", "tone-\(sign.tone.rawValue)")) {
            tag("div", .class("wave-head")) {
                tag("h3") { "Watch" }
                sign.badge
            }
            tag("p", .class("muted")) { "Everyone has it; the checks stay armed" }
            if rollout.phase == .watching { progressLine("Watched") }
        }
    }

    private var details: Markup {
        let hosts = rollout.waves.flatMap { wave in wave.hosts.map { (wave: wave, host: $0) } }
        return tag("details", .id("wave-hosts")) {
            tag("summary") { rollout.flag == nil ? "Hosts one by one" : "Slices one by one" }
            table(
                rollout.flag == nil ? "Hosts of the rollout" : "Slices of the targeting keys",
                [rollout.flag == nil ? "Host" : "Keys", "Wave", "State", "Version", "Detail"],
                rows: hosts.prefix(WavesSection.listed).map { row($0.host, wave: $0.wave) })
            if hosts.count > WavesSection.listed {
                nothing("The first \(WavesSection.listed) of \(Figures.count(hosts.count)) hosts are listed.")
            }
        }
    }

    private func row(_ host: WaveHostView, wave: WaveView) -> Markup {
        tag("tr") {
            cell(rollout.flag == nil ? "Host" : "Keys") {
                rollout.flag == nil
                    ? tag("a", .href(Link("fleet", query: [("q", host.host)]))) { host.host } : .text(host.host)
            }
            cell("Wave") { wave.name }
            cell("State") { Sign(host, of: wave.state, in: rollout).badge }
            cell("Version") { host.version.map(code) ?? .text("–") }
            cell("Detail", class: "wide") { host.detail }
        }
    }
}
