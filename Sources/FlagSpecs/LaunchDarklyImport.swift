import Documents
import Values

/// Reads LaunchDarkly's flags: what its REST API lists, and what its relay and SDKs keep in files.
struct LaunchDarklyImport {
    private(set) var imported = ImportedFlags()
    private let environment: String
    /// The names of each flag's variants, for prerequisites.
    private var variantNames: [String: [String]] = [:]
    private let spreadsAnew =
        "shares keep their size, but other users are in them: the two systems spread keys by different hashes"

    init(_ node: Node, environment: String) throws(FlagEditProblem) {
        self.environment = environment
        let flags: [Node]
        if let items = node["items"]?.items {
            flags = items
        } else if let entries = node["flags"]?.entries {
            flags = entries.map(\.value)
        } else if node["variations"] != nil {
            flags = [node]
        } else {
            throw FlagEditProblem(
                "these are no flags of LaunchDarkly: there is neither 'items' nor 'flags'",
                hint: "take them from GET /api/v2/flags/PROJECT?summary=0, or from the relay's data file")
        }
        guard flags.contains(where: { $0["key"]?.textValue != nil && $0["variations"] != nil }) else {
            throw FlagEditProblem(
                "these are no flags of LaunchDarkly: none has a 'key' and 'variations'",
                hint: "flagd's own files are imported with --format flagd, Unleash's with --format unleash")
        }
        for flag in flags { variantNames[flag["key"]?.textValue ?? ""] = names(of: flag["variations"]?.items ?? []) }
        for segment in node["segments"]?.entries ?? [] { take(segment: segment.value, named: segment.key) }
        for flag in flags { take(flag) }
    }

    // MARK: Flags

    private mutating func take(_ flag: Node) {
        guard let key = flag["key"]?.textValue, flag["variations"] != nil else {
            return imported.note("something without a 'key' and 'variations' was left out: it is no flag")
        }
        guard let setting = setting(of: flag, key) else { return }
        let names = variantNames[key] ?? []
        let values = (flag["variations"]?.items ?? []).map { $0["value"] ?? $0 }
        func name(_ index: Node?) -> Node? {
            guard case .integer(let index) = index?.value, let index = Int(exactly: index),
                names.indices.contains(index)
            else { return nil }
            return .string(names[index])
        }
        var rules: [(Node, Node)] = []
        for target in (setting["targets"]?.items ?? []) + (setting["contextTargets"]?.items ?? []) {
            guard let outcome = name(target["variation"]), let keys = target["values"]?.items, !keys.isEmpty else {
                continue
            }
            rules.append((Logic.operation("in", [subject(target["contextKind"]), .sequence(keys)]), outcome))
        }
        for (number, rule) in (setting["rules"]?.items ?? []).enumerated() {
            let clauses = (rule["clauses"]?.items ?? []).map { clause($0, of: key) }
            guard !clauses.contains(nil) else {
                imported.note("'\(key)': rule \(number + 1) was left out, see above")
                continue
            }
            guard let outcome = outcome(rule, key, name) else { continue }
            let conditions = clauses.compactMap { $0 }
            rules.append((conditions.count == 1 ? conditions[0] : Logic.operation("and", conditions), outcome))
        }
        let otherwise = setting["fallthrough"].flatMap { outcome($0, key, name) }
        let off = name(setting["offVariation"])
        var targeting = Targeting(nil)
        targeting.rules = rules.map { Targeting.Rule(condition: $0.0, outcome: $0.1) }
        var fallback = off
        if case .string = otherwise?.value { fallback = otherwise } else { targeting.rest = otherwise }
        if setting["on"]?.isTrue != true, off != nil {
            imported.note("'\(key)' is off: callers get their own default here, not the off variation")
        }
        append(flag, key, setting, zip(names, values).map { ($0, $1) }, targeting.node, fallback, off)
    }

    private mutating func append(
        _ flag: Node, _ key: String, _ setting: Node, _ variants: [(String, Node)], _ targeting: Node?,
        _ fallback: Node?, _ off: Node?
    ) {
        let prerequisites = (setting["prerequisites"]?.items ?? []).compactMap { item -> Node? in
            guard let other = item["key"]?.textValue, case .integer(let index) = item["variation"]?.value,
                let names = variantNames[other], names.indices.contains(Int(index))
            else {
                imported.note("'\(key)': a prerequisite on a flag that the export does not hold was left out")
                return nil
            }
            return .mapping([("flag", .string(other)), ("variant", .string(names[Int(index)])), ("otherwise", off)])
        }
        let tags = flag["tags"]?.items ?? []
        imported.flags.append(
            ManagedFlag(
                key: key,
                node: .mapping([
                    ("state", .string(setting["on"]?.isTrue == true ? "ENABLED" : "DISABLED")),
                    ("variants", .mapping(variants.map { ($0.0, $0.1) })), ("defaultVariant", fallback),
                    ("targeting", targeting),
                    ("description", (flag["description"] ?? flag["name"]).flatMap { $0.textValue == "" ? nil : $0 }),
                    ("owner", flag["_maintainer"]?["email"]), ("tags", tags.isEmpty ? nil : .sequence(tags)),
                    ("prerequisites", prerequisites.isEmpty ? nil : .sequence(prerequisites)),
                    ("archived", flag["archived"]?.isTrue == true ? .bool(true) : nil),
                ])))
    }

