import Ports
import PromQL
import Values

/// Rules and alerts, as Prometheus' API shows them.
struct RuleList: Encodable {
    struct Rule: Encodable {
        var state: String?
        var name: String
        var query: String
        /// In seconds.
        var duration: Double?
        var keepFiringFor: Double?
        var labels: [String: String]?
        var annotations: [String: String]?
        var alerts: [AlertList.Alert]?
        var health: String
        var lastError: String?
        var evaluationTime: Double
        var lastEvaluation: String
        var type: String
    }

    struct Group: Encodable {
        var name: String
        var file: String
        var rules: [Rule]
        /// In seconds.
        var interval: Double
        var limit: Int
        var evaluationTime: Double
        var lastEvaluation: String
    }

    var groups: [Group] = []
    var groupNextToken: String?

    init(_ groups: [RuleGroupStatus], _ filter: RuleFilter) throws(QueryFailure) {
        var isBegun = filter.token == nil
        for group in groups.sorted(by: { ($0.file, $0.name) < ($1.file, $1.name) }) {
            let token = String(stableHash(group.file, group.name), radix: 16)
            isBegun = isBegun || token == filter.token
            guard isBegun, filter.takes(group) else { continue }
            let rules = group.rules.filter(filter.takes)
            guard !rules.isEmpty || !filter.namesRules else { continue }
            guard filter.limit == 0 || self.groups.count < filter.limit else {
                groupNextToken = token
                break
            }
            self.groups.append(Group(group, rules.map { Rule($0, showsAlerts: filter.showsAlerts) }))
        }
        guard isBegun else {
            throw .parameter("group_next_token", "invalid group_next_token: the groups have changed, begin anew")
        }
    }
}

extension RuleList.Group {
    fileprivate init(_ group: RuleGroupStatus, _ rules: [RuleList.Rule]) {
        self.init(
            name: group.name, file: group.file, rules: rules, interval: group.interval.seconds, limit: group.limit,
            evaluationTime: group.rules.reduce(0) { $0 + $1.duration },
            lastEvaluation: (group.rules.compactMap(\.evaluatedAt).max() ?? .epoch).description)
    }
}

extension RuleList.Rule {
    fileprivate init(_ rule: RuleGroupStatus.Rule, showsAlerts: Bool) {
        let alerting = rule.alerting
        let alerts = alerting?.alerts ?? []
        self.init(
            state: alerting.map { _ in
                alerts.contains(where: \.isFiring) ? "firing" : alerts.isEmpty ? "inactive" : "pending"
            },
            name: rule.name, query: rule.query, duration: alerting?.holdFor.seconds,
            keepFiringFor: alerting?.keepFiringFor.seconds,
            labels: rule.labels.isEmpty && alerting == nil ? nil : rule.labels, annotations: alerting?.annotations,
            alerts: alerting == nil ? nil : showsAlerts ? alerts.map(AlertList.Alert.init) : [],
            health: rule.evaluatedAt == nil ? "unknown" : rule.failure == nil ? "ok" : "err", lastError: rule.failure,
            evaluationTime: rule.duration, lastEvaluation: (rule.evaluatedAt ?? .epoch).description,
            type: alerting == nil ? "recording" : "alerting")
    }
}

/// The alerts that are pending or firing.
struct AlertList: Encodable {
    struct Alert: Encodable {
        var labels: [String: String]
        var annotations: [String: String]
        var state: String
        var activeAt: String
        var keepFiringSince: String?
        var value: String

        init(_ alert: AlertStatus) {
            (labels, annotations) = (alert.labels, alert.annotations)
            state = alert.isFiring ? "firing" : "pending"
            activeAt = alert.activeAt.description
            keepFiringSince = alert.keepFiringSince?.description
            value = formatScientific(alert.value)
        }
    }

    var alerts: [Alert]

    init(_ groups: [RuleGroupStatus]) {
        alerts = groups.flatMap(\.rules).flatMap { $0.alerting?.alerts ?? [] }.map(Alert.init)
    }
}
