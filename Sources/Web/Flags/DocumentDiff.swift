import Documents

/// How one JSON document became another, line by line, with a few lines around each change.
struct DocumentDiff: Sendable {
    enum Line: Hashable, Sendable {
        case same(String)
        case removed(String)
        case added(String)
        /// Lines that are left out.
        case gap
    }

    var lines: [Line]

    /// Lines that are shown before and after a change.
    private static let around = 2
    /// More lines than this are not compared.
    private static let limit = 5000

    /// `nil` when there is nothing to show: one of them cannot be read, they are too long, or they are alike.
    ///
    /// - Parameters:
    ///   - old: JSON; empty for nothing.
    ///   - new: JSON; empty for nothing.
    init?(from old: String, to new: String) {
        guard let old = DocumentDiff.lines(of: old), let new = DocumentDiff.lines(of: new), old != new,
            old.count + new.count < DocumentDiff.limit
        else { return nil }
        lines = DocumentDiff.shortened(DocumentDiff.woven(old, new))
    }

    private static func lines(of text: String) -> [String]? {
        if text.allSatisfy(\.isWhitespace) { return [] }
        guard let node = JSONParser.parse(Array(text.utf8), file: "").node else { return nil }
        return JSONText.fitted(node).split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    }

    private static func woven(_ old: [String], _ new: [String]) -> [Line] {
        var (removed, added): (Set<Int>, Set<Int>) = ([], [])
        for change in new.difference(from: old) {
            switch change {
            case .remove(let offset, _, _): removed.insert(offset)
            case .insert(let offset, _, _): added.insert(offset)
            }
        }
        var lines: [Line] = []
        var (left, right) = (0, 0)
        while left < old.count || right < new.count {
            if left < old.count, removed.contains(left) {
                lines.append(.removed(old[left]))
                left += 1
            } else if right < new.count, added.contains(right) {
                lines.append(.added(new[right]))
                right += 1
            } else {
                lines.append(.same(new[right]))
                left += 1
                right += 1
            }
        }
        return lines
    }

    private static func shortened(_ lines: [Line]) -> [Line] {
        var isNear = [Bool](repeating: false, count: lines.count)
        for (place, line) in lines.enumerated() {
            if case .same = line { continue }
            for near in max(0, place - around)...min(lines.count - 1, place + around) { isNear[near] = true }
        }
        var result: [Line] = []
        for (place, line) in lines.enumerated() {
            if isNear[place] { result.append(line) } else if result.last != .gap { result.append(.gap) }
        }
        return result
    }

    var markup: Markup {
        tag("ol", .class("diff", "lines")) {
            for line in lines { self.line(line) }
        }
    }

    private func line(_ line: Line) -> Markup {
        switch line {
        case .same(let text): return tag("li") { code("  " + text) }
        case .removed(let text):
            return tag("li", .class("removed")) {
                hidden("removed ")
                code("− " + text)
            }
        case .added(let text):
            return tag("li", .class("added")) {
                hidden("added ")
                code("+ " + text)
            }
        case .gap: return tag("li", .class("muted")) { "…" }
        }
    }
}

/// What changed: one line a member, or the lines of the documents where a member says too much for that.
struct ChangeList: Sendable {
    var lines: [String]
    /// JSON before; empty for nothing, `nil` when it is not known.
    var old: String?
    var new: String?

    /// A longer line is not read, but puzzled out.
    private static let legible = 90

    var markup: Markup {
        // What is new is shown whole: somebody may have to approve it.
        if lines == ["created"], let new, let diff = DocumentDiff(from: "", to: new) { return diff.markup }
        let isClipped = lines.contains { $0.count > ChangeList.legible || $0.contains("…") }
        if isClipped, let old, let new, let diff = DocumentDiff(from: old, to: new) { return diff.markup }
        return DiffList(lines: lines).markup
    }
}
