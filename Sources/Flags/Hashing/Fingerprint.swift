/// 128 bits that tell two pieces of content apart. Not for secrets.
struct Fingerprint: Hashable, Sendable, CustomStringConvertible {
    private var first: UInt64 = 0x9e37_79b9_7f4a_7c15
    private var second: UInt64 = 0xc2b2_ae3d_27d4_eb4f

    init(_ bytes: [UInt8]) {
        bytes.withUnsafeBytes { add($0) }
    }

    /// Takes in more bytes; where a piece ends counts too.
    mutating func add(_ bytes: UnsafeRawBufferPointer) {
        var offset = 0
        while offset + 8 <= bytes.count {
            mix(bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
            offset += 8
        }
        var rest: UInt64 = 0
        for byte in bytes[offset...] { rest = rest << 8 | UInt64(byte) }
        mix(rest)
        mix(UInt64(bytes.count))
    }

    private mutating func mix(_ word: UInt64) {
        first = (first ^ word) &* 0xff51_afd7_ed55_8ccd
        first ^= first >> 32
        second = (second &+ word) &* 0xc4ce_b9fe_1a85_ec53
        second ^= second >> 29 ^ first >> 7
    }

    /// 32 hexadecimal digits.
    var description: String {
        [first, second].map { word in
            let digits = String(word, radix: 16)
            return String(repeating: "0", count: 16 - digits.count) + digits
        }.joined()
    }
}
