import Series
import Values

/// What queries are asked with, as every backend reads it.
enum SelectorText {
    /// `{__name__="up",host=~"web-.*"}`
    static func selector(_ matchers: [LabelMatcher]) -> String {
        "{" + matchers.map(\.text).joined(separator: ",") + "}"
    }

    /// Milliseconds since the epoch as seconds, exactly.
    static func time(_ milliseconds: Int64) -> String {
        let (seconds, rest) = milliseconds.magnitude.quotientAndRemainder(dividingBy: 1000)
        let digits = String(rest)
        return (milliseconds < 0 ? "-" : "") + "\(seconds)." + String(repeating: "0", count: 3 - digits.count) + digits
    }

    /// The fields of a form, percent-encoded.
    static func form(_ fields: [(name: String, value: String)]) -> String {
        fields.map { percentEncoded($0.name) + "=" + percentEncoded($0.value) }.joined(separator: "&")
    }
}
