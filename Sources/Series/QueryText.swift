/// How query expressions write names and texts, so that whoever reads the expression has them back.
public enum QueryText {
    /// A text in double quotes, with what must be escaped.
    public static func quoted(_ text: String) -> String { "\"\(escaped(text))\"" }

    /// What stands between the double quotes.
    public static func escaped(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\r": result += "\\r"
            case "\t": result += "\\t"
            case "\u{07}": result += "\\a"
            case "\u{08}": result += "\\b"
            case "\u{0b}": result += "\\v"
            case "\u{0c}": result += "\\f"
            case _ where scalar.value < 0x20 || scalar.value == 0x7f:
                result += "\\x" + (scalar.value < 16 ? "0" : "") + String(scalar.value, radix: 16)
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    /// A label's name: one with other characters than letters, digits and underscores is quoted, as Prometheus 3 reads it.
    public static func label(_ name: String) -> String { isWord(name, colons: false) ? name : quoted(name) }

    /// The selector of a metric's series.
    public static func metric(_ name: String) -> String { isWord(name, colons: true) ? name : "{\(quoted(name))}" }

    private static func isWord(_ name: String, colons: Bool) -> Bool {
        let isWord = name.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "_"),
                UInt8(ascii: "0")...UInt8(ascii: "9"):
                true
            case UInt8(ascii: ":"): colons
            default: false
            }
        }
        return isWord && name.utf8.first.map { !(UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) } ?? false
    }
}

extension LabelMatcher {
    /// For example `host=~"web-.*"`.
    public var text: String { QueryText.label(name) + operation.rawValue + QueryText.quoted(value) }
}
