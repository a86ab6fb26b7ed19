/// Writes values as deterministic CBOR (RFC 8949, 4.2.1): the bytes that generation v3 of `fractional` hashes.
struct CanonicalCBOR {
    private(set) var bytes: [UInt8] = []
    private let largeIntegers: LargeIntegers

    private init(_ largeIntegers: LargeIntegers) {
        self.largeIntegers = largeIntegers
    }

    static func encode(_ value: FlagValue, _ largeIntegers: LargeIntegers = LargeIntegers()) -> [UInt8] {
        var writer = CanonicalCBOR(largeIntegers)
        writer.append(value)
        return writer.bytes
    }

    private enum Major {
        static let unsigned: UInt8 = 0 << 5
        static let negative: UInt8 = 1 << 5
        static let bytes: UInt8 = 2 << 5
        static let text: UInt8 = 3 << 5
        static let list: UInt8 = 4 << 5
        static let map: UInt8 = 5 << 5
    }

    mutating func append(_ value: FlagValue) {
        switch value {
        case .null: bytes.append(0xf6)
        case .bool(let flag): bytes.append(flag ? 0xf5 : 0xf4)
        case .integer(let number): append(number)
        case .number(let number): append(number)
        case .string(let text): append(text)
        case .list(let items):
            appendHead(Major.list, UInt64(items.count))
            for item in items { append(item) }
        case .object(let members): append(members)
        }
    }

    mutating func append(_ text: String) {
        var text = text
        text.withUTF8 { utf8 in
            appendHead(Major.text, UInt64(utf8.count))
            bytes.append(contentsOf: utf8)
        }
    }

    private mutating func append(_ number: Int64) {
        if number >= 0 {
            appendHead(Major.unsigned, UInt64(number))
        } else {
            appendHead(Major.negative, UInt64(-1 - number))
        }
    }

    /// A whole number within 64 bits is an integer; any other takes the shortest of three floats that keeps it exact.
    private mutating func append(_ number: Double) {
        if let large = largeIntegers.first(of: number) { return append(large) }
        if let unsigned = UInt64(exactly: number) { return appendHead(Major.unsigned, unsigned) }
        if let signed = Int64(exactly: number) { return append(signed) }
        if number.isNaN { return bytes.append(contentsOf: [0xf9, 0x7e, 0x00]) }
        let single = Float(number)
        guard Double(single) == number else {
            bytes.append(0xfb)
            return appendBigEndian(number.bitPattern, count: 8)
        }
        if let half = halfPrecision(single) {
            bytes.append(0xf9)
            appendBigEndian(UInt64(half), count: 2)
        } else {
            bytes.append(0xfa)
            appendBigEndian(UInt64(single.bitPattern), count: 4)
        }
    }

    private mutating func append(_ number: LargeInteger) {
        let magnitude = number.bytes
        if magnitude.count <= 8 {
            let word = magnitude.reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
            return appendHead(number.isNegative ? Major.negative : Major.unsigned, word)
        }
        bytes.append(number.isNegative ? 0xc3 : 0xc2)
        appendHead(Major.bytes, UInt64(magnitude.count))
        bytes.append(contentsOf: magnitude)
    }

    /// Members are sorted by their keys' encoded bytes: shorter keys first.
    private mutating func append(_ members: [FlagMember]) {
        let pairs = members.map { (key: CanonicalCBOR.encode(.string($0.name)), value: $0.value) }
        appendHead(Major.map, UInt64(pairs.count))
        for pair in pairs.sorted(by: { $0.key.lexicographicallyPrecedes($1.key) }) {
            bytes.append(contentsOf: pair.key)
            append(pair.value)
        }
    }

    private mutating func appendHead(_ major: UInt8, _ count: UInt64) {
        switch count {
        case 0..<24: bytes.append(major | UInt8(count))
        case 24..<0x100:
            bytes.append(major | 24)
            bytes.append(UInt8(count))
        case 0x100..<0x1_0000:
            bytes.append(major | 25)
            appendBigEndian(count, count: 2)
        case 0x1_0000..<0x1_0000_0000:
            bytes.append(major | 26)
            appendBigEndian(count, count: 4)
        default:
            bytes.append(major | 27)
            appendBigEndian(count, count: 8)
        }
    }

    private mutating func appendBigEndian(_ number: UInt64, count: Int) {
        for index in (0..<count).reversed() { bytes.append(UInt8(truncatingIfNeeded: number >> UInt64(8 * index))) }
    }
}

/// The bits of a number as a half-precision float; `nil` when it is not exact in one.
private func halfPrecision(_ number: Float) -> UInt16? {
    let bits = number.bitPattern
    let sign = UInt16(truncatingIfNeeded: bits >> 16) & 0x8000
    let exponent = Int32((bits >> 23) & 0xff) - 127
    let fraction = bits & 0x7f_ffff
    if number == 0 { return sign }
    if number.isInfinite { return sign | 0x7c00 }
    if exponent >= -14, exponent <= 15, fraction & 0x1fff == 0 {
        return sign | UInt16(exponent + 15) << 10 | UInt16(fraction >> 13)
    }
    // Subnormal halves are multiples of 2^-24.
    guard exponent >= -24, exponent < -14 else { return nil }
    let shift = UInt32(-exponent - 1)
    let significand = fraction | 0x80_0000
    guard significand & ((1 << shift) - 1) == 0 else { return nil }
    return sign | UInt16(significand >> shift)
}
