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
        if known.name == Operator.fractional.name { checkShares(argument, cursor) }
        if case .sequence = argument.node.value { return .call(known, argument.children.map(compile)) }
        return .call(known, [compile(argument)])
    }

    /// Shares that are written out and never answer: flagd gives the default for them, without a word.
    private func checkShares(_ argument: Cursor, _ cursor: Cursor) {
        guard case .sequence(let arguments) = argument.node.value else { return }
        // What is not a list is the key to spread by.
        var isKeyed = true
        if case .sequence = arguments.first?.value { isKeyed = false }
        var total: Int64 = 0
        for share in argument.children.dropFirst(isKeyed ? 1 : 0) {
            guard case .sequence(let parts) = share.node.value else { return }
            guard (1...2).contains(parts.count) else {
                return share.report(
                    "a share is [variant, weight], this one has \(parts.count) parts: nobody is given a variant here",
                    hint: "for example [\"on\", 20]", severity: .warning)
            }
            var weight: Int64 = 1
            if parts.count == 2 {
                switch parts[1].value {
                case .mapping: return
                case .integer(let number): weight = max(0, number)
                default:
                    return share.report(
                        "a weight is a whole number: nobody is given a variant here", hint: "for example [\"on\", 20]",
                        severity: .warning)
                }
            }
            let (sum, isOverflow) = total.addingReportingOverflow(weight)
            total = isOverflow ? Int64.max : sum
        }
        guard total > Fraction.limit || total == 0 else { return }
        cursor.report(
            total == 0
                ? "no share has a weight: nobody is given a variant here"
                : "the weights add up to \(total == Int64.max ? "far more" : "\(total), more") than \(Fraction.limit): nobody is given a variant here",
            hint: "weights are relative: [\"on\", 1] and [\"off\", 4] are 20% and 80%", severity: .warning)
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
