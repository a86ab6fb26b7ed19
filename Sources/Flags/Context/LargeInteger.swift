/// A whole number of a context that does not fit 64 bits. It is calculated with as a double, but hashed and printed as it
/// was written, because reference evaluators have integers of any length.
struct LargeInteger: Sendable {
    /// Longer numbers are refused, as the reference evaluator does: reading them takes the square of their length.
    static let digitLimit = 4300

    var value: Double
    /// As it was written, perhaps with a minus sign.
    var digits: String

    /// The magnitude as bytes, the most significant one first; of a negative number n that of -1-n, as CBOR has it.
    var bytes: [UInt8] {
        var words = words
        if isNegative {
            for index in words.indices {
                words[index] &-= 1
                if words[index] != .max { break }
            }
        }
        let bytes = words.reversed().flatMap { word in
            (0..<8).reversed().map { UInt8(truncatingIfNeeded: word >> UInt64(8 * $0)) }
        }
        return Array(bytes.drop { $0 == 0 })
    }

    /// The magnitude in words, the least significant one first: eighteen digits at a time.
    private var words: [UInt64] {
        var words: [UInt64] = []
        let digits = Array(isNegative ? digits.utf8.dropFirst() : digits.utf8[...])
        var start = 0
        while start < digits.count {
            let end = min(start + 18, digits.count)
            var carry: UInt64 = 0
            var power: UInt64 = 1
            for digit in digits[start..<end] {
                carry = carry * 10 + UInt64(digit - UInt8(ascii: "0"))
                power *= 10
            }
            for index in words.indices {
                let product = words[index].multipliedFullWidth(by: power)
                let (sum, overflow) = product.low.addingReportingOverflow(carry)
                words[index] = sum
                carry = product.high + (overflow ? 1 : 0)
            }
            if carry > 0 { words.append(carry) }
            start = end
        }
        return words
    }

    var isNegative: Bool { digits.utf8.first == UInt8(ascii: "-") }
}

/// What the large integers of a context were, by the doubles that they became; of several the first one counts.
struct LargeIntegers: Sendable {
    private var known: [UInt64: LargeInteger] = [:]

    var isEmpty: Bool { known.isEmpty }

    mutating func add(_ number: LargeInteger) {
        let bits = number.value.bitPattern
        if known[bits] == nil { known[bits] = number }
    }

    /// What this number was when it was read; `nil` when it was no such integer.
    func first(of number: Double) -> LargeInteger? { known.isEmpty ? nil : known[number.bitPattern] }
}
