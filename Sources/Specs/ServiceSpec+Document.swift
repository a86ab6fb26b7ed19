public import Documents
import Values

extension ServiceSpec: DocumentForm {
    public init?(reading cursor: Cursor) {
        guard
            let fields = cursor.fields(["kind", "name", "select", "run", "dependsOn", "checks", "plan"], "a service"),
            let name = fields.required("name", like: "storefront")?.name(of: "service")
        else { return nil }
        let run = fields.required("run", like: "{ command: [\"./\(name)\"] }").flatMap(RunSpec.init(reading:))
        let dependsOn = fields["dependsOn"]?.names(of: "service") ?? []
        let checks = fields["checks"]?.items("a list of checks")?.compactMap(CheckSpec.init(reading:)) ?? []
        let plan = fields["plan"].map(PlanSpec.init(reading:)) ?? PlanSpec()
        let select = fields["select"].flatMap(LabelSelector.init(reading:)) ?? LabelSelector()
        guard let run, let plan else { return nil }
        self.init(
            name: name, select: select, run: run, dependsOn: dependsOn, checks: checks,
            usesDefaultChecks: fields["checks"]?.node.value != .sequence([]), plan: plan)
    }

    public var documentNode: Node {
        .mapping([
            ("name", .string(name)),
            ("select", select.isEmpty ? nil : select.documentNode),
            ("run", run.documentNode),
            ("dependsOn", dependsOn.isEmpty ? nil : .sequence(dependsOn.map(Node.string))),
            ("checks", checks.isEmpty && usesDefaultChecks ? nil : .sequence(checks.map(\.documentNode))),
            ("plan", plan.documentNode),
        ])
    }
}

extension LabelSelector: DocumentForm {
    public init?(reading cursor: Cursor) {
        guard let entries = cursor.entries("labels like { region: eu }") else { return nil }
        var requirements: [String: [String]] = [:]
        for (key, value) in entries {
            if key.isEmpty { value.report("a label without a name") }
            requirements[key] = LabelSelector.values(value)
        }
        self.init(requirements)
    }

    private static func values(_ cursor: Cursor) -> [String]? {
        guard case .sequence = cursor.node.value else {
            return cursor.text("a label's value, or a list of them").map { [$0] }
        }
        let values = cursor.items()?.compactMap { $0.text("a label's value") } ?? []
        if values.isEmpty, cursor.node.value == .sequence([]) {
            cursor.report(
                "no value is allowed, so no host can match", hint: "name at least one value, or remove the label")
        }
        return values
    }

    /// One value is written as a text, several as a list.
    public var documentNode: Node {
        .mapping(
            requirements.sorted { $0.key < $1.key }.map { key, values in
                (key, values.count == 1 ? .string(values[0]) : .sequence(values.map(Node.string)))
            })
    }
}

extension Cursor {
    /// A name by the rule of `isValidName`.
    func name(of thing: String) -> String? {
        guard let name = text("a name") else { return nil }
        guard isValidName(name) else {
            report(
                name.isEmpty ? "the \(thing) has an empty name" : "'\(name.prefix(80))' is no name for a \(thing)",
                hint: "a name starts with a letter or digit and has at most 63 letters, digits, '.', '_' and '-'")
            return nil
        }
        return name
    }

    /// A list of names.
    func names(of thing: String) -> [String] {
        items("a list of names")?.compactMap { $0.name(of: thing) } ?? []
    }

    /// A text that is not empty.
    func nonEmptyText(_ expected: String) -> String? {
        guard let text = text(expected) else { return nil }
        guard text.contains(where: { !$0.isWhitespace }) else {
            report("expected \(expected), found an empty text")
            return nil
        }
        return text
    }

    /// A duration longer than nothing.
    func positivePeriod() -> Period? { period(atLeast: .milliseconds(1)) }
}
