public import Ports
import PromQL
import Rules
import Scraping
import Series
import Specs
import Synchronization
import Values
import Wire

/// What agents scrape for a control plane, and the rules of a book.
public struct PlaneWork: MetricsWork {
    private let plane: ControlPlane
    private let book: RuleBook?

    public init(plane: ControlPlane, book: RuleBook?) { (self.plane, self.book) = (plane, book) }

    public func targets() -> TargetsStatus {
        let (ledger, now) = (plane.ledger, plane.clock())
        var status = TargetsStatus()
        for (host, scrapes, listing) in plane.intakes.all {
            let silence = plane.silence(of: host, at: now)
            status.active += scrapes.filter { !$0.isTarget }.map { scrape in
                let source = ledger.version(scrape.service, scrape.version)?.run.metrics ?? MetricsSource()
                let path = source.path.hasPrefix("/") ? source.path : "/\(source.path)"
                // The agent asks an instance by its own socket: there is no address that others could ask.
                var target = TargetStatus(
                    labels: Dictionary(scrape.labels.map { ($0.name, $0.value) }) { first, _ in first },
                    pool: scrape.service, url: "http://\(host)\(path)", interval: source.every, timeout: source.timeout)
                target.note(scrape, silence, at: now)
                return target
            }
            let known = Dictionary(scrapes.filter(\.isTarget).map { ($0.instance, $0) }) { first, _ in first }
            status.active += listing.targets.map { told in
                let scrape = known[told.id]
                var labels = told.labels
                for label in scrape?.labels ?? [] { labels[label.name] = label.value }
                labels["host"] = host
                var target = TargetStatus(
                    labels: labels, discovered: told.discovered, pool: told.pool, url: told.url,
                    interval: told.interval, timeout: told.timeout)
                target.note(scrape, silence, at: now)
                return target
            }
            status.dropped += listing.dropped.map { DroppedTarget(pool: $0.pool, discovered: $0.discovered) }
            status.droppedCounts.merge(listing.droppedCounts) { first, second in
                let (sum, isTooLarge) = first.addingReportingOverflow(second)
                return isTooLarge ? .max : sum
            }
            status.pools += listing.pools
        }
        status.active.sort { $0.order.lexicographicallyPrecedes($1.order) }
        status.pools = Set(status.pools + status.active.map(\.pool)).sorted()
        return status
    }

    public func ruleGroups() -> [RuleGroupStatus] {
        (book?.groups ?? []).map { state in
            RuleGroupStatus(
                name: state.group.name, file: state.group.file, interval: state.group.interval,
                limit: state.group.limit,
                rules: zip(state.group.rules, state.rules).map { RuleGroupStatus.Rule($0, $1) })
        }
    }
}

extension RuleGroupStatus.Rule {
    fileprivate init(_ rule: Rule, _ state: RuleGroupState.RuleState) {
        self.init(
            name: rule.name, query: rule.query.text, labels: rule.labels,
            alerting: rule.alert.map { terms in
                RuleGroupStatus.Alerting(
                    holdFor: terms.holdFor, keepFiringFor: terms.keepFiringFor, annotations: terms.annotations,
                    alerts: state.alerts.map(AlertStatus.init))
            })
        (evaluatedAt, duration, failure) = (state.evaluatedAt, state.duration, state.failure)
    }
}

extension AlertStatus {
    fileprivate init(_ alert: ActiveAlert) {
        self.init(
            labels: Dictionary(alert.labels.pairs.map { ($0, $1) }) { first, _ in first },
            annotations: alert.annotations, isFiring: alert.isFiring, activeAt: alert.activeAt,
            keepFiringSince: alert.keepFiringSince, value: alert.value)
    }
}

extension ControlPlane {
    /// Why nobody knows how the targets of a host are; `nil` while it is heard of.
    fileprivate func silence(of host: String, at now: Timestamp) -> String? {
        let (contact, seen) = memory.withLock { ($0.fleet.contact(host, at: now), $0.fleet[host].lastSeen) }
        guard contact == .unknown else { return nil }
        guard let seen else { return "host \(host) was not heard of since this server started" }
        return "host \(host) was not heard of since \(seen)"
    }
}

extension TargetStatus {
    fileprivate var order: [String] { [pool, labels["host"] ?? "", labels["instance"] ?? "", url] }

    /// Notes how the last scrape went, as far as that still says anything.
    fileprivate mutating func note(_ scrape: ScrapeStatus?, _ silence: String?, at now: Timestamp) {
        scrapedAt = scrape?.at
        duration = scrape?.duration ?? 0
        failure = silence
        guard silence == nil, let scrape, let scrapedAt else { return }
        guard now - scrapedAt <= interval * 3 + .seconds(30) else {
            failure = "no scrape has arrived since \(scrapedAt)"
            return
        }
        (health, failure) = (scrape.failure == nil ? .up : .down, scrape.failure)
    }
}
