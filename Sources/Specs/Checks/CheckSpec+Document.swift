public import Documents
import Values

extension CheckSpec: DocumentForm {
    private static let keys =
        ["name"] + CheckForm.all.map(\.key)
        + ["tolerate", "minimumEvents", "weight", "critical", "warmUp", "dryRun"]

    public init?(reading cursor: Cursor) {
        guard let fields = cursor.fields(CheckSpec.keys, "a check", explain: { CheckSpec.explain($0, in: cursor) })
        else { return nil }
        let name = fields.required("name", like: "errors")?.name(of: "check")
        guard let form = CheckSpec.form(fields), let kind = fields[form.key].flatMap(form.read), let name else {
            return nil
        }
        self.init(name: name, kind: kind)
        for key in form.refused where fields.has(key) {
            fields.report(atKey: key, "'\(key)' does not belong to a check of kind \(form.key)", hint: form.why(key))
        }
        if let cursor = fields["tolerate"], let said = Tolerance(reading: cursor, usual: tolerate, form) {
            tolerate = said
        }
        minimumEvents = fields["minimumEvents"]?.integer(in: 1...Int.max) ?? minimumEvents
        weight = fields["weight"]?.weight() ?? weight
        critical = fields["critical"]?.bool() ?? critical
        warmUp = fields["warmUp"]?.period() ?? warmUp
        dryRun = fields["dryRun"]?.bool() ?? dryRun
        if critical, dryRun {
            fields.report(
                atKey: "critical", "a dry-run check moves nothing, so it cannot be critical", hint: "remove one of both"
            )
        }
    }

    /// A key that is not known is most likely the kind, when there is no other.
    private static func explain(_ key: String, in cursor: Cursor) -> (message: String, hint: String?)? {
        let kinds = CheckForm.all.map(\.key)
        guard kinds.allSatisfy({ cursor.node[$0] == nil }), nearest(to: key, among: keys) == nil else { return nil }
        return ("there is no check kind '\(key)'", "kinds are \(listed(kinds))")
    }

    private static func form(_ fields: Fields) -> CheckForm? {
        let present = CheckForm.all.filter { fields.has($0.key) }
        if present.count > 1 {
            fields.report(
                atKey: present[1].key, "a check has one kind, and here are \(listed(present.map(\.key)))",
                hint: "make \(present.count == 2 ? "two" : "\(present.count)") checks of it")
        }
        if present.isEmpty, case .mapping(let entries) = fields.cursor.node.value,
            entries.allSatisfy({ keys.contains($0.key) })
        {
            fields.cursor.report(
                "the check does not say what it looks at",
                hint: "give it one of \(listed(CheckForm.all.map(\.key), last: "or"))")
        }
        return present.first
    }

    public var documentNode: Node {
        let form = CheckForm.of(kind)
        var entries: [(key: String, value: Node?)] = [("name", .string(name)), (form.key, kind.documentNode)]
        // What does not belong to the kind is written only when somebody set it in code.
        func writes(_ key: String, unlessUsual isUsual: Bool) -> Bool { !form.refused.contains(key) || !isUsual }
        if writes("tolerate", unlessUsual: tolerate == kind.usualTolerance) {
            entries.append(("tolerate", tolerate.documentNode))
        }
        if minimumEvents > 0 { entries.append(("minimumEvents", .integer(minimumEvents))) }
        if weight != 1 { entries.append(("weight", .number(weight))) }
        if critical { entries.append(("critical", .bool(true))) }
        if writes("warmUp", unlessUsual: warmUp == CheckSpec.usualWarmUp) {
            entries.append(("warmUp", .string(warmUp.description)))
        }
        if dryRun { entries.append(("dryRun", .bool(true))) }
        return .mapping(entries)
    }
}

extension Cursor {
    fileprivate func weight() -> Double? {
        guard let weight = number("a number like 2") else { return nil }
        if weight <= 0 {
            report("a weight of \(weight) leaves the check no say: more than 0", hint: "1 is usual, 2 counts double")
        } else if weight > 1000 {
            report("a weight of \(weight) leaves the other checks no say: at most 1000", hint: "1 is usual")
        }
        return weight
    }
}
