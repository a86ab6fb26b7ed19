/// Writes JSON (RFC 8259) as UTF-8.
public struct JSONWriter {
    public enum Style: Hashable, Sendable {
        /// No spaces at all.
        case compact
        /// Two spaces a level, one entry a line.
        case pretty
        /// As `pretty`, but what fits into so many columns stays on its line. An outermost mapping has one entry a line.
        case fitted(width: Int)
    }

    public private(set) var bytes: [UInt8] = []
    private let style: Style
    private var depth = 0
    /// Where the line began.
    private var lineStart = 0
    /// Whether what is being written stays on its line.
    private var isOnOneLine = false

    public init(style: Style = .compact) {
        self.style = style
    }

    /// The JSON of a node. Numbers that JSON does not have (infinite, not a number) become `null`.
    public static func write(_ node: Node, style: Style = .compact) -> [UInt8] {
        var writer = JSONWriter(style: style)
        writer.append(node)
        return writer.bytes
    }

    public mutating func append(_ node: Node) {
        switch node.value {
        case .null: append(ascii: "null")
        case .bool(let flag): append(ascii: flag ? "true" : "false")
        case .integer(let number): bytes.append(contentsOf: String(number).utf8)
        case .number(let number): append(number)
        case .string(let text): append(text)
        case .sequence(let items):
            fitting(node) { writer in
                writer.list(open: "[", close: "]", count: items.count) { writer, index in writer.append(items[index]) }
            }
        case .mapping(let entries):
            fitting(node) { writer in
                writer.list(open: "{", close: "}", count: entries.count) { writer, index in
                    writer.append(entries[index].key)
                    writer.append(ascii: writer.style == .compact ? ":" : ": ")
                    writer.append(entries[index].value)
                }
            }
        }
    }

    /// Writes a list, on one line when the style wants that and there is room.
    private mutating func fitting(_ node: Node, _ write: (inout JSONWriter) -> Void) {
        guard case .fitted(let width) = style, !isOnOneLine else { return write(&self) }
        // A comma may follow.
        let room = width - (bytes.count - lineStart) - 1
        if depth == 0, case .mapping(let entries) = node.value, entries.count > 1 { return write(&self) }
        isOnOneLine = node.length(within: room) != nil
        write(&self)
        isOnOneLine = false
    }

    private mutating func list(
        open: StaticString, close: StaticString, count: Int, item: (inout JSONWriter, Int) -> Void
    ) {
        append(ascii: open)
        depth += 1
        for index in 0..<count {
            if index > 0 { append(ascii: isOnOneLine ? ", " : ",") }
            breakLine()
            item(&self, index)
        }
        depth -= 1
        if count > 0 { breakLine() }
        append(ascii: close)
    }

    private mutating func breakLine() {
        guard style != .compact, !isOnOneLine else { return }
        bytes.append(UInt8(ascii: "\n"))
        lineStart = bytes.count
        bytes.append(contentsOf: repeatElement(UInt8(ascii: " "), count: 2 * depth))
    }

    /// The shortest text that reads back as the same number.
    public mutating func append(_ number: Double) {
        if number.isFinite {
            bytes.append(contentsOf: number.description.utf8)
        } else {
            append(ascii: "null")
        }
    }

    /// A text in quotes. Only what must be escaped is; `/` is not.
    public mutating func append(_ text: String) {
        bytes.append(UInt8(ascii: "\""))
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""): append(ascii: "\\\"")
            case UInt8(ascii: "\\"): append(ascii: "\\\\")
            case UInt8(ascii: "\n"): append(ascii: "\\n")
            case UInt8(ascii: "\r"): append(ascii: "\\r")
            case UInt8(ascii: "\t"): append(ascii: "\\t")
            case 0..<0x20, 0x7F:
                append(ascii: "\\u00")
                bytes.append(hexadecimal(byte >> 4))
                bytes.append(hexadecimal(byte & 15))
            default: bytes.append(byte)
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }

    private func hexadecimal(_ digit: UInt8) -> UInt8 {
        digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10
    }

    private mutating func append(ascii text: StaticString) {
        text.withUTF8Buffer { bytes.append(contentsOf: $0) }
    }
}

extension Node {
    /// How many bytes of JSON this is on one line, with a space after each comma and colon; `nil` when more than `limit`.
    fileprivate func length(within limit: Int) -> Int? {
        switch value {
        case .sequence(let items):
            return Node.length(of: items, within: limit) { item, left in item.length(within: left) }
        case .mapping(let entries):
            return Node.length(of: entries, within: limit) { entry, left in
                let key = JSONWriter.length(of: entry.key, within: left - 2)
                return key.flatMap { key in entry.value.length(within: left - 2 - key).map { $0 + key + 2 } }
            }
        case .string(let text): return JSONWriter.length(of: text, within: limit)
        case .null, .bool, .integer, .number:
            let length = JSONWriter.write(self).count
            return length <= limit ? length : nil
        }
    }

    private static func length<Item>(
        of items: [Item], within limit: Int, _ measure: (Item, Int) -> Int?
    ) -> Int? {
        var length = 2
        for (place, item) in items.enumerated() {
            if place > 0 { length += 2 }
            guard length <= limit, let more = measure(item, limit - length) else { return nil }
            length += more
        }
        return length <= limit ? length : nil
    }
}

extension JSONWriter {
    fileprivate static func length(of text: String, within limit: Int) -> Int? {
        guard text.utf8.count + 2 <= limit else { return nil }
        var writer = JSONWriter()
        writer.append(text)
        return writer.bytes.count <= limit ? writer.bytes.count : nil
    }
}
