import Documents
import Values

/// Reads what Unleash exports (the export of its admin API), and what it gives to its SDKs.
struct UnleashImport {
    /// A feature in one environment, whichever form it came in.
    private struct Feature {
        var name: String
        var isEnabled: Bool
        var node: Node
        var strategies: [Node]
        var variants: [Node]
        var tags: [String]
        var dependencies: [Node]
    }

    private(set) var imported = ImportedFlags()
    private var segments: [String: String] = [:]
    /// What the export lists beside its features, by list and feature.
    private var details: [String: [String: [Node]]] = [:]
    private let spreadsAnew =
        "shares keep their size, but other users are in them: the two systems spread keys by different hashes"

    init(_ node: Node, environment: String) throws(FlagEditProblem) {
        guard let features = node["features"], features.items.contains(where: { $0["name"]?.textValue != nil }) else {
            throw FlagEditProblem(
                "this is no export of Unleash: it has no 'features' with names",
                hint: "take it from POST /api/admin/features-batch/export or GET /api/client/features")
        }
        readSegments(node["segments"]?.items ?? [])
        for list in ["featureEnvironments", "featureStrategies", "featureTags", "dependencies"] {
            details[list] = Dictionary(grouping: node[list]?.items ?? []) {
                $0["featureName"]?.textValue ?? $0["feature"]?.textValue ?? ""
            }
        }
        let chosen = environmentName(node, wanted: environment)
        for item in features.items {
            guard let feature = feature(item, environment: chosen) else { continue }
            take(feature)
        }
    }

    // MARK: Reading

    private mutating func environmentName(_ node: Node, wanted: String) -> String? {
        let names = (node["featureEnvironments"]?.items ?? []).compactMap { $0["environment"]?.textValue }
        guard !names.isEmpty else { return nil }
        if names.contains(wanted) { return wanted }
        let name = nearest(to: wanted, among: names) ?? names[0]
        imported.note("the export has no environment '\(wanted)': '\(name)' was read instead")
        return name
    }

    private mutating func feature(_ item: Node, environment: String?) -> Feature? {
        guard let name = item["name"]?.textValue else { return nil }
        func mine(_ list: String) -> [Node] {
            (details[list]?[name] ?? []).filter { entry in
                environment == nil || entry["environment"] == nil || entry["environment"]?.textValue == environment
            }
        }
        let setting = mine("featureEnvironments").first
        let ownVariants = setting?["variants"]?.items ?? item["variants"]?.items ?? []
        return Feature(
            name: name, isEnabled: setting?["enabled"]?.isTrue ?? item["enabled"]?.isTrue ?? false, node: item,
            strategies: item["strategies"]?.items ?? mine("featureStrategies").sorted(by: UnleashImport.order),
            variants: ownVariants, tags: mine("featureTags").compactMap { $0["tagValue"]?.textValue },
            dependencies: item["dependencies"]?.items
                ?? mine("dependencies").flatMap { $0["dependencies"]?.items ?? [] })
    }

    private static func order(_ left: Node, _ right: Node) -> Bool {
        (left["sortOrder"]?.numberValue ?? 0) < (right["sortOrder"]?.numberValue ?? 0)
    }

    private mutating func readSegments(_ items: [Node]) {
        for item in items {
            guard let id = item["id"]?.textValue else { continue }
            let name = item["name"]?.textValue ?? "segment-\(id)"
            segments[id] = name
            guard let constraints = item["constraints"]?.items else {
                imported.note("segment '\(name)' came without its constraints: make it before the flags that use it")
                continue
            }
            let conditions = constraints.compactMap { condition($0, of: "segment \(name)") }
            imported.segments.append((name, UnleashImport.all(conditions)))
        }
    }

    // MARK: Flags

    private mutating func take(_ feature: Feature) {
        var hasVariants = !feature.variants.isEmpty
        var rules: [(condition: Node, variants: [Node])] = []
        for strategy in feature.strategies where !(strategy["disabled"]?.isTrue ?? false) {
            guard let condition = condition(ofStrategy: strategy, of: feature.name) else { continue }
            let own = strategy["variants"]?.items ?? []
            if !own.isEmpty { hasVariants = true }
            rules.append((condition, own))
        }
        // Without a strategy an enabled feature is on for everybody.
        if rules.isEmpty, feature.strategies.isEmpty { rules = [(.bool(true), [])] }
        imported.flags.append(
            flag(
                feature, variants: [("on", .bool(true)), ("off", .bool(false))],
                rules: rules.map { ($0.condition, .string("on")) }, key: feature.name))
        guard hasVariants else { return }
        imported.note(
            "'\(feature.name)' has variants: the flag '\(feature.name)' says whether it is on, '\(feature.name).variant' which"
        )
        imported.flags.append(variantFlag(feature, rules))
    }

