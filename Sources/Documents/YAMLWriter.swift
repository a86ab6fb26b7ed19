/// Writes YAML that YAML 1.1 and 1.2 readers alike read back as the same values.
public struct YAMLWriter {
    private var text = ""

    /// The YAML of a node, ending in a line break.
    public static func write(_ node: Node) -> String {
        var writer = YAMLWriter()
        switch node.value {
        case .mapping(let entries) where !entries.isEmpty: writer.block(entries, indent: 0)
        case .sequence(let items) where !items.isEmpty: writer.block(items, indent: 0)
        default: writer.text += "\(inline(node))\n"
        }
        return writer.text
    }

    /// Several documents, with `---` between them.
    public static func write(_ nodes: [Node]) -> String {
        nodes.map { write($0) }.joined(separator: "---\n")
    }

    private mutating func block(_ entries: [Node.Entry], indent: Int) {
        for (index, entry) in entries.enumerated() {
            // The first entry of an item stands behind its dash.
            if index > 0 || text.isEmpty || text.hasSuffix("\n") { pad(indent) }
            let key = YAMLWriter.scalar(entry.key)
            if YAMLWriter.isLong(key) {
                text += "? \(key)\n"
                pad(indent)
                text += ":"
            } else {
                text += "\(key):"
            }
            value(entry.value, indent: indent)
        }
    }

    private mutating func value(_ node: Node, indent: Int) {
        switch node.value {
        case .mapping(let entries) where !entries.isEmpty:
            text += "\n"
            block(entries, indent: indent + 2)
        case .sequence(let items) where !items.isEmpty && !YAMLWriter.isShort(items):
            text += "\n"
            block(items, indent: indent + 2)
        default:
            text += " \(YAMLWriter.inline(node))\n"
        }
    }

    private mutating func block(_ items: [Node], indent: Int) {
        for item in items {
            pad(indent)
            text += "- "
            switch item.value {
            case .mapping(let entries) where !entries.isEmpty: block(entries, indent: indent + 2)
            case .sequence: text += "\(YAMLWriter.inline(item))\n"
            default: text += "\(YAMLWriter.inline(item))\n"
            }
        }
    }

    private mutating func pad(_ count: Int) {
        text += String(repeating: " ", count: count)
    }

    /// Scalars that fit one line are written as `[a, b]`.
    private static func isShort(_ items: [Node]) -> Bool {
        var length = 0
        for item in items {
            switch item.value {
            case .mapping, .sequence: return false
            default: length += inline(item).count + 2
            }
        }
        return length <= 90
    }

    /// On one line; lists and mappings in flow style.
    private static func inline(_ node: Node) -> String {
        switch node.value {
        case .null: return "null"
        case .bool(let flag): return "\(flag)"
        case .integer(let number): return "\(number)"
        case .number(let number):
            return number.isNaN ? ".nan" : number.isInfinite ? (number < 0 ? "-.inf" : ".inf") : "\(number)"
        case .string(let text): return scalar(text)
        case .sequence(let items): return "[\(items.map(inline).joined(separator: ", "))]"
        case .mapping(let entries):
            let pairs = entries.map { entry in
                let key = scalar(entry.key)
                return "\(isLong(key) ? "? " : "")\(key)\(isLong(key) ? " " : ""): \(inline(entry.value))"
            }
            return "{\(pairs.joined(separator: ", "))}"
        }
    }

    /// YAML's readers look for the colon behind a key in its first 1,024 characters; beyond that a key has a sign of its own.
    private static func isLong(_ key: String) -> Bool { key.utf8.count > 1000 }

    /// Plain when no reader can take it for anything but a text, otherwise in double quotes as in JSON.
    private static func scalar(_ text: String) -> String {
        let plainFirst =
            text.utf8.first.map { isLetter($0) || $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: ".") } ?? false
        let isUnit =
            text.utf8.first.map(isDigit) ?? false
            && text.utf8.last.map { isLetter($0) || $0 == UInt8(ascii: "%") } ?? false
        let isSafe = text.utf8.allSatisfy { isLetter($0) || isDigit($0) || "/._-+%".utf8.contains($0) }
        guard isSafe, plainFirst || isUnit, !looksLikeOther(text) else { return inQuotes(text) }
        return text
    }

    /// In double quotes, as in JSON. What YAML takes for a line break, or does not allow, is escaped too.
    private static func inQuotes(_ text: String) -> String {
        var result = ""
        for scalar in quoted(text).unicodeScalars {
            switch scalar.value {
            case 0x80...0x9F, 0x2028, 0x2029, 0xFEFF, 0xFFFE, 0xFFFF:
                let digits = String(scalar.value, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    private static func isLetter(_ byte: UInt8) -> Bool { (65...90).contains(byte) || (97...122).contains(byte) }
    private static func isDigit(_ byte: UInt8) -> Bool { (48...57).contains(byte) }

    /// Booleans and nulls of either YAML, and whatever might be a number or a date.
    private static func looksLikeOther(_ text: String) -> Bool {
        let word = text.lowercased()
        if ["y", "n", "yes", "no", "on", "off", "true", "false", "null", "~", "nan", "inf", "infinity"].contains(word) {
            return true
        }
        let digitsOnly = word.utf8.allSatisfy { isDigit($0) || "abcdefox._-+".utf8.contains($0) }
        return word.hasPrefix(".") && !word.hasPrefix("./") || digitsOnly && word.utf8.contains(where: isDigit)
    }
}
