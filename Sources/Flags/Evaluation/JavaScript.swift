/// JsonLogic takes its conversions from JavaScript. These are they, for the values that JSON has.
extension FlagValue {
    /// Whether a condition holds with this value: all but null, false, 0, NaN, "" and the empty list.
    var isTruthy: Bool {
        switch self {
        case .null: false
        case .bool(let flag): flag
        case .integer(let number): number != 0
        case .number(let number): number != 0 && !number.isNaN
        case .string(let text): !text.isEmpty
        case .list(let items): !items.isEmpty
        case .object: true
        }
    }

    /// The value as a text, as JavaScript's `String` gives it.
    var text: String {
        switch self {
        case .null: "null"
        case .bool(let flag): flag ? "true" : "false"
        case .integer(let number): numberText(Double(number), integer: number)
        case .number(let number): numberText(number, integer: nil)
        case .string(let text): text
        case .list: joined
        case .object: "[object Object]"
        }
    }

    /// The value as a piece of a longer text: null is nothing.
    var piece: String { self == .null ? "" : text }

    private var joined: String {
        guard case .list(let items) = self else { return "" }
        return items.map(\.piece).joined(separator: ",")
    }

    /// The value as a number, as JavaScript's `Number` gives it. An integer stays one.
    var asNumber: FlagValue {
        switch self {
        case .null: .integer(0)
        case .bool(let flag): .integer(flag ? 1 : 0)
        case .integer, .number: self
        case .string(let text): .number(spelledNumber(text))
        case .list: .number(spelledNumber(joined))
        case .object: .number(.nan)
        }
    }

    /// The value as a double, as `asNumber` has it.
    var asDouble: Double {
        switch asNumber {
        case .integer(let number): Double(number)
        case .number(let number): number
        default: .nan
        }
    }

    /// Lists and objects are compared as texts; everything else as it is.
    var primitive: FlagValue {
        switch self {
        case .list, .object: .string(text)
        default: self
        }
    }

    var isComposite: Bool {
        switch self {
        case .list, .object: true
        default: false
        }
    }

    var isNumber: Bool {
        switch self {
        case .integer, .number: true
        default: false
        }
    }
}

/// A number as JavaScript prints it.
private func numberText(_ number: Double, integer: Int64?) -> String {
    if let integer, integer.magnitude < 1 << 53 { return "\(integer)" }
    if number.isNaN { return "NaN" }
    if number.isInfinite { return number < 0 ? "-Infinity" : "Infinity" }
    if number == 0 { return "0" }
    // Swift's description has the shortest digits too; only where the point and the exponent stand differs.
    let (digits, exponent) = shortestDigits(number.magnitude)
    let sign = number < 0 ? "-" : ""
    if exponent > 21 || exponent < -5 {
        let fraction = digits.count > 1 ? ".\(digits.dropFirst())" : ""
        return "\(sign)\(digits.prefix(1))\(fraction)e\(exponent > 0 ? "+" : "-")\((exponent - 1).magnitude)"
    }
    if exponent <= 0 { return "\(sign)0.\(String(repeating: "0", count: -exponent))\(digits)" }
    if digits.count <= exponent { return "\(sign)\(digits)\(String(repeating: "0", count: exponent - digits.count))" }
    return "\(sign)\(digits.prefix(exponent)).\(digits.dropFirst(exponent))"
}

/// The digits of a number without zeros around them, and where the point stands: 0.digits × 10^exponent.
private func shortestDigits(_ number: Double) -> (digits: Substring, exponent: Int) {
    let parts = number.description.split(separator: "e")
    let mantissa = parts[0].split(separator: ".", omittingEmptySubsequences: false)
    let whole = mantissa[0]
    let fraction = mantissa.count > 1 ? mantissa[1] : ""
    var digits = Substring(whole + fraction)
    var exponent = whole.count + (parts.count > 1 ? Int(parts[1]) ?? 0 : 0)
    while digits.first == "0" {
        digits = digits.dropFirst()
        exponent -= 1
    }
    while digits.last == "0" { digits = digits.dropLast() }
    return (digits, exponent)
}

/// A text as a number: white space around it does not count, nothing at all is 0, anything else is NaN.
private func spelledNumber(_ text: String) -> Double {
    let trimmed = trimmingSpace(text)
    if trimmed.isEmpty { return 0 }
    let (length, number) = leadingNumber(trimmed.utf8)
    if length == trimmed.utf8.count { return number }
    return radixNumber(trimmed) ?? .nan
}

/// The number that a text begins with, as JavaScript's `parseFloat` gives it.
func numberAtStart(of text: String) -> Double {
    leadingNumber(trimmingSpace(text).utf8).number
}

private func trimmingSpace(_ text: String) -> Substring {
    func isSpace(_ scalar: UnicodeScalar) -> Bool {
        scalar.properties.isWhitespace && scalar != "\u{85}" || scalar == "\u{FEFF}"
    }
    let scalars = text.unicodeScalars
    guard let first = scalars.firstIndex(where: { !isSpace($0) }),
        let last = scalars.lastIndex(where: { !isSpace($0) })
    else { return "" }
    return text[first..<scalars.index(after: last)]
}

/// `0x1F`, `0o17` and `0b11`, without a sign.
private func radixNumber(_ text: Substring) -> Double? {
    let radix: Int
    switch text.prefix(2).lowercased() {
    case "0x": radix = 16
    case "0o": radix = 8
    case "0b": radix = 2
    default: return nil
    }
    let digits = text.dropFirst(2)
    guard !digits.isEmpty else { return nil }
    var number = 0.0
    for digit in digits {
        guard digit.isASCII, let value = digit.hexDigitValue, value < radix else { return nil }
        number = number * Double(radix) + Double(value)
    }
    return number
}

/// The longest beginning that is a decimal number, and its value; NaN when there is none.
private func leadingNumber(_ text: Substring.UTF8View) -> (length: Int, number: Double) {
    var index = text.startIndex
    func digits() -> Int {
        var count = 0
        while index < text.endIndex, text[index] >= 0x30, text[index] <= 0x39 {
            index = text.index(after: index)
            count += 1
        }
        return count
    }
    func skip(_ letters: StaticString) -> Bool {
        guard index < text.endIndex, letters.withUTF8Buffer({ $0.contains(text[index]) }) else { return false }
        index = text.index(after: index)
        return true
    }
    let isNegative = text.first == UInt8(ascii: "-")
    _ = skip("+-")
    if text[index...].starts(with: "Infinity".utf8) {
        return (text.distance(from: text.startIndex, to: index) + 8, isNegative ? -.infinity : .infinity)
    }
    var count = digits()
    if skip(".") { count += digits() }
    guard count > 0 else { return (0, .nan) }
    let beforeExponent = index
    if skip("eE") {
        _ = skip("+-")
        if digits() == 0 { index = beforeExponent }
    }
    let length = text.distance(from: text.startIndex, to: index)
    return (length, Double(String(Substring(text[..<index]))) ?? .nan)
}
