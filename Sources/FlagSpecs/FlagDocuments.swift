public import Documents
import Values

/// What can be applied besides flag files.
public enum FlagDocument: Sendable {
    case segment(SegmentSpec)
    case environment(EnvironmentSpec)
    case holdout(HoldoutSpec)

    /// The kinds by the word in `kind:`.
    public static let kinds = ["Segment", "Environment", "Holdout"]

    /// Reads a document whose `kind` is one of `kinds`; reports everything that is wrong.
    ///
    /// - Parameter environment: where it belongs when it names no environment itself.
    public init?(reading cursor: Cursor, environment: String) {
        guard case .string(let kind) = cursor.node["kind"]?.value else { return nil }
        switch kind {
        case "Segment":
            guard let spec = SegmentSpec(reading: cursor, environment: environment) else { return nil }
            self = .segment(spec)
        case "Environment":
            guard let spec = EnvironmentSpec(reading: cursor) else { return nil }
            self = .environment(spec)
        case "Holdout":
            guard let spec = HoldoutSpec(reading: cursor, environment: environment) else { return nil }
            self = .holdout(spec)
        default: return nil
        }
    }
}

extension Cursor {
    fileprivate func setName() -> String? {
        guard let name = text("a name") else { return nil }
        if EnvironmentSpec.isName(name) { return name }
        report(
            "'\(name)' is not a name", hint: "letters, digits, '.', '_' and '-', at most 63, a letter or digit first")
        return nil
    }
}

extension SegmentSpec {
    public init?(reading cursor: Cursor, environment: String) {
        guard let fields = cursor.fields(["kind", "name", "environment", "description", "rule"], "a segment") else {
            return nil
        }
        let name = fields.required("name", like: "beta-testers")?.setName()
        let rule = fields.required("rule", like: "{ ends_with: [{ var: email }, \"@example.com\"] }")
        let described = fields["description"]?.text() ?? ""
        let place = fields["environment"]?.setName() ?? environment
        guard let name, let rule else { return nil }
        self.init(name: name, environment: place, description: described, rule: rule.node)
    }

    public var documentNode: Node {
        .mapping([
            ("kind", .string("Segment")), ("name", .string(name)), ("environment", .string(environment)),
            ("description", description.isEmpty ? nil : .string(description)), ("rule", rule),
        ])
    }
}

extension EnvironmentSpec {
    /// Letters, digits, `.`, `_` and `-`, at most 63, a letter or digit first.
    public static func isName(_ name: String) -> Bool {
        func isAlphanumeric(_ byte: UInt8) -> Bool {
            (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
        }
        guard let first = name.utf8.first, name.utf8.count <= 63, isAlphanumeric(first) else { return false }
        return name.utf8.allSatisfy { isAlphanumeric($0) || "._-".utf8.contains($0) }
    }

    public init?(reading cursor: Cursor) {
        guard
            let fields = cursor.fields(
                ["kind", "name", "description", "bucketing", "approvals"], "an environment")
        else { return nil }
        let name = fields.required("name", like: "staging")?.setName()
        let bucketing = fields["bucketing"]?.choice(BucketingGeneration.self) ?? .v3
        let approvals = fields["approvals"]?.integer(in: 0...1) ?? 0
        let described = fields["description"]?.text() ?? ""
        guard let name else { return nil }
        self.init(name: name, description: described, bucketing: bucketing, approvals: approvals)
    }

    public var documentNode: Node {
        .mapping([
            ("kind", .string("Environment")), ("name", .string(name)),
            ("description", description.isEmpty ? nil : .string(description)),
            ("bucketing", .string(bucketing.rawValue)), ("approvals", .integer(approvals)),
        ])
    }
}

extension HoldoutSpec {
    public init?(reading cursor: Cursor, environment: String) {
        guard
            let fields = cursor.fields(
                ["kind", "name", "environment", "description", "share", "bucketBy"], "a holdout")
        else { return nil }
        let name = fields.required("name", like: "untouched")?.setName()
        let share = fields.required("share", like: "5%")
        let percentage = share?.percentage()
        if let share, let percentage, percentage.percent > 100 { share.report("at most 100% can be held out") }
        let described = fields["description"]?.text() ?? ""
        let place = fields["environment"]?.setName() ?? environment
        let bucketBy = fields["bucketBy"]?.text("an attribute's name") ?? "targetingKey"
        guard let name, let percentage else { return nil }
        self.init(name: name, environment: place, description: described, share: percentage, bucketBy: bucketBy)
    }

    public var documentNode: Node {
        .mapping([
            ("kind", .string("Holdout")), ("name", .string(name)), ("environment", .string(environment)),
            ("description", description.isEmpty ? nil : .string(description)),
            ("share", .string(share.description)), ("bucketBy", .string(bucketBy)),
        ])
    }
}
