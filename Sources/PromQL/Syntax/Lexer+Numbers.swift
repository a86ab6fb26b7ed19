extension Lexer {
    /// `12`, `1_000`, `.5`, `1e3`, `0x1F`, or a duration such as `1h30m`.
    mutating func number() throws(PromQLError) -> Token.Kind {
        let start = position
        if skipDuration() { return .duration }
        let isHexadecimal = peek() == UInt8(ascii: "0") && peek(1) | 0x20 == UInt8(ascii: "x")
        if isHexadecimal { position += 2 }
        var hasDot = false
        var hasExponent = false
        while position < bytes.count {
            let byte = peek()
            if isHexadecimal ? isHexDigit(byte) : isDigit(byte) {
                position += 1
            } else if byte == UInt8(ascii: "_"), isDigit(peek(1)) || (isHexadecimal && isHexDigit(peek(1))) {
                position += 1
            } else if byte == UInt8(ascii: "."), !isHexadecimal, !hasDot, !hasExponent {
                hasDot = true
                position += 1
            } else if byte | 0x20 == UInt8(ascii: "e"), !isHexadecimal, !hasExponent {
                hasExponent = true
                position += 1
                if peek() == UInt8(ascii: "+") || peek() == UInt8(ascii: "-") { position += 1 }
            } else {
                break
            }
        }
        let text = String(decoding: bytes[start..<position], as: UTF8.self)
        if isLetter(peek()) || peek() == UInt8(ascii: ".") || parseNumber(text) == nil {
            while isLetter(peek()) || isDigit(peek()) { position += 1 }
            let wrong = String(decoding: bytes[start..<position], as: UTF8.self)
            throw error("bad number or duration syntax: \(quoted(wrong))", at: start)
        }
        return .number
    }

    /// Digits and units in turn, and no letter or digit after them.
    private mutating func skipDuration() -> Bool {
        let start = position
        while isDigit(peek()) {
            while isDigit(peek()) { position += 1 }
            let units = "smhdwy".utf8
            guard units.contains(peek()) else { break }
            position += 1
            if bytes[position - 1] == UInt8(ascii: "m"), peek() == UInt8(ascii: "s") { position += 1 }
            if !isDigit(peek()), !isLetter(peek()) { return true }
        }
        position = start
        return false
    }
}

/// A number as in an expression; `nil` when it is none.
func parseNumber(_ text: String) -> Double? {
    let bytes = Array(text.utf8.filter { $0 != UInt8(ascii: "_") })
    let plain = String(decoding: bytes, as: UTF8.self)
    switch plain.lowercased() {
    case "inf": return .infinity
    case "nan": return .nan
    default: break
    }
    guard let first = bytes.first, isDigit(first) || first == UInt8(ascii: ".") else { return nil }
    if plain.lowercased().hasPrefix("0x") {
        var value = 0.0
        guard bytes.count > 2 else { return nil }
        for byte in bytes.dropFirst(2) {
            guard let digit = Character(Unicode.Scalar(byte)).hexDigitValue else { return nil }
            value = value * 16 + Double(digit)
        }
        return value
    }
    // A leading zero means octal digits, as in the languages that Prometheus is written in.
    if bytes.count > 1, first == UInt8(ascii: "0"), let value = Int64(plain, radix: 8) { return Double(value) }
    guard let last = bytes.last else { return nil }
    if last == UInt8(ascii: ".") { return bytes.count > 1 ? Double(plain + "0") : nil }
    return Double(first == UInt8(ascii: ".") ? "0" + plain : plain)
}

/// The milliseconds of a duration such as `1h30m`: its units from the longest to the shortest, each once.
/// - Returns: `nil` when it is none.
public func parseDuration(_ text: String) -> Int64? {
    var rest = Substring(text)
    var units = durationUnits[...]
    var total: Int64 = 0
    while !rest.isEmpty {
        let digits = rest.prefix { $0.isASCII && $0.isNumber }
        rest = rest.dropFirst(digits.count)
        let name = rest.prefix { $0.isASCII && $0.isLetter }
        rest = rest.dropFirst(name.count)
        guard let count = Int64(digits), let unit = units.firstIndex(where: { $0.name == name }) else { return nil }
        units = units[(unit + 1)...]
        let (product, isTooLong) = count.multipliedReportingOverflow(by: durationUnits[unit].milliseconds)
        let (sum, isSumTooLong) = total.addingReportingOverflow(product)
        guard !isTooLong, !isSumTooLong, sum <= longestDuration else { return nil }
        total = sum
    }
    return total
}

/// So many milliseconds fit into nanoseconds, in which Prometheus counts.
let longestDuration: Int64 = 9_223_372_036_854

let durationUnits: [(name: String, milliseconds: Int64)] = [
    ("y", 31_536_000_000), ("w", 604_800_000), ("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000),
    ("ms", 1),
]

/// A duration as Prometheus writes it: years, weeks and days only where they fit exactly.
func durationText(_ milliseconds: Int64) -> String {
    guard milliseconds != 0 else { return "0s" }
    var rest = milliseconds.magnitude
    var text = milliseconds < 0 ? "-" : ""
    for unit in durationUnits {
        let length = UInt64(unit.milliseconds)
        if ["y", "w", "d"].contains(unit.name), rest % length != 0 { continue }
        if rest >= length {
            text += "\(rest / length)\(unit.name)"
            rest %= length
        }
    }
    return text
}
