extension Operator {
    /// `{"in": ["a", list]}` and `{"in": ["part", text]}`: whether the first is in the second.
    static let contains = Operator("in") { arguments, _ in
        let wanted = arguments.argument(0)
        switch arguments.argument(1) {
        case .list(let items): return .bool(items.contains { FlagValue.strictlyEqual($0, wanted) })
        case .string(let text): return .bool(holds(text, wanted.text))
        case .null, .bool, .integer, .number, .object: return false
        }
    }

    private static func holds(_ text: String, _ part: String) -> Bool {
        var (text, part) = (text, part)
        return text.withUTF8 { text in part.withUTF8 { holds(UnsafeRawBufferPointer(text), UnsafeRawBufferPointer($0)) }
        }
    }

    static func holds(_ text: UnsafeRawBufferPointer, _ part: UnsafeRawBufferPointer) -> Bool {
        guard part.count <= text.count else { return false }
        guard let first = part.first else { return true }
        return (0...(text.count - part.count)).contains { start in
            text[start] == first
                && UnsafeRawBufferPointer(rebasing: text[start..<start + part.count]).elementsEqual(part)
        }
    }
}
