/// A checked digest (SHA-256) of an artefact's content: nothing but hexadecimal digits ever becomes part of a path.
public struct ArtefactDigest: Hashable, Sendable {
    /// 64 lower-case hexadecimal digits.
    public let hexadecimal: String

    private static let prefix = "sha256:"

    /// Reads `sha256:` and 64 hexadecimal digits; `nil` for anything else.
    public init?(_ text: String) {
        guard text.utf8.starts(with: ArtefactDigest.prefix.utf8) else { return nil }
        let digits = Array(text.utf8.dropFirst(ArtefactDigest.prefix.utf8.count))
        guard digits.count == 64, digits.allSatisfy(ArtefactDigest.isHexadecimal) else { return nil }
        hexadecimal = String(decoding: digits, as: UTF8.self).lowercased()
    }

    /// - Parameter hash: the 32 bytes of a SHA-256.
    public init(hash: some Sequence<UInt8>) {
        hexadecimal = hash.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    /// As it is written everywhere: `sha256:` and the digits.
    public var text: String { ArtefactDigest.prefix + hexadecimal }

    /// Whether a text is a digest as it is written everywhere, in lower case.
    public static func isWellFormed(_ text: String) -> Bool { ArtefactDigest(text)?.text == text }

    public static func malformed(_ text: String) -> Problem {
        Problem(
            .invalid, "“\(text.prefix(80))” is no digest",
            hint: "write sha256: and 64 hexadecimal digits, as in sha256:$(sha256sum FILE | cut -c1-64)")
    }

    private static func isHexadecimal(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"),
            UInt8(ascii: "A")...UInt8(ascii: "F"):
            return true
        default: return false
        }
    }
}
