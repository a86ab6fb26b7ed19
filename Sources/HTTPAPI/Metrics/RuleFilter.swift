import Ports
import Series
import Values

/// Which rules a request wants to see.
struct RuleFilter {
    private let wantsRecording: Bool
    private let wantsAlerts: Bool
    private let names: Set<String>
    private let groups: Set<String>
    private let files: Set<String>
    private let matchers: [[CompiledMatcher]]
    let showsAlerts: Bool
    /// Groups at once; 0 is no limit.
    let limit: Int
    /// With which group to go on.
    let token: String?

    init(_ fields: QueryFields) throws(QueryFailure) {
        switch fields["type"]?.lowercased() {
        case nil: (wantsRecording, wantsAlerts) = (true, true)
        case "record": (wantsRecording, wantsAlerts) = (true, false)
        case "alert": (wantsRecording, wantsAlerts) = (false, true)
        case let other?: throw .parameter("type", "not supported value \(fields.quoted(other)): it is alert or record")
        }
        names = Set(fields.all("rule_name[]"))
        groups = Set(fields.all("rule_group[]"))
        files = Set(fields.all("file[]"))
        showsAlerts = !(try fields.flag("exclude_alerts"))
        limit = try fields.number("group_limit") ?? 0
        token = fields["group_next_token"]
        if limit < 0 || fields["group_limit"] != nil && limit == 0 {
            throw .parameter("group_limit", "group_limit needs to be greater than 0")
        }
        if token != nil, limit == 0 {
            throw .parameter("group_limit", "group_limit needs to be set in order to use group_next_token")
        }
        var compiled: [[CompiledMatcher]] = []
        for list in try fields.matchers() {
            do throws(RegularExpressionError) {
                var matchers: [CompiledMatcher] = []
                for matcher in list { matchers.append(try CompiledMatcher(matcher)) }
                compiled.append(matchers)
            } catch {
                throw .parameter("match[]", "\(error)")
            }
        }
        matchers = compiled
    }

    /// Groups without rules that are wanted are left out.
    var namesRules: Bool { !(wantsRecording && wantsAlerts && names.isEmpty && matchers.isEmpty) }

    func takes(_ group: RuleGroupStatus) -> Bool {
        (groups.isEmpty || groups.contains(group.name)) && (files.isEmpty || files.contains(group.file))
    }

    func takes(_ rule: RuleGroupStatus.Rule) -> Bool {
        guard rule.alerting == nil ? wantsRecording : wantsAlerts, names.isEmpty || names.contains(rule.name) else {
            return false
        }
        // The labels that the rule gives, as it writes them.
        return matchers.isEmpty
            || matchers.contains { list in
                list.allSatisfy { $0.matches(rule.labels[$0.matcher.name] ?? "") }
            }
    }
}
