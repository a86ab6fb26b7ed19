import Documents
import Series

extension RelabelRule {
    private static let keys = [
        "source_labels", "separator", "regex", "modulus", "target_label", "replacement", "action",
    ]

    /// Reads an entry of `relabel_configs` or `metric_relabel_configs`; `nil` when it is not valid.
    init?(reading cursor: Cursor) {
        guard let fields = cursor.fields(RelabelRule.keys, "a relabelling rule") else { return nil }
        let action = fields["action"]?.action() ?? .replace
        let sources = (fields["source_labels"]?.items("a list of labels") ?? []).compactMap {
            $0.text("a label's name")
        }
        let modulus = fields["modulus"]?.integer(in: 1...Int.max) ?? 0
        let target = fields["target_label"]?.text("a label's name") ?? ""
        let replacement = fields["replacement"]?.text() ?? RelabelRule.usualReplacement
        let regex = fields["regex"]?.text("a regular expression") ?? RelabelRule.usualRegex
        RelabelRule.check(action, fields, target)
        do throws(RegularExpressionError) {
            try self.init(
                action, sourceLabels: sources, separator: fields["separator"]?.text() ?? RelabelRule.usualSeparator,
                regex: regex, modulus: UInt64(modulus), targetLabel: target, replacement: replacement)
        } catch {
            fields["regex"]?.report("\(error)")
            return nil
        }
    }

    /// What an action needs, and what it has no use for: a rule that does not do what it seems to say helps nobody.
    private static func check(_ action: Action, _ fields: Fields, _ target: String) {
        func forbid(_ keys: [String]) {
            for key in keys where fields.has(key) {
                fields.report(atKey: key, "the action '\(action.rawValue)' has no use for '\(key)'")
            }
        }
        switch action {
        case .replace, .hashmod, .lowercase, .uppercase, .keepequal, .dropequal:
            if target.isEmpty { _ = fields.required("target_label", like: "instance") }
        case .keep, .drop, .labelmap, .labeldrop, .labelkeep: break
        }
        switch action {
        case .hashmod: _ = fields.required("modulus", like: "4")
        case .lowercase, .uppercase: forbid(["replacement"])
        case .keepequal, .dropequal: forbid(["regex", "modulus", "separator", "replacement"])
        case .labeldrop, .labelkeep:
            forbid(["source_labels", "target_label", "modulus", "separator", "replacement"])
        case .replace, .keep, .drop, .labelmap: break
        }
    }
}

extension Cursor {
    /// Prometheus takes the names of actions in any case.
    fileprivate func action() -> RelabelRule.Action? {
        if case .string(let word) = node.value, let action = RelabelRule.Action(rawValue: word.lowercased()) {
            return action
        }
        return choice(RelabelRule.Action.self)
    }

    /// The rules of a list.
    func relabelRules() -> [RelabelRule] {
        (items("a list of relabelling rules") ?? []).compactMap(RelabelRule.init(reading:))
    }
}
