/// A route's path with its query, every part percent-encoded.
struct Path: Sendable, Hashable {
    private(set) var text: String

    init(_ parts: String..., query: [String: String?] = [:]) {
        self.init(parts: parts, query: query)
    }

    init(parts: [String], query: [String: String?] = [:]) {
        text = "/v1/" + parts.map(Path.encoded).joined(separator: "/")
        let pairs = query.sorted { $0.key < $1.key }
            .compactMap { pair in pair.value.map { "\(pair.key)=\(Path.encoded($0))" } }
        if !pairs.isEmpty { text += "?" + pairs.joined(separator: "&") }
    }

    /// Fields as a form writes them; those without a value are left out.
    static func form(_ fields: [String: String?]) -> String {
        fields.sorted { $0.key < $1.key }
            .compactMap { field in field.value.map { "\(encoded(field.key))=\(encoded($0))" } }
            .joined(separator: "&")
    }

    private static func encoded(_ part: String) -> String {
        var result = ""
        for byte in part.utf8 {
            switch byte {
            case 48...57, 65...90, 97...122, UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "~"),
                UInt8(ascii: ":"):
                result.unicodeScalars.append(Unicode.Scalar(byte))
            default:
                let digits = String(byte, radix: 16, uppercase: true)
                result += digits.count == 1 ? "%0\(digits)" : "%\(digits)"
            }
        }
        return result
    }
}
