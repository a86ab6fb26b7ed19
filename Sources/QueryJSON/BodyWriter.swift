import PromQL

/// JSON written piece by piece, without a tree of it: answers may hold millions of samples.
public struct BodyWriter {
    public private(set) var bytes: [UInt8] = []

    public init() {}

    public mutating func raw(_ text: StaticString) {
        bytes.append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    public mutating func raw(_ text: String) { bytes.append(contentsOf: text.utf8) }

    /// A text in quotes, with what JSON wants escaped.
    public mutating func string(_ text: String) {
        var text = text
        text.withUTF8 { string($0) }
    }

    public mutating func string(_ text: UnsafeBufferPointer<UInt8>) {
        bytes.append(UInt8(ascii: "\""))
        for byte in text {
            switch byte {
            case UInt8(ascii: "\""): raw("\\\"")
            case UInt8(ascii: "\\"): raw("\\\\")
            case UInt8(ascii: "\n"): raw("\\n")
            case UInt8(ascii: "\r"): raw("\\r")
            case UInt8(ascii: "\t"): raw("\\t")
            case 0..<0x20:
                raw("\\u00")
                bytes.append(BodyWriter.digit(byte >> 4))
                bytes.append(BodyWriter.digit(byte & 15))
            default: bytes.append(byte)
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }

    private static func digit(_ value: UInt8) -> UInt8 {
        value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10
    }

    /// Milliseconds as seconds: `1600000000.123`.
    public mutating func time(_ milliseconds: Int64) {
        if milliseconds < 0 { bytes.append(UInt8(ascii: "-")) }
        let size = milliseconds.magnitude
        digits(size / 1000)
        let rest = size % 1000
        guard rest != 0 else { return }
        bytes.append(UInt8(ascii: "."))
        for unit in [100, 10, 1] as [UInt64] { bytes.append(UInt8(ascii: "0") + UInt8(rest / unit % 10)) }
    }

    /// A number in quotes, as the API writes samples.
    public mutating func sample(_ value: Double) {
        bytes.append(UInt8(ascii: "\""))
        if value.magnitude < 1e15, value == value.rounded(), value != 0 {
            // Most samples are whole numbers.
            if value < 0 { bytes.append(UInt8(ascii: "-")) }
            digits(UInt64(value.magnitude))
        } else {
            raw(formatValue(value))
        }
        bytes.append(UInt8(ascii: "\""))
    }

    private mutating func digits(_ number: UInt64) {
        var unit: UInt64 = 1
        while unit <= number / 10 { unit *= 10 }
        while unit > 0 {
            bytes.append(UInt8(ascii: "0") + UInt8(number / unit % 10))
            unit /= 10
        }
    }

    public mutating func bool(_ value: Bool) { if value { raw("true") } else { raw("false") } }

    /// The items with commas between them.
    public mutating func list<S: Sequence>(_ items: S, _ write: (inout BodyWriter, S.Element) -> Void) {
        raw("[")
        var isFirst = true
        for item in items {
            if !isFirst { raw(",") }
            isFirst = false
            write(&self, item)
        }
        raw("]")
    }
}
