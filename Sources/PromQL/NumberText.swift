/// A number with the fewest digits that are read back as the same number, never with an exponent: `0.001`, `+Inf`, `NaN`.
public func formatNumber(_ value: Double) -> String {
    if let special = specialNumber(value) { return special }
    let (isNegative, digits, point) = decimalDigits(value)
    var text: String
    if point <= 0 {
        text = "0." + String(repeating: "0", count: -point) + digits
    } else if digits.count <= point {
        text = digits + String(repeating: "0", count: point - digits.count)
    } else {
        text = digits.prefix(point) + "." + digits.dropFirst(point)
    }
    if digits == "0" { text = "0" }
    return isNegative ? "-" + text : text
}

/// A number as the query API writes it: like `formatNumber`, but with an exponent where there would be more than 21 digits before
/// the point, or more than six zeroes after it.
public func formatValue(_ value: Double) -> String {
    if let special = specialNumber(value) { return special }
    let size = value.magnitude
    guard size != 0, size < 1e-6 || size >= 1e21 else { return formatNumber(value) }
    let (isNegative, digits, point) = decimalDigits(value)
    var text = isNegative ? "-" : ""
    text += digits.prefix(1)
    if digits.count > 1 { text += "." + digits.dropFirst() }
    let exponent = point - 1
    return text + "e" + (exponent < 0 ? "-" : "+") + (exponent.magnitude < 10 && exponent > 0 ? "0" : "")
        + String(exponent.magnitude)
}

/// A number with an exponent of at least two digits, always: `1e+00`.
public func formatScientific(_ value: Double) -> String {
    if let special = specialNumber(value) { return special }
    let (isNegative, digits, point) = decimalDigits(value)
    let exponent = value == 0 ? 0 : point - 1
    let size = "\(exponent.magnitude)"
    return (isNegative ? "-" : "") + digits.prefix(1) + (digits.count > 1 ? "." + digits.dropFirst() : "") + "e"
        + (exponent < 0 ? "-" : "+") + (size.count < 2 ? "0" : "") + size
}

private func specialNumber(_ value: Double) -> String? {
    if value.isNaN { return "NaN" }
    if value.isInfinite { return value > 0 ? "+Inf" : "-Inf" }
    return nil
}

/// The shortest digits of a finite number without zeroes at either end, and how many of them stand before the point.
private func decimalDigits(_ value: Double) -> (isNegative: Bool, digits: String, point: Int) {
    var digits: [UInt8] = []
    var point = 0
    var hasPoint = false
    var exponent = 0
    var isNegative = false
    // The description is digits, perhaps a point, perhaps e and a number.
    var bytes = Array(value.description.utf8)[...]
    if bytes.first == UInt8(ascii: "-") {
        isNegative = true
        bytes = bytes.dropFirst()
    }
    while let byte = bytes.first, byte != UInt8(ascii: "e") {
        bytes = bytes.dropFirst()
        if byte == UInt8(ascii: ".") {
            hasPoint = true
        } else {
            digits.append(byte)
            if !hasPoint { point += 1 }
        }
    }
    if !bytes.isEmpty { exponent = Int(String(decoding: bytes.dropFirst(), as: UTF8.self)) ?? 0 }
    point += exponent
    while digits.first == UInt8(ascii: "0"), digits.count > 1 {
        digits.removeFirst()
        point -= 1
    }
    while digits.last == UInt8(ascii: "0"), digits.count > 1 { digits.removeLast() }
    return (isNegative, String(decoding: digits, as: UTF8.self), point)
}
