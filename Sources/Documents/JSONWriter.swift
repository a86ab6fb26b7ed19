/// Writes JSON (RFC 8259) as UTF-8.
public struct JSONWriter {
    public enum Style: Sendable {
        /// No spaces at all.
        case compact
        /// Two spaces a level, one entry a line.
        case pretty
    }

    public private(set) var bytes: [UInt8] = []
    private let style: Style
    private var depth = 0

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
            list(open: "[", close: "]", count: items.count) { writer, index in writer.append(items[index]) }
        case .mapping(let entries):
            list(open: "{", close: "}", count: entries.count) { writer, index in
                writer.append(entries[index].key)
                writer.append(ascii: writer.style == .pretty ? ": " : ":")
                writer.append(entries[index].value)
            }
        }
    }

    private mutating func list(
        open: StaticString, close: StaticString, count: Int, item: (inout JSONWriter, Int) -> Void
    ) {
        append(ascii: open)
        depth += 1
        for index in 0..<count {
            if index > 0 { append(ascii: ",") }
            breakLine()
            item(&self, index)
        }
        depth -= 1
        if count > 0 { breakLine() }
        append(ascii: close)
    }

    private mutating func breakLine() {
        guard style == .pretty else { return }
        bytes.append(UInt8(ascii: "\n"))
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
