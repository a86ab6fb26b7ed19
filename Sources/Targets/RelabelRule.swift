public import Series

/// One step of relabelling, with Prometheus' meaning.
public struct RelabelRule: Sendable {
    public enum Action: String, CaseIterable, Sendable {
        case replace, keep, drop, labelmap, labeldrop, labelkeep, hashmod, lowercase, uppercase, keepequal, dropequal
    }

    public var action: Action
    public var sourceLabels: [String]
    /// Between the values of the source labels.
    public var separator: String
    public var regex: RegularExpression
    /// Of `hashmod`.
    public var modulus: UInt64
    public var targetLabel: String
    public var replacement: String
    private let isWildcard: Bool
    private let target: ReplacementTemplate
    private let template: ReplacementTemplate

    /// What a rule has that says nothing else.
    public static let usualRegex = "(.*)"
    public static let usualSeparator = ";"
    public static let usualReplacement = "$1"

    /// - Parameter regex: must match a value as a whole.
    /// - Throws: when the regular expression is not valid.
    public init(
        _ action: Action = .replace, sourceLabels: [String] = [], separator: String = RelabelRule.usualSeparator,
        regex: String = RelabelRule.usualRegex, modulus: UInt64 = 0, targetLabel: String = "",
        replacement: String = RelabelRule.usualReplacement
    ) throws(RegularExpressionError) {
        self.action = action
        self.sourceLabels = sourceLabels
        self.separator = separator
        self.regex = try RegularExpression(regex)
        self.modulus = modulus
        self.targetLabel = targetLabel
        self.replacement = replacement
        isWildcard = regex == RelabelRule.usualRegex
        target = ReplacementTemplate(targetLabel)
        template = ReplacementTemplate(replacement)
    }

    /// Does the rules one after the other.
    ///
    /// - Returns: false when one of them drops what has these labels; the others are not done then.
    public static func apply(_ rules: [RelabelRule], to labels: inout LabelPairs) -> Bool {
        rules.allSatisfy { $0.apply(to: &labels) }
    }

    /// - Returns: false when what has these labels is dropped.
    func apply(to labels: inout LabelPairs) -> Bool {
        switch action {
        case .labelmap, .labeldrop, .labelkeep:
            changeNames(of: &labels)
            return true
        default: break
        }
        let value = sourceLabels.map { labels[$0] }.joined(separator: separator)
        switch action {
        case .keep: return regex.matches(value)
        case .drop: return !regex.matches(value)
        case .keepequal: return labels[targetLabel].utf8.elementsEqual(value.utf8)
        case .dropequal: return !labels[targetLabel].utf8.elementsEqual(value.utf8)
        case .replace: replace(value, in: &labels)
        case .lowercase: labels[targetLabel] = value.lowercased()
        case .uppercase: labels[targetLabel] = value.uppercased()
        case .hashmod: labels[targetLabel] = "\(MD5.lastWord(Array(value.utf8)) % max(1, modulus))"
        case .labelmap, .labeldrop, .labelkeep: break
        }
        return true
    }

    private func replace(_ value: String, in labels: inout LabelPairs) {
        // What sets or removes a label without a look at anything needs no groups.
        if isWildcard, value.isEmpty, target.isConstant, template.isConstant {
            labels[target.filled(.none)] = template.filled(.none)
            return
        }
        guard let groups = regex.groups(in: value) else { return }
        let name = target.filled(groups)
        guard !name.isEmpty else { return }
        labels[name] = template.filled(groups)
    }

    /// A label that a rule sets is not looked at by the same rule.
    private func changeNames(of labels: inout LabelPairs) {
        for label in labels.pairs {
            switch action {
            case .labelmap:
                guard let groups = regex.groups(in: label.name) else { continue }
                let name = template.filled(groups)
                if !name.isEmpty { labels[name] = label.value }
            case .labeldrop: if regex.matches(label.name) { labels[label.name] = "" }
            default: if !regex.matches(label.name) { labels[label.name] = "" }
            }
        }
    }
}
