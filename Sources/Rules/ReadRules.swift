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
        var rules: [Rule] = []
        for cursor in fields["rules"]?.items("a list of rules") ?? [] {
            let rule =
                cursor.node["alert"] == nil
                ? Rule(recording: cursor, groupLabels: labels) : Rule(alerting: cursor, groupLabels: labels)
            if let rule { rules.append(rule) }
        }
        self.init(
            file: file, name: fields.required("name", like: "requests")?.text() ?? "",
            interval: fields["interval"]?.period(atLeast: .seconds(1)) ?? interval,
            limit: fields["limit"]?.integer(in: 0...Int.max) ?? 0,
            queryOffset: fields["query_offset"]?.period() ?? .zero, rules: rules)
    }
}

extension Rule {
    fileprivate init?(recording cursor: Cursor, groupLabels: [String: String]) {
        guard let fields = cursor.fields(["record", "expr", "labels"], "a rule"),
            let record = fields.required("record", like: "job:requests:rate5m"), let name = record.text(),
            let query = fields.required("expr", like: "sum by (job) (rate(requests_total[5m]))")?.query()
        else { return nil }
        if name.isEmpty { record.report("the name of a metric is not empty") }
        if query.type != .vector && query.type != .scalar {
            fields["expr"]?.report("a rule records a number or an instant vector")
        }
        self.init(
            name: name, query: query,
            labels: groupLabels.merging(fields["labels"]?.ruleLabels() ?? [:]) { _, own in own })
    }

    fileprivate init?(alerting cursor: Cursor, groupLabels: [String: String]) {
        let keys = ["alert", "expr", "for", "keep_firing_for", "labels", "annotations"]
        guard let fields = cursor.fields(keys, "an alert rule"), let alert = fields["alert"], let name = alert.text(),
            let query = fields.required("expr", like: "up == 0")?.query()
        else { return nil }
        if name.isEmpty { alert.report("the name of an alert is not empty") }
        if query.type != .vector && query.type != .scalar {
            fields["expr"]?.report("an alert's expression is a number or an instant vector")
        }
        self.init(
            name: name, query: query,
            labels: groupLabels.merging(fields["labels"]?.ruleLabels(areTemplates: true) ?? [:]) { _, own in own },
            alert: AlertTerms(
                holdFor: fields["for"]?.period() ?? .zero, keepFiringFor: fields["keep_firing_for"]?.period() ?? .zero,
                annotations: fields["annotations"]?.ruleLabels(areTemplates: true) ?? [:]))
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

    fileprivate func ruleLabels(areTemplates: Bool = false) -> [String: String] {
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
            let text = fields[entry.key]?.text() ?? ""
            labels[entry.key] = text
            if areTemplates, let problem = AlertText(text).problem {
                fields[entry.key]?.report("\(problem); it stays as it is written", severity: .warning)
            }
        }
        return labels
    }
}
