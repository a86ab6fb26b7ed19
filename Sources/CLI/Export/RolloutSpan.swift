import Rollouts
import Values
import Wire

/// When a rollout reached which host: what a trace of it says of cohorts.
struct RolloutSpan {
    struct Host {
        var name: String
        var zone: String
        /// When it was told to take the new version.
        var released: Timestamp?
        /// When it was started anew with the version before, to be compared with.
        var restarted: Timestamp?
    }

    var version: String
    var previous: String
    var hosts: [Host]
    /// When the first host was told to take the new version.
    var began: Timestamp
    /// When hosts began to go back, or the rollout was at its end, or now.
    var ended: Timestamp
    var hasControls: Bool

    /// - Throws: `CommandFailure` for a rollout without anything to compare.
    init(_ rollout: RolloutView, _ history: [HistoryEntry], zones: [String: String], now: Timestamp) throws {
        guard rollout.flag == nil else {
            throw CommandFailure.failed(
                "\(rollout.id) rolls out a flag: its cohorts are variants, which a trace of hosts cannot show")
        }
        guard let previous = rollout.previous else {
            throw CommandFailure.failed(
                "\(rollout.id) brought \(rollout.service) its first version: there is nothing to compare it with")
        }
        (version, self.previous) = (rollout.version, previous)
        var hosts = rollout.waves.flatMap(\.hosts).map { Host(name: $0.host, zone: zones[$0.host] ?? "") }
        var (began, ended): (Timestamp?, Timestamp?)
        for entry in history {
            let at = entry.event.at
            switch entry.event.fact {
            case .released(let chosen):
                began = began ?? at
                for host in chosen where hosts.indices.contains(host) {
                    hosts[host].released = hosts[host].released ?? at
                }
            case .controlled(let chosen):
                for host in chosen where hosts.indices.contains(host) { hosts[host].restarted = at }
            case .rollbackStarted, .returned, .done, .cancelled: ended = ended ?? at
            default: break
            }
        }
        guard let began else {
            throw CommandFailure.failed(
                "\(rollout.id) has reached no host\(rollout.phase.isFinal ? "" : " yet"): there is nothing to judge")
        }
        self.hosts = hosts
        self.began = began
        self.ended = max(began, ended ?? rollout.endedAt ?? now)
        hasControls = hosts.contains { $0.restarted != nil }
    }

    /// The cohort of a host in the tick that ends at a time, and the version whose metrics count.
    func standing(_ host: Host, at time: Timestamp) -> (cohort: String, version: String) {
        if let released = host.released, released < time { return ("canary", version) }
        if let restarted = host.restarted, restarted < time { return ("control", previous) }
        return ("baseline", previous)
    }
}
