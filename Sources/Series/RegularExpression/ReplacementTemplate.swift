/// A replacement with `$1`, `$name` and `${name}` in it, as in `label_replace` and relabelling.
public struct ReplacementTemplate: Sendable {
    private enum Part: Sendable {
        case text(String)
        case group(String)
    }

    private var parts: [Part] = []
    /// Whether it is the same whatever the groups matched.
    public var isConstant: Bool {
        parts.allSatisfy { if case .text = $0 { true } else { false } }
    }

    public init(_ text: String) {
        var rest = text[...]
        while let sign = rest.firstIndex(of: "$") {
            parts.append(.text(String(rest[..<sign])))
            rest = rest[rest.index(after: sign)...]
            if rest.first == "$" {
                parts.append(.text("$"))
                rest = rest.dropFirst()
            } else if rest.first == "{", let end = rest.firstIndex(of: "}") {
                parts.append(.group(String(rest[rest.index(after: rest.startIndex)..<end])))
                rest = rest[rest.index(after: end)...]
            } else {
                let name = rest.prefix { $0 == "_" || $0.isLetter || $0.isNumber }
                parts.append(name.isEmpty ? .text("$") : .group(String(name)))
                rest = rest.dropFirst(name.count)
            }
        }
        parts.append(.text(String(rest)))
    }

    /// The text with what the groups matched; nothing where there is no such group.
    public func filled(_ groups: RegularExpression.Groups) -> String {
        var text = ""
        for part in parts {
            switch part {
            case .text(let piece): text += piece
            case .group(let name): text += groups[name] ?? ""
            }
        }
        return text
    }
}