    private mutating func variantFlag(_ feature: Feature, _ rules: [(condition: Node, variants: [Node])]) -> ManagedFlag
    {
        var values: [(String, Node)] = []
        for variant in feature.variants + rules.flatMap(\.variants) {
            guard let name = variant["name"]?.textValue, !values.contains(where: { $0.0 == name }) else { continue }
            values.append(
                (name, variant["payload"]?["value"].map { .string($0.textValue ?? $0.textForm) } ?? .string(name)))
        }
        values.append(("disabled", .string("disabled")))
        var targeting: [(Node, Node)] = []
        for variant in feature.variants {
            for override in variant["overrides"]?.items ?? [] {
                guard let field = override["contextName"]?.textValue, let name = variant["name"]?.textValue else {
                    continue
                }
                let list = Node.sequence(override["values"]?.items ?? [])
                targeting.append((Logic.operation("in", [attribute(field), list]), .string(name)))
            }
        }
        for rule in rules {
            let variants = rule.variants.isEmpty ? feature.variants : rule.variants
            if variants.isEmpty { continue }
            targeting.append((rule.condition, distribution(variants, feature.name)))
        }
        return flag(
            feature, variants: values, rules: targeting, key: "\(feature.name).variant", otherwise: "disabled")
    }

    private mutating func distribution(_ variants: [Node], _ feature: String) -> Node {
        imported.note(spreadsAnew)
        let stickiness = variants.first?["stickiness"]?.textValue ?? "default"
        let seed = Logic.operation("cat", [.string("\(feature):variant:"), self.stickiness(stickiness, of: feature)])
        var entries: [Node] = []
        for variant in variants {
            guard let name = variant["name"]?.textValue else { continue }
            entries.append(.sequence([.string(name), .integer(imported.weight(variant["weight"], of: feature))]))
        }
        return Logic.operation("fractional", [seed] + entries)
    }

    private mutating func flag(
        _ feature: Feature, variants: [(String, Node)], rules: [(Node, Node)], key: String, otherwise: String = "off"
    ) -> ManagedFlag {
        var targeting: Node?
        if rules.count == 1, rules[0].0 == .bool(true) {
            targeting = rules[0].1
        } else if !rules.isEmpty {
            targeting = Logic.operation("if", rules.flatMap { [$0.0, $0.1] })
        }
        let prerequisites = feature.dependencies.compactMap { item -> Node? in
            guard let parent = item["feature"]?.textValue else { return nil }
            let wanted = item["enabled"]?.value == .bool(false) ? "off" : "on"
            if let names = item["variants"]?.items, !names.isEmpty {
                return .mapping([
                    ("flag", .string("\(parent).variant")), ("variant", .sequence(names)),
                    ("otherwise", .string(otherwise)),
                ])
            }
            return .mapping([
                ("flag", .string(parent)), ("variant", .string(wanted)), ("otherwise", .string(otherwise)),
            ])
        }
        let owner = feature.node["project"]?.textValue
        let text = feature.node["description"]?.textValue ?? ""
        return ManagedFlag(
            key: key,
            node: .mapping([
                ("state", .string(feature.isEnabled ? "ENABLED" : "DISABLED")),
                ("variants", .mapping(variants.map { ($0.0, $0.1) })), ("defaultVariant", .string(otherwise)),
                ("targeting", targeting), ("description", text.isEmpty ? nil : .string(text)),
                ("owner", owner.map(Node.string)),
                ("tags", feature.tags.isEmpty ? nil : .sequence(feature.tags.map(Node.string))),
                ("prerequisites", prerequisites.isEmpty ? nil : .sequence(prerequisites)),
                ("archived", feature.node["archived"]?.isTrue == true ? .bool(true) : nil),
            ]))
    }

    // MARK: Strategies

    private mutating func condition(ofStrategy strategy: Node, of feature: String) -> Node? {
        var conditions: [Node] = []
        for constraint in strategy["constraints"]?.items ?? [] {
            guard let condition = condition(constraint, of: "'\(feature)'") else { return nil }
            conditions.append(condition)
        }
        for id in strategy["segments"]?.items ?? [] {
            let name = id.textValue.flatMap { segments[$0] } ?? id.textValue ?? ""
            conditions.append(.mapping([("$ref", .string(name))]))
        }
        let name = strategy["name"]?.textValue ?? "default"
        let parameters = strategy["parameters"]
        func parameter(_ key: String) -> String? { parameters?[key]?.textValue }
        switch name {
        case "default": break
        case "flexibleRollout":
            conditions += share(
                parameter("rollout"), stickiness: parameter("stickiness") ?? "default",
                group: parameter("groupId") ?? feature, of: feature)
        case "gradualRolloutUserId", "gradualRolloutSessionId", "gradualRolloutRandom":
            let stickiness = name.hasSuffix("UserId") ? "userId" : name.hasSuffix("SessionId") ? "sessionId" : "random"
            conditions += share(
                parameter("percentage"), stickiness: stickiness, group: parameter("groupId") ?? feature, of: feature)
        case "userWithId": conditions.append(list("userId", parameter("userIds")))
        case "remoteAddress":
            imported.note("'\(feature)': addresses are compared as texts, address ranges are not understood")
            conditions.append(list("remoteAddress", parameter("IPs")))
        case "applicationHostname": conditions.append(list("hostname", parameter("hostNames")))
        default:
            imported.note("'\(feature)': the strategy '\(name)' is not known here and was left out")
            return nil
        }
        return UnleashImport.all(conditions)
    }

