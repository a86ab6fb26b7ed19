/// The way to a field from its document. Kept as a chain, so that a path costs no text before somebody reads it.
public indirect enum FieldPath: Hashable, Sendable {
    case root
    case key(String, of: FieldPath)
    case index(Int, of: FieldPath)
}

extension FieldPath: CustomStringConvertible {
    /// For example `plan.waves[1].hosts`; a key with dots or brackets is quoted.
    public var description: String {
        var parts: [String] = []
        var path = self
        while true {
            switch path {
            case .root:
                let text = parts.reversed().joined()
                return text.hasPrefix(".") ? String(text.dropFirst()) : text
            case .key(let key, let parent):
                let isPlain = !key.isEmpty && key.utf8.allSatisfy { !".[]\" \n\t".utf8.contains($0) }
                parts.append(isPlain ? ".\(key)" : "[\(quoted(key))]")
                path = parent
            case .index(let index, let parent):
                parts.append("[\(index)]")
                path = parent
            }
        }
    }
}

/// A text as JSON writes it, in double quotes.
func quoted(_ text: String) -> String {
    var writer = JSONWriter(style: .compact)
    writer.append(text)
    return String(decoding: writer.bytes, as: UTF8.self)
}
