import Testing

@testable import Targets

@Suite("MD5")
struct MD5Tests {
    @Test(
        "gives the digests of RFC 1321",
        arguments: [
            ("", "d41d8cd98f00b204e9800998ecf8427e"), ("abc", "900150983cd24fb0d6963f7d28e17f72"),
            ("message digest", "f96b697d7cb7938d525a2f31aaf161d0"),
            (
                "12345678901234567890123456789012345678901234567890123456789012345678901234567890",
                "57edf4a22be3c955ac49da2e2107b67a"
            ),
        ])
    func digests(_ text: String, _ hex: String) {
        let bytes = MD5.digest(Array(text.utf8)).flatMap { word in
            (0..<4).map { UInt8(truncatingIfNeeded: word >> (8 * $0)) }
        }
        let written = bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        #expect(written == hex)
        #expect(MD5.lastWord(Array(text.utf8)) == UInt64(hex.suffix(16), radix: 16))
    }
}