    private func list(_ field: String, _ values: String?) -> Node {
        let items = (values ?? "").split(separator: ",").map { item in
            Node.string(
                item.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed().reduce(into: "") { $0.append($1) })
        }
        return Logic.operation("in", [attribute(field), .sequence(items)])
    }

    private mutating func share(
        _ percentage: String?, stickiness: String, group: String, of feature: String
    ) -> [Node] {
        let number = percentage.flatMap { Double($0) } ?? 100
        if !(0...100).contains(number) {
            imported.note(
                "'\(feature)': the share \(percentage ?? "") is none, from 0 to 100, and was taken as \(number > 100 ? 100 : 0)"
            )
        }
        let share = number > 0 ? Int(min(number, 100)) : 0
        if share == 100 { return [] }
        if share == 0 { return [.bool(false)] }
        imported.note(spreadsAnew)
        let key = self.stickiness(stickiness, of: feature)
        let fractional = Logic.operation(
            "fractional",
            [
                Logic.operation("cat", [.string("\(group):"), key]), .sequence([.string("in"), .integer(share)]),
                .sequence([.string("out"), .integer(100 - share)]),
            ])
        return [key, Logic.operation("===", [fractional, .string("in")])]
    }

    private mutating func stickiness(_ name: String, of feature: String) -> Node {
        if name == "random" {
            imported.note(
                "'\(feature)': a random share became one by the targeting key, so that users keep their variant")
        }
        return ["default", "random"].contains(name) ? attribute("userId") : attribute(name)
    }

    private static func all(_ conditions: [Node]) -> Node {
        conditions.isEmpty ? .bool(true) : conditions.count == 1 ? conditions[0] : Logic.operation("and", conditions)
    }

    private func attribute(_ name: String) -> Node { Logic.variable(name == "userId" ? "targetingKey" : name) }

    // MARK: Constraints

    private mutating func condition(_ constraint: Node, of what: String) -> Node? {
        guard let field = constraint["contextName"]?.textValue, let word = constraint["operator"]?.textValue else {
            return nil
        }
        let values = constraint["values"]?.items ?? []
        let single = constraint["value"]?.textValue ?? values.first?.textValue ?? ""
        let name = field == "currentTime" ? Logic.variable("$flagd.timestamp") : attribute(field)
        if constraint["caseInsensitive"]?.isTrue == true {
            imported.note("\(what): the comparison of \(field) ignored upper and lower case, here it does not")
        }
        let condition: Node
        switch word {
        case "IN": condition = Logic.operation("in", [name, .sequence(values)])
        case "NOT_IN": condition = Logic.operation("!", [Logic.operation("in", [name, .sequence(values)])])
        case "STR_STARTS_WITH": condition = any(values) { Logic.operation("starts_with", [name, $0]) }
        case "STR_ENDS_WITH": condition = any(values) { Logic.operation("ends_with", [name, $0]) }
        case "STR_CONTAINS": condition = any(values) { Logic.operation("in", [$0, name]) }
        case "NUM_EQ", "NUM_GT", "NUM_GTE", "NUM_LT", "NUM_LTE":
            let operators = ["NUM_EQ": "==", "NUM_GT": ">", "NUM_GTE": ">=", "NUM_LT": "<", "NUM_LTE": "<="]
            let number = Double(single) ?? 0
            let literal: Node =
                number == number.rounded() && abs(number) < 1e15 ? .integer(Int64(number)) : .number(number)
            condition = Logic.operation(operators[word] ?? "==", [name, literal])
        case "DATE_AFTER", "DATE_BEFORE":
            guard let time = Timestamp(single) ?? expiry(single) else {
                imported.note("\(what): '\(single)' is not a date, its strategy was left out")
                return nil
            }
            condition = Logic.operation(word == "DATE_AFTER" ? ">" : "<", [name, .integer(time.milliseconds / 1000)])
        case "SEMVER_EQ", "SEMVER_GT", "SEMVER_LT":
            let operators = ["SEMVER_EQ": "=", "SEMVER_GT": ">", "SEMVER_LT": "<"]
            condition = Logic.operation("sem_ver", [name, .string(operators[word] ?? "="), .string(single)])
        default:
            imported.note("\(what): the operator '\(word)' is not known here, its strategy was left out")
            return nil
        }
        return constraint["inverted"]?.isTrue == true ? Logic.operation("!", [condition]) : condition
    }

    private func any(_ values: [Node], _ make: (Node) -> Node) -> Node {
        values.count == 1 ? make(values[0]) : Logic.operation("or", values.map(make))
    }
}

extension Node {
    /// A value in its JSON form.
    fileprivate var textForm: String { String(decoding: JSONWriter.write(self), as: UTF8.self) }
}