    /// The part of a flag that belongs to the environment; the SDKs' form has it in the flag itself.
    private mutating func setting(of flag: Node, _ key: String) -> Node? {
        guard let environments = flag["environments"]?.entries else { return flag }
        if let found = environments.first(where: { $0.key == environment }) { return found.value }
        guard let name = nearest(to: environment, among: environments.map(\.key)) ?? environments.first?.key else {
            imported.note("'\(key)' is in no environment and was left out")
            return nil
        }
        imported.note("the export has no environment '\(environment)': '\(name)' was read instead")
        return environments.first { $0.key == name }?.value
    }

    /// A name for each variation: its own when it has one, `on` and `off` for booleans.
    private func names(of variations: [Node]) -> [String] {
        var names: [String] = []
        for (index, variation) in variations.enumerated() {
            var name = variation["name"]?.textValue ?? ""
            if name.isEmpty {
                switch (variation["value"] ?? variation).value {
                case .bool(let flag): name = flag ? "on" : "off"
                case .string(let text) where !text.isEmpty && text.count <= 40: name = text
                default: name = "variation-\(index + 1)"
                }
            }
            names.append(names.contains(name) ? "\(name)-\(index + 1)" : name)
        }
        return names
    }

    private mutating func outcome(_ node: Node, _ key: String, _ name: (Node?) -> Node?) -> Node? {
        guard let rollout = node["rollout"] else { return name(node["variation"]) }
        imported.note(spreadsAnew)
        var shares: [Node] = []
        for item in rollout["variations"]?.items ?? [] {
            guard let variant = name(item["variation"]), (item["weight"]?.numberValue ?? 0) > 0 else {
                continue
            }
            shares.append(.sequence([variant, .integer(imported.weight(item["weight"], of: key))]))
        }
        guard let attribute = rollout["bucketBy"]?.textValue, attribute != "key" else {
            return Logic.operation("fractional", shares)
        }
        let seed = Logic.operation("cat", [.string(key), Logic.variable(attribute)])
        return Logic.operation("fractional", [seed] + shares)
    }

    // MARK: Segments and clauses

    private mutating func take(segment: Node, named name: String) {
        var conditions: [Node] = []
        let (included, excluded) = (segment["included"]?.items ?? [], segment["excluded"]?.items ?? [])
        if !included.isEmpty { conditions.append(Logic.operation("in", [subject(nil), .sequence(included)])) }
        for rule in segment["rules"]?.items ?? [] {
            let clauses = (rule["clauses"]?.items ?? []).compactMap { clause($0, of: "segment \(name)") }
            if rule["weight"] != nil { imported.note("segment '\(name)': the share of a rule was left out") }
            if !clauses.isEmpty { conditions.append(Logic.operation("and", clauses)) }
        }
        var rule = conditions.count == 1 ? conditions[0] : Logic.operation("or", conditions)
        if conditions.isEmpty { rule = .bool(false) }
        if !excluded.isEmpty {
            let isOut = Logic.operation("in", [subject(nil), .sequence(excluded)])
            rule = Logic.operation("and", [Logic.operation("!", [isOut]), rule])
        }
        if segment["unbounded"]?.isTrue == true {
            imported.note("segment '\(name)' is a big segment: its members are not in the export")
        }
        imported.segments.append((name, rule))
    }

    /// Who a context is about: the targeting key, or the key of another kind of context.
    private func subject(_ kind: Node?) -> Node {
        guard let kind = kind?.textValue, kind != "user" else { return Logic.variable("targetingKey") }
        return Logic.variable("\(kind).key")
    }

    /// `nil`, with a note, when it cannot be said here.
    private mutating func clause(_ clause: Node, of key: String) -> Node? {
        let values = clause["values"]?.items ?? []
        guard let word = clause["op"]?.textValue else { return nil }
        let field = clause["attribute"]?.textValue ?? "key"
        var name = field == "key" ? subject(clause["contextKind"]) : Logic.variable(field)
        if field != "key", let kind = clause["contextKind"]?.textValue, kind != "user", !kind.isEmpty {
            name = Logic.variable("\(kind).\(field)")
        }
        let comparisons = [
            "lessThan": "<", "lessThanOrEqual": "<=", "greaterThan": ">", "greaterThanOrEqual": ">=", "before": "<",
            "after": ">", "semVerEqual": "=", "semVerLessThan": "<", "semVerGreaterThan": ">",
        ]
        let condition: Node
        switch word {
        case "in": condition = Logic.operation("in", [name, .sequence(values)])
        case "startsWith": condition = any(values) { Logic.operation("starts_with", [name, $0]) }
        case "endsWith": condition = any(values) { Logic.operation("ends_with", [name, $0]) }
        case "contains": condition = any(values) { Logic.operation("in", [$0, name]) }
        case "segmentMatch": condition = any(values) { .mapping([("$ref", $0)]) }
        case "lessThan", "lessThanOrEqual", "greaterThan", "greaterThanOrEqual":
            condition = any(values) { Logic.operation(comparisons[word] ?? "<", [name, $0]) }
        case "semVerEqual", "semVerLessThan", "semVerGreaterThan":
            condition = any(values) { Logic.operation("sem_ver", [name, .string(comparisons[word] ?? "="), $0]) }
        default:
            imported.note("'\(key)': the operator '\(word)' on \(field) cannot be said here")
            return nil
        }
        return clause["negate"]?.isTrue == true ? Logic.operation("!", [condition]) : condition
    }

    private func any(_ values: [Node], _ make: (Node) -> Node) -> Node {
        values.count == 1 ? make(values[0]) : Logic.operation("or", values.map(make))
    }
}
