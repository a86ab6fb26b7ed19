import Values

/// An address on this server. Built from path parts and query fields, each percent-encoded, so that it never leads elsewhere.
struct Link: Hashable, Sendable {
    var text: String

    /// `Link("rollouts", id)` is `/rollouts/ID`; without parts it is `/`.
    init(_ parts: String..., query: [(String, String)] = []) {
        text = "/" + parts.map { percentEncoded($0) }.joined(separator: "/")
        for (place, field) in query.enumerated() {
            text += (place == 0 ? "?" : "&") + percentEncoded(field.0) + "=" + percentEncoded(field.1)
        }
    }

    /// A path of this server that a request named, or `nil` when it could lead to another one.
    init?(local text: String) {
        let isPlain = text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f && $0 != UInt8(ascii: "\\") }
        guard text.hasPrefix("/"), !text.hasPrefix("//"), isPlain else { return nil }
        self.text = text
    }
}
