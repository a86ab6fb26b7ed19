extension Node {
    /// Every field that differs from `old`, for people: `plan.waves[1].bake: 10m → 5m`.
    ///
    /// Items of lists that have a `name` are compared with the item of that name; other lists are compared as a whole.
    public func differences(from old: Node) -> [String] {
        var lines: [String] = []
        compare(old, self, at: .root, &lines)
        return lines
    }
}

private func compare(_ old: Node, _ new: Node, at path: FieldPath, _ lines: inout [String]) {
    switch (old.value, new.value) {
    case (.mapping(let oldEntries), .mapping(let newEntries)):
        for entry in oldEntries where new[entry.key] == nil {
            lines.append("\(FieldPath.key(entry.key, of: path)): \(summary(entry.value)) → removed")
        }
        for entry in newEntries {
            let entryPath = FieldPath.key(entry.key, of: path)
            if let oldValue = old[entry.key] {
                compare(oldValue, entry.value, at: entryPath, &lines)
            } else {
                lines.append("\(entryPath): added \(summary(entry.value))")
            }
        }
    case (.sequence(let oldItems), .sequence(let newItems)):
        guard let oldNames = names(of: oldItems), let newNames = names(of: newItems) else { fallthrough }
        compareNamed(oldItems, oldNames, newItems, newNames, at: path, &lines)
    default:
        if old != new { lines.append("\(path): \(summary(old)) → \(summary(new))") }
    }
}

private func compareNamed(
    _ oldItems: [Node], _ oldNames: [String], _ newItems: [Node], _ newNames: [String], at path: FieldPath,
    _ lines: inout [String]
) {
    for (index, name) in oldNames.enumerated() where !newNames.contains(name) {
        lines.append("\(FieldPath.index(index, of: path)): '\(name)' → removed")
    }
    for (index, name) in newNames.enumerated() {
        let itemPath = FieldPath.index(index, of: path)
        if let oldIndex = oldNames.firstIndex(of: name) {
            compare(oldItems[oldIndex], newItems[index], at: itemPath, &lines)
        } else {
            lines.append("\(itemPath): added \(summary(newItems[index]))")
        }
    }
    let (before, after) = (oldNames.filter(newNames.contains), newNames.filter(oldNames.contains))
    if before != after {
        lines.append("\(path): order \(before.joined(separator: ", ")) → \(after.joined(separator: ", "))")
    }
}

/// The names of items that all have one, each another.
private func names(of items: [Node]) -> [String]? {
    var names: [String] = []
    for item in items {
        guard case .string(let name) = item["name"]?.value, !names.contains(name) else { return nil }
        names.append(name)
    }
    return names
}

/// One line, at most a hundred characters: scalars as they are, the rest as JSON.
private func summary(_ node: Node) -> String {
    if case .string(let text) = node.value, !text.isEmpty, !text.contains("\n") { return clipped(text) }
    return clipped(String(decoding: JSONWriter.write(node), as: UTF8.self))
}

private func clipped(_ text: String) -> String {
    text.count > 100 ? "\(text.prefix(99))…" : text
}
