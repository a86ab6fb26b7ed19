public import Ports
import PromQL
import Rules
import Scraping
import Series
import Specs
import Values
import Wire

/// What agents scrape for a control plane, and the rules of a book.
public struct PlaneWork: MetricsWork {
    private let plane: ControlPlane
    private let book: RuleBook?

    public init(plane: ControlPlane, book: RuleBook?) { (self.plane, self.book) = (plane, book) }

    public func targets() -> [TargetStatus] {
        let ledger = plane.ledger
        return plane.scrapes().map { host, scrape in
            let source = ledger.version(scrape.service, scrape.version)?.run.metrics ?? MetricsSource()
            return TargetStatus(
                labels: Dictionary(scrape.labels.map { ($0.name, $0.value) }) { first, _ in first },
                pool: scrape.service, path: source.path, interval: source.every, timeout: source.timeout,
                scrapedAt: scrape.at, duration: scrape.duration, failure: scrape.failure)
        }.sorted { left, right in
            func key(_ target: TargetStatus) -> [String] {
                [target.pool, target.labels["host"] ?? "", target.labels["instance"] ?? ""]
            }
            return key(left).lexicographicallyPrecedes(key(right))
        }
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
