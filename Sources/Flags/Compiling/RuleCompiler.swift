import Documents
import Values

/// Makes rules of nodes, and reports what will not work in them.
struct RuleCompiler {
    let log: IssueLog
    let shared: SharedRules

    func compile(_ cursor: Cursor) -> Rule {
        switch cursor.node.value {
        case .null, .bool, .integer, .number, .string: return .value(FlagValue(cursor.node))
        case .sequence:
            let items = cursor.children.map(compile)
            let values = items.compactMap { rule -> FlagValue? in
                if case .value(let value) = rule { value } else { nil }
            }
            return values.count == items.count ? .value(.list(values)) : .list(items)
        case .mapping(let entries):
            // What is no operator with its arguments is a value.
            guard entries.count == 1, let argument = cursor.values.first else { return .value(FlagValue(cursor.node)) }
            return call(entries[0], argument, cursor)
        }
    }

    private func call(_ entry: Node.Entry, _ argument: Cursor, _ cursor: Cursor) -> Rule {
        guard let known = Operator.byName[entry.key] else {
            report(unknown: entry, cursor)
            return .unknown(entry.key)
        }
        if case .sequence = argument.node.value { return .call(known, argument.children.map(compile)) }
        return .call(known, [compile(argument)])
    }

    private func report(unknown entry: Node.Entry, _ cursor: Cursor) {
        // A rule that is put in thousands of times is wrong thousands of times; finding the nearest name takes long.
        guard log.issues.count < IssueLog.limit else { return }
        if let name = cursor.node.reference {
            let hint =
                shared.has(name)
                ? "it is in $evaluators, but before the rule that refers to it: move it behind"
                : nearest(to: name, among: shared.names).map { "did you mean '\($0)'?" }
                    ?? "shared rules are defined in $evaluators"
            let why = shared.has(name) ? "is defined too early" : "is not there"
            cursor.report(
                "the shared rule '\(name)' \(why): evaluations end with PARSE_ERROR here", hint: hint,
                severity: .warning)
            return
        }
        cursor.report(
            "unknown operator '\(entry.key)': evaluations end with PARSE_ERROR here",
            hint: nearest(to: entry.key, among: Operator.all.map(\.name)).map { "did you mean '\($0)'?" },
            severity: .warning)
    }
}
