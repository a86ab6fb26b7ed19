import Values

/// A duration in at most two units, for people: `42s`, `3m12s`, `2h05m`, `4d`.
func briefly(_ period: Period) -> String {
    let seconds = max(0, period.milliseconds / 1000)
    func two(_ number: Int64) -> String { number < 10 ? "0\(number)" : "\(number)" }
    switch seconds {
    case ..<60: return "\(seconds)s"
    case ..<3600: return seconds % 60 == 0 ? "\(seconds / 60)m" : "\(seconds / 60)m\(two(seconds % 60))s"
    case ..<86_400:
        return seconds % 3600 < 60 ? "\(seconds / 3600)h" : "\(seconds / 3600)h\(two(seconds % 3600 / 60))m"
    default: return "\(seconds / 86_400)d"
    }
}

/// A number with so many decimals.
func fixed(_ number: Double, _ decimals: Int) -> String {
    guard number.isFinite, abs(number) < 1e15 else { return "\(number)" }
    var scale = 1.0
    for _ in 0..<decimals { scale *= 10 }
    let scaled = Int64((abs(number) * scale).rounded())
    let sign = number < 0 && scaled > 0 ? "-" : ""
    guard decimals > 0 else { return "\(sign)\(scaled)" }
    let fraction = String(scaled % Int64(scale))
    return "\(sign)\(scaled / Int64(scale))." + String(repeating: "0", count: decimals - fraction.count) + fraction
}

/// A ratio as a percentage with three significant digits: `0.48%`, `5.21%`, `12.3%`.
func percentage(_ ratio: Double?) -> String {
    guard let ratio else { return "-" }
    guard ratio.isFinite else { return "not a number" }
    return fixed(ratio * 100, abs(ratio) < 0.0995 ? 2 : 1) + "%"
}

/// A count with its thousands apart: `18,233`.
func grouped(_ number: Double) -> String {
    let digits = Array(fixed(number, 0))
    var result = ""
    for (index, digit) in digits.enumerated() {
        let rest = digits.count - index
        if index > 0, rest % 3 == 0, digits[index - 1] != "-" { result += "," }
        result.append(digit)
    }
    return result
}

/// A plain number, with no more decimals than it needs, at most three.
func number(_ value: Double?) -> String {
    guard let value else { return "-" }
    guard value.isFinite else { return "not a number" }
    var text = fixed(value, 3)
    while text.hasSuffix("0") { text.removeLast() }
    if text.hasSuffix(".") { text.removeLast() }
    return text
}

/// `1 host`, `3 hosts`.
func counted(_ count: Int, _ noun: String) -> String {
    count == 1 ? "1 \(noun)" : "\(count) \(noun)s"
}
