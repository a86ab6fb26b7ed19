import Documents
import Yams

/// What Yams could not read, said with its place.
func syntaxIssue(_ error: any Error, text: String, file: String) -> DocumentIssue {
    func issue(_ problem: String, _ context: YamlError.Context?, _ mark: Mark) -> DocumentIssue {
        let position = Position(line: mark.line, column: mark.column)
        let context = context.map { " \($0.text)" } ?? ""
        return DocumentIssue(
            file: file, at: position, message: "not valid YAML: \(problem)\(context)",
            hint: hint(problem, line: mark.line, text: text))
    }
    switch error as? YamlError {
    case .scanner(let context, let problem, let mark, _): return issue(problem, context, mark)
    case .parser(let context, let problem, let mark, _): return issue(problem, context, mark)
    case .composer(let context, let problem, let mark, _): return issue(problem, context, mark)
    case .duplicatedKeysInMapping(let duplicates, let context):
        return repeatedKeyIssue(duplicates.first ?? "", first: context.mark, text: text, file: file)
    case .reader(let problem, let offset, _, _):
        return DocumentIssue(
            file: file, at: position(ofCharacter: offset ?? 0, in: text), message: "not valid YAML: \(problem)",
            hint: "save the file as UTF-8 without control characters")
    default:
        return DocumentIssue(file: file, at: Position(line: 1, column: 1), message: "not valid YAML")
    }
}

private func hint(_ problem: String, line: Int, text: String) -> String? {
    let lines = text.split(separator: "\n", maxSplits: line, omittingEmptySubsequences: false)
    let indentation = line >= 1 && line <= lines.count ? lines[line - 1].prefix { $0 == " " || $0 == "\t" } : ""
    if problem.contains("cannot start any token"), indentation.contains("\t") {
        return "a tab cannot indent: use spaces"
    }
    if problem.contains("mapping values are not allowed") {
        return "a value with ': ' in it goes in quotes; or the indentation is off"
    }
    return nil
}

/// Yams tells of one place; the other is looked for: the next line with the same key at the same column.
private func repeatedKeyIssue(_ key: String, first: Mark, text: String, file: String) -> DocumentIssue {
    let firstPosition = Position(line: first.line, column: first.column)
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    for (index, line) in lines.enumerated().dropFirst(first.line) {
        let indentation = line.prefix { $0 == " " }.count
        let rest = line.dropFirst(indentation)
        if rest.isEmpty || rest.hasPrefix("#") { continue }
        if indentation < first.column - 1 { break }
        if indentation == first.column - 1, ["\(key):", "'\(key)':", "\"\(key)\":"].contains(where: rest.hasPrefix) {
            return duplicateKeyIssue(
                key, file: file, at: Position(line: index + 1, column: first.column), first: firstPosition)
        }
    }
    return DocumentIssue(file: file, at: firstPosition, path: key, message: "the key '\(key)' is here twice")
}

private func position(ofCharacter offset: Int, in text: String) -> Position {
    let before = text.prefix(offset)
    let line = before.reduce(into: 1) { if $1.isNewline { $0 += 1 } }
    let column = before.reversed().prefix { !$0.isNewline }.reduce(1) { $0 + $1.unicodeScalars.count }
    return Position(line: line, column: column)
}

/// Refuses many aliases together with keys that are lists or mappings. Yams hashes such keys, and a key of nested
/// aliases would take it longer than anybody lives. Few aliases cannot do that: twenty at most double twenty times.
func complexKeyIssue(in text: String, file: String) -> DocumentIssue? {
    var aliases = 0
    var hasComplexKey = false
    var previous: UInt8 = UInt8(ascii: "\n")
    var solid: UInt8 = 0
    for byte in text.utf8 {
        if previous == UInt8(ascii: "*"), byte > 0x20 { aliases += 1 }
        if previous == UInt8(ascii: "?"), byte <= 0x20 { hasComplexKey = true }
        if byte == UInt8(ascii: ":"), solid == UInt8(ascii: "]") || solid == UInt8(ascii: "}") { hasComplexKey = true }
        previous = byte
        if byte > 0x20 { solid = byte }
    }
    // A line like `*a : 1` has an alias as its key.
    let hasAliasKey = aliases > 20 && text.split(separator: "\n").contains(where: isAliasKey)
    guard aliases > 20, hasComplexKey || hasAliasKey else { return nil }
    return DocumentIssue(
        file: file, at: Position(line: 1, column: 1),
        message: "more than 20 aliases, and keys that are not plain texts",
        hint: "write the keys out")
}

/// An alias, then a colon: on any place of the line, so that flow mappings are seen too.
private func isAliasKey(_ line: Substring) -> Bool {
    var isInAlias = false
    var previous: UInt8 = 0x20
    for byte in line.utf8 {
        if byte == UInt8(ascii: "*"), previous <= 0x20 || "[{,-".utf8.contains(previous) {
            isInAlias = true
        } else if isInAlias, byte == UInt8(ascii: ":") {
            return true
        } else if isInAlias, ",]}".utf8.contains(byte) {
            isInAlias = false
        }
        previous = byte
    }
    return false
}
