public import Documents
import PromQL
import Series
public import Values

/// Reads the document of a Prometheus rule file: `groups` with their rules.
///
/// - Parameter interval: of groups that name none.
/// - Returns: the groups, and everything that is wrong. With an error among the issues nothing should be used.
public func readRuleGroups(
    _ node: Node, file: String, interval: Period = .minutes(1)
) -> (groups: [RuleGroup], issues: [DocumentIssue]) {
    let log = IssueLog(file: file)
    var groups: [RuleGroup] = []
    guard let fields = Cursor(node, log: log).fields(["groups"], "a rule file") else { return ([], log.issues) }
    for cursor in fields["groups"]?.items("a list of groups") ?? [] {
        guard let group = RuleGroup(reading: cursor, file: file, interval: interval) else { continue }
        if groups.contains(where: { $0.name == group.name }) {
            cursor.report("there are two groups '\(group.name)' in the file")
        }
        groups.append(group)
    }
    return (groups, log.issues)
}

extension RuleGroup {
    fileprivate init?(reading cursor: Cursor, file: String, interval: Period) {
        let keys = ["name", "interval", "limit", "query_offset", "labels", "rules"]
        guard let fields = cursor.fields(keys, "a group of rules") else { return nil }
        let labels = fields["labels"]?.ruleLabels() ?? [:]
        var rules: [RecordingRule] = []
        var alerts = 0
        for rule in fields["rules"]?.items("a list of rules") ?? [] {
            if rule.node["alert"] != nil {
                alerts += 1
                RecordingRule.check(alert: rule)
            } else if let recording = RecordingRule(reading: rule, groupLabels: labels) {
                rules.append(recording)
            }
        }
        let name = fields.required("name", like: "requests")?.text() ?? ""
        if alerts > 0 {
            fields.report(
                "the \(alerts) alert rules of '\(name)' are not evaluated: this release records only", atKey: "rules")
        }
        self.init(
            file: file, name: name, interval: fields["interval"]?.period(atLeast: .seconds(1)) ?? interval,
            limit: fields["limit"]?.integer(in: 0...Int.max) ?? 0,
            queryOffset: fields["query_offset"]?.period() ?? .zero, rules: rules, alerts: alerts)
    }
}

extension Fields {
    fileprivate func report(_ message: String, atKey key: String) {
        self[key]?.report(message, severity: .warning)
    }
}

extension RecordingRule {
    fileprivate init?(reading cursor: Cursor, groupLabels: [String: String]) {
        guard let fields = cursor.fields(["record", "expr", "labels"], "a rule"),
            let record = fields.required("record", like: "job:requests:rate5m"), let name = record.text(),
            let query = fields.required("expr", like: "sum by (job) (rate(requests_total[5m]))")?.query()
        else { return nil }
        if name.isEmpty { record.report("the name of a metric is not empty") }
        if query.type != .vector && query.type != .scalar {
            fields["expr"]?.report("a rule records a number or an instant vector")
        }
        self.init(
            record: name, query: query,
            labels: groupLabels.merging(fields["labels"]?.ruleLabels() ?? [:]) { _, own in own })
    }

    fileprivate static func check(alert cursor: Cursor) {
        let keys = ["alert", "expr", "for", "keep_firing_for", "labels", "annotations"]
        _ = cursor.fields(keys, "an alert rule")?.required("expr", like: "up == 0")?.query()
    }
}

extension Cursor {
    fileprivate func query() -> Query? {
        // A number is an expression, too.
        let written: String?
        switch node.value {
        case .integer(let number): written = "\(number)"
        case .number(let number): written = "\(number)"
        default: written = text("an expression")
        }
        guard let written else { return nil }
        do throws(PromQLError) {
            return try Query(written)
        } catch {
            report("the expression is not valid: \(error)")
            return nil
        }
    }

    fileprivate func ruleLabels() -> [String: String] {
        guard case .mapping(let entries) = node.value else {
            mismatch("a mapping of labels")
            return [:]
        }
        var labels: [String: String] = [:]
        let fields = Fields(cursor: self)
        for entry in entries {
            guard entry.key != Labels.metricName else {
                fields.report(atKey: entry.key, "'\(entry.key)' is what 'record' says")
                continue
            }
            labels[entry.key] = fields[entry.key]?.text() ?? ""
        }
        return labels
    }
}
