/// A whole number of a context that does not fit 64 bits. It is calculated with as a double, but hashed and printed as it
/// was written, because reference evaluators have integers of any length.
struct LargeInteger: Sendable {
    var value: Double
    /// As it was written, perhaps with a minus sign.
    var digits: String

    /// The magnitude as bytes, the most significant one first; of a negative number n that of -1-n, as CBOR has it.
    var bytes: [UInt8] {
        let isNegative = digits.utf8.first == UInt8(ascii: "-")
        var bytes: [UInt8] = []
        for digit in isNegative ? digits.utf8.dropFirst() : digits.utf8[...] {
            var carry = UInt16(digit - UInt8(ascii: "0"))
            for index in bytes.indices.reversed() {
                carry += UInt16(bytes[index]) * 10
                bytes[index] = UInt8(truncatingIfNeeded: carry)
                carry >>= 8
            }
            if carry > 0 { bytes.insert(UInt8(carry), at: 0) }
        }
        if isNegative {
            for index in bytes.indices.reversed() {
                bytes[index] &-= 1
                if bytes[index] != 0xff { break }
            }
            if bytes.first == 0 { bytes.removeFirst() }
        }
        return bytes
    }

    var isNegative: Bool { digits.utf8.first == UInt8(ascii: "-") }
}

extension [LargeInteger] {
    /// What this number was when it was read; `nil` when it was no such integer.
    func first(of number: Double) -> LargeInteger? { first { $0.value == number } }
}
