import Documents

/// A rule in words: `country is one of "DE" and "AT"`.
func phrase(_ node: Node) -> String {
    guard let (name, arguments) = node.call else { return shown(FlagValue(node)) }
    func part(_ index: Int) -> String { index < arguments.count ? phrase(arguments[index]) : "nothing" }
    switch name {
    case "var": return variable(arguments)
    case "$ref": return "shared rule '\(node.reference ?? "")'"
    case "==": return "\(part(0)) is \(part(1))"
    case "===": return "\(part(0)) is exactly \(part(1))"
    case "!=": return "\(part(0)) is not \(part(1))"
    case "!==": return "\(part(0)) is not exactly \(part(1))"
    case "<" where arguments.count > 2: return "\(part(1)) is between \(part(0)) and \(part(2)), both left out"
    case "<=" where arguments.count > 2: return "\(part(1)) is between \(part(0)) and \(part(2))"
    case "<": return "\(part(0)) is less than \(part(1))"
    case "<=": return "\(part(0)) is at most \(part(1))"
    case ">": return "\(part(0)) is more than \(part(1))"
    case ">=": return "\(part(0)) is at least \(part(1))"
    case "in": return membership(arguments)
    case "starts_with": return "\(part(0)) starts with \(part(1))"
    case "ends_with": return "\(part(0)) ends with \(part(1))"
    case "sem_ver" where arguments.count == 3: return version(arguments)
    case "!": return negation(arguments)
    case "!!": return truth(arguments)
    case "and": return arguments.map(phrase).joined(separator: " and ")
    case "or": return arguments.map(phrase).joined(separator: " or ")
    case "cat": return "the text of \(listed(arguments.map(phrase)))"
    case "fractional": return "the split"
    default: return clipped(String(decoding: JSONWriter.write(node), as: UTF8.self))
    }
}

/// A value as people write it.
func shown(_ value: FlagValue) -> String {
    switch value {
    case .null: "nothing"
    default: clipped(String(decoding: value.json, as: UTF8.self))
    }
}

private func variable(_ arguments: [Node]) -> String {
    guard case .string(let path)? = arguments.first?.value, !path.isEmpty else { return "the item" }
    switch path {
    case "targetingKey": return "the targeting key"
    case "$flagd.flagKey": return "the flag's key"
    case "$flagd.timestamp": return "the time"
    default: return arguments.count > 1 ? "\(path) (or else \(phrase(arguments[1])))" : path
    }
}

private func membership(_ arguments: [Node]) -> String {
    guard arguments.count >= 2 else { return "nothing" }
    if case .sequence(let items) = arguments[1].value {
        let shownItems = items.prefix(8).map(phrase) + (items.count > 8 ? ["\(items.count - 8) more"] : [])
        return "\(phrase(arguments[0])) is one of \(listed(shownItems))"
    }
    return "\(phrase(arguments[1])) holds \(phrase(arguments[0]))"
}

private func version(_ arguments: [Node]) -> String {
    let (one, other) = (phrase(arguments[0]), phrase(arguments[2]))
    guard case .string(let sign) = arguments[1].value, let comparison = VersionComparison(rawValue: sign) else {
        return "\(one) compared with \(other) by \(phrase(arguments[1]))"
    }
    return switch comparison {
    case .equal: "\(one) is version \(other)"
    case .notEqual: "\(one) is not version \(other)"
    case .less: "\(one) is before version \(other)"
    case .lessOrEqual: "\(one) is version \(other) or before"
    case .greater: "\(one) is after version \(other)"
    case .greaterOrEqual: "\(one) is version \(other) or newer"
    case .sameMajor: "\(one) has the major number of \(other)"
    case .sameMinor: "\(one) has the major and minor number of \(other)"
    }
}

private func negation(_ arguments: [Node]) -> String {
    guard let inner = arguments.first else { return "always" }
    if inner.call?.name == "var" { return "\(phrase(inner)) is not set" }
    return "not (\(phrase(inner)))"
}

private func truth(_ arguments: [Node]) -> String {
    guard let inner = arguments.first else { return "never" }
    return inner.call?.name == "var" ? "\(phrase(inner)) is set" : phrase(inner)
}

private func clipped(_ text: String) -> String {
    text.count > 120 ? "\(text.prefix(119))…" : text
}
