public import Documents
import Values

/// The members of a managed flag.
public enum FlagMembers {
    /// What flagd knows, and what is served.
    public static let served = ["state", "variants", "defaultVariant", "targeting", "metadata"]
    static let managed = [
        "description", "owner", "tags", "expires", "bucketBy", "prerequisites", "layer", "holdouts", "schedule", "ramp",
        "archived", "rollout",
    ]
    /// Known to other tools, not to us.
    static let tolerated = ["key", "source", "selector", "$schema"]
}

extension ManagedFlag {
    /// The longest key, in bytes.
    public static let longestKey = 256

    /// Reads a flag of a file. What flagd defines is looked at when the set is compiled; here it is what Halcyon adds.
    public init?(key: String, reading cursor: Cursor) {
        guard case .mapping(let entries) = cursor.node.value else {
            cursor.mismatch("a flag (a mapping)", hint: "its members are \(listed(FlagMembers.served))")
            return nil
        }
        guard !key.isEmpty, key.utf8.count <= ManagedFlag.longestKey else {
            cursor.report(
                "a flag's key has 1 to \(ManagedFlag.longestKey) bytes, this one has \(key.utf8.count)",
                hint: "choose another key")
            return nil
        }
        self.init(key: key, node: cursor.node)
        let known = FlagMembers.served + FlagMembers.managed
        for entry in entries where !known.contains(entry.key) && !FlagMembers.tolerated.contains(entry.key) {
            let member = Cursor(entry.value, path: .key(entry.key, of: cursor.path), log: cursor.log)
            member.report(
                "unknown member '\(entry.key)': it is kept, and not served",
                hint: nearest(to: entry.key, among: known).map { "did you mean '\($0)'?" }, severity: .warning)
        }
        ManagedMembers(Fields(cursor: cursor), variants: variants.map(\.name)).check()
    }
}

/// The members that Halcyon adds, checked.
private struct ManagedMembers {
    let fields: Fields
    let variants: [String]

    init(_ fields: Fields, variants: [String]) {
        self.fields = fields
        self.variants = variants
    }

    func check() {
        for name in ["description", "owner"] { _ = fields[name]?.text() }
        if let bucketBy = fields["bucketBy"], let name = bucketBy.text("an attribute's name"), name.isEmpty {
            bucketBy.report("the attribute to spread by has no name", hint: "for example bucketBy: companyId")
        }
        _ = fields["archived"]?.bool()
        for name in ["tags", "holdouts"] { checkNames(name) }
        if let expires = fields["expires"], let text = expires.text("a date like 2027-01-31"), expiry(text) == nil {
            expires.mismatch("a date like 2027-01-31")
        }
        checkPrerequisites()
        checkLayer()
        for item in fields["schedule"]?.items() ?? [] { checkScheduled(item) }
        if let ramp = fields["ramp"] { checkRamp(ramp) }
        checkRollout()
    }

    /// The checks within it are read by those who know what a check is.
    private func checkRollout() {
        guard let cursor = fields["rollout"],
            let rollout = cursor.fields(["plan", "variantLabel", "services", "checks"], "how to roll it out")
        else { return }
        _ = rollout["plan"]?.text("a plan's name")
        if let label = rollout["variantLabel"], let name = label.text("a label's name"), name.isEmpty {
            label.report("the label has no name", hint: "for example variantLabel: variant")
        }
        for service in rollout["services"]?.items("a list of services") ?? [] { _ = service.text("a service's name") }
        _ = rollout["checks"]?.items("a list of checks")
    }

    private func checkNames(_ name: String) {
        guard let cursor = fields[name] else { return }
        if name == "holdouts", case .string = cursor.node.value { return }
        for item in cursor.items() ?? [] { _ = item.text() }
    }

