public import Documents
import Values

extension CheckSpec: DocumentForm {
    private static let kinds = ["guardrail", "ratio"]
    private static let keys = ["name", "ratio", "guardrail", "tolerate", "minimumEvents", "dryRun"]

    public init?(reading cursor: Cursor) {
        guard let fields = cursor.fields(CheckSpec.keys, "a check", explain: { CheckSpec.explain($0, in: cursor) })
        else { return nil }
        let name = fields.required("name", like: "errors")?.name(of: "check")
        guard let kind = CheckSpec.kind(fields), let name else { return nil }
        self.init(name: name, kind: kind)
        if case .guardrail = kind {
            for key in ["tolerate", "minimumEvents"] where fields.has(key) {
                fields.report(
                    atKey: key, "'\(key)' belongs to a ratio", hint: "a guardrail's limit is in its expression")
            }
        }
        tolerate = fields["tolerate"].flatMap(Tolerance.init(reading:)) ?? tolerate
        minimumEvents = fields["minimumEvents"]?.integer(in: 1...Int.max) ?? minimumEvents
        dryRun = fields["dryRun"]?.bool() ?? dryRun
    }

    /// A key that is not known is most likely the kind, when there is no other.
    private static func explain(_ key: String, in cursor: Cursor) -> (message: String, hint: String?)? {
        guard kinds.allSatisfy({ cursor.node[$0] == nil }), nearest(to: key, among: keys) == nil else { return nil }
        return ("there is no check kind '\(key)'", "kinds are \(listed(kinds))")
    }

    private static func kind(_ fields: Fields) -> Kind? {
        if fields.has("ratio"), fields.has("guardrail") {
            fields.report(
                atKey: "guardrail", "a check has one kind, and here are ratio and guardrail",
                hint: "make two checks of it")
        }
        if let cursor = fields["ratio"] {
            guard let ratio = cursor.fields(["bad", "total"], "a ratio") else { return nil }
            let bad = ratio.required("bad", like: "'http_requests_total{code=~\"5..\"}'")?.nonEmptyText("a selector")
            let total = ratio.required("total", like: "http_requests_total")?.nonEmptyText("a selector")
            guard let bad, let total else { return nil }
            return .ratio(bad: bad, total: total)
        }
        if let cursor = fields["guardrail"] {
            return cursor.nonEmptyText("a comparison like 'queue_length < 100'").map { .guardrail(expression: $0) }
        }
        if case .mapping(let entries) = fields.cursor.node.value, entries.allSatisfy({ keys.contains($0.key) }) {
            fields.cursor.report(
                "the check does not say what it looks at", hint: "give it one of \(listed(kinds, last: "or"))")
        }
        return nil
    }

    public var documentNode: Node {
        var entries: [(key: String, value: Node?)] = [("name", .string(name))]
        var isRatio = false
        switch kind {
        case .ratio(let bad, let total):
            isRatio = true
            entries.append(("ratio", .mapping([("bad", .string(bad)), ("total", .string(total))])))
        case .guardrail(let expression):
            entries.append(("guardrail", .string(expression)))
        }
        // A guardrail has neither, unless somebody gave it one in code.
        if isRatio || tolerate != Tolerance() { entries.append(("tolerate", tolerate.documentNode)) }
        if isRatio || minimumEvents != 50 { entries.append(("minimumEvents", .integer(minimumEvents))) }
        if dryRun { entries.append(("dryRun", .bool(true))) }
        return .mapping(entries)
    }
}

extension Tolerance: DocumentForm {
    public init?(reading cursor: Cursor) {
        guard let fields = cursor.fields(["relative", "absolute"], "a tolerance") else { return nil }
        self.init()
        if let cursor = fields["relative"], let factor = cursor.number("a factor like 1.25") {
            relative = factor
            if factor < 1 {
                cursor.report(
                    "the factor \(factor) would refuse a canary that is no worse: at least 1",
                    hint: "1.25 allows a quarter more")
            }
        }
        if let cursor = fields["absolute"], let share = cursor.percentage() {
            absolute = share
            if share.percent > 100 { cursor.report("\(share) is more than everything: at most 100%") }
        }
    }

    public var documentNode: Node {
        .mapping([("relative", .number(relative)), ("absolute", absolute.documentNode)])
    }
}

/// Lets the caller's parsers look at every selector and expression.
func checkQueries(of document: Cursor, _ checks: QueryChecks) {
    for item in Fields(cursor: document)["checks"]?.children ?? [] {
        let fields = Fields(cursor: item)
        for key in ["bad", "total"] {
            guard let cursor = fields["ratio"].flatMap({ Fields(cursor: $0)[key] }) else { continue }
            if case .string(let text) = cursor.node.value, !text.isEmpty, let problem = checks.selector(text) {
                cursor.report("not a selector: \(problem)", hint: "for example http_requests_total{code=~\"5..\"}")
            }
        }
        if let cursor = fields["guardrail"], case .string(let text) = cursor.node.value, !text.isEmpty,
            let problem = checks.expression(text)
        {
            cursor.report("not a comparison: \(problem)", hint: "for example queue_length < 100")
        }
    }
}
