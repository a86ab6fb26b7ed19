/// An address on this server. Built from path parts and query fields, each percent-encoded, so that it never leads elsewhere.
struct Link: Hashable, Sendable {
    var text: String

    /// `Link("rollouts", id)` is `/rollouts/ID`; without parts it is `/`.
    init(_ parts: String..., query: [(String, String)] = []) {
        text = "/" + parts.map(Link.encoded).joined(separator: "/")
        for (place, field) in query.enumerated() {
            text += (place == 0 ? "?" : "&") + Link.encoded(field.0) + "=" + Link.encoded(field.1)
        }
    }

    /// A path of this server that a request named, or `nil` when it could lead to another one.
    init?(local text: String) {
        let isPlain = text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f && $0 != UInt8(ascii: "\\") }
        guard text.hasPrefix("/"), !text.hasPrefix("//"), isPlain else { return nil }
        self.text = text
    }

    /// RFC 3986: everything but the unreserved characters is encoded.
    private static func encoded(_ part: String) -> String {
        let digits = Array("0123456789ABCDEF")
        var output = ""
        for byte in part.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "~"):
                output.unicodeScalars.append(Unicode.Scalar(byte))
            default:
                output += "%\(digits[Int(byte >> 4)])\(digits[Int(byte & 15)])"
            }
        }
        return output
    }
}