    private func checkPrerequisites() {
        for item in fields["prerequisites"]?.items() ?? [] {
            guard let fields = item.fields(["flag", "variant", "otherwise"], "a prerequisite") else { continue }
            _ = fields.required("flag", like: "new-checkout")?.text("a flag's key")
            if let variant = fields.required("variant", like: "on") {
                if case .sequence(let names) = variant.node.value {
                    if names.isEmpty { variant.report("no variant is named", hint: "for example variant: [on]") }
                    for name in variant.items() ?? [] { _ = name.text("a variant's name") }
                } else {
                    _ = variant.text("a variant's name, or a list of them")
                }
            }
            if let otherwise = fields["otherwise"] { checkVariant(otherwise) }
        }
    }

    private func checkVariant(_ cursor: Cursor) {
        guard let name = cursor.text("a variant's name"), !variants.contains(name) else { return }
        cursor.report(
            "the flag has no variant '\(name)'",
            hint: nearest(to: name, among: variants).map { "did you mean '\($0)'?" }
                ?? "its variants are \(listed(variants))")
    }

    private func checkLayer() {
        guard let cursor = fields["layer"], let layer = cursor.fields(["name", "from", "to"], "a place in a layer")
        else { return }
        _ = layer.required("name", like: "checkout")?.text()
        let slots = 0...ManagedFlag.Layer.slots
        let from = layer.required("from", like: "0")?.integer(in: slots)
        let to = layer.required("to", like: "5000")?.integer(in: slots)
        if let from, let to, from >= to {
            cursor.report(
                "no slot is between \(from) and \(to)", hint: "from is the first slot, to the one behind the last")
        }
    }

    private func checkScheduled(_ item: Cursor) {
        guard let fields = item.fields(["at", "set"], "a scheduled change") else { return }
        _ = fields.required("at", like: "2026-12-01T09:00:00Z")?.timestamp()
        guard let set = fields.required("set", like: "{ state: ENABLED }"),
            let members = set.fields(
                ["state", "defaultVariant", "targeting", "metadata", "ramp", "archived", "rollout"], "members to set")
        else { return }
        if let variant = members["defaultVariant"], variant.node.value != .null { checkVariant(variant) }
        if let state = members["state"], let word = state.text(), !["ENABLED", "DISABLED"].contains(word) {
            state.mismatch("ENABLED or DISABLED")
        }
        if let ramp = members["ramp"], ramp.node.value != .null { checkRamp(ramp) }
        if let rollout = members["rollout"], let fields = rollout.fields(["to", "share", "rest"], "a rollout") {
            if let to = fields.required("to", like: "on") { checkVariant(to) }
            if let share = fields.required("share", like: "20%") { checkShare(share) }
            if let rest = fields["rest"] { checkVariant(rest) }
        }
    }

    @discardableResult
    private func checkShare(_ cursor: Cursor) -> Double? {
        guard let share = cursor.percentage() else { return nil }
        if share.percent > 100 { cursor.report("\(share) is more than everybody: at most 100%") }
        return share.percent
    }

    private func checkRamp(_ ramp: Cursor) {
        guard let fields = ramp.fields(["to", "steps", "startedAt", "step"], "a ramp") else { return }
        if let to = fields.required("to", like: "on") { checkVariant(to) }
        _ = fields["startedAt"]?.timestamp()
        guard let steps = fields.required("steps", like: "[{ share: 5%, after: 0s }]"), let items = steps.items() else {
            return
        }
        if items.isEmpty || items.count > 100 { steps.report("a ramp has 1 to 100 steps") }
        _ = fields["step"]?.integer(in: 0...max(items.count, 0))
        var previous = 0.0
        for item in items {
            guard let step = item.fields(["share", "after"], "a step of a ramp") else { continue }
            if let after = step.required("after", like: "1h"), let period = after.period(),
                period > FlagRamp.longestStep
            {
                after.report("\(period) is too long for one step", hint: "at most \(FlagRamp.longestStep)")
            }
            guard let cursor = step.required("share", like: "5%"), let share = checkShare(cursor) else { continue }
            if share <= previous {
                cursor.report("a ramp only rises: \(Percentage(share)) comes after \(Percentage(previous))")
            }
            previous = share
        }
    }
}

/// The moment from which a date of expiry counts.
func expiry(_ text: String) -> Timestamp? { Timestamp(text) ?? Timestamp("\(text)T00:00:00Z") }
