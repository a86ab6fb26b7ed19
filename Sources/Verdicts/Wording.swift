import Values

// How numbers and hosts are said in a sentence.

/// `5.2%`, `0.05%`, `12%`, `0%`: as many digits as a person can use.
func percentText(_ ratio: Double) -> String {
    numberText(ratio * 100) + "%"
}

/// Two or three telling digits: `14.4`, `0.057`, `1,204`.
func numberText(_ number: Double) -> String {
    if number.isNaN { return "NaN" }
    if number.isInfinite { return number < 0 ? "-infinity" : "infinity" }
    let size = number.magnitude
    if size >= 100 || number == number.rounded() { return countText(number) }
    var digits = 1
    var scale = 10.0
    while size * scale < 10, digits < 6 {
        digits += 1
        scale *= 10
    }
    let scaled = (size * scale).rounded() / scale
    var fraction = String(Int64((scaled - scaled.rounded(.down)) * scale + 0.5))
    fraction = String(repeating: "0", count: max(0, digits - fraction.count)) + fraction
    while fraction.hasSuffix("0"), fraction.count > 1 { fraction.removeLast() }
    let whole = countText(scaled.rounded(.down))
    let text = fraction == "0" ? whole : "\(whole).\(fraction)"
    return number < 0 ? "-\(text)" : text
}

/// A whole number with its thousands apart: `1,204`.
func countText(_ number: Double) -> String {
    guard number.magnitude < 1e15 else { return "\(number)" }
    let digits = String(Int64(number.rounded()).magnitude)
    var text = ""
    for (index, digit) in digits.enumerated() {
        if index > 0, (digits.count - index) % 3 == 0 { text += "," }
        text.append(digit)
    }
    return number.rounded() < 0 ? "-\(text)" : text
}

/// `web-1`, `web-1 and web-2`, `web-1, web-2, web-3 and 4 more`.
func hostsText(_ hosts: [String]) -> String {
    let hosts = Array(Set(hosts)).sorted()
    if hosts.count > 4 { return hosts.prefix(3).joined(separator: ", ") + " and \(hosts.count - 3) more" }
    guard let last = hosts.last, hosts.count > 1 else { return hosts.first ?? "no host" }
    return hosts.dropLast().joined(separator: ", ") + " and " + last
}

/// `12 s`, `3 min`, `2 h`.
func ageText(_ period: Period) -> String {
    let seconds = period.milliseconds / 1000
    if seconds < 120 { return "\(seconds) s" }
    return seconds < 7200 ? "\(seconds / 60) min" : "\(seconds / 3600) h"
}

/// A factor with two or three telling digits: `3.8`, `1.02`, `0.94`, `12`.
func factorText(_ factor: Double) -> String {
    guard factor.isFinite, factor >= 0, factor < 9.95 else { return numberText(factor.rounded()) }
    let scale: Int64 = factor < 1.995 ? 100 : 10
    let scaled = Int64((factor * Double(scale)).rounded())
    var digits = String(scaled % scale)
    digits = String(repeating: "0", count: String(scale).count - 1 - digits.count) + digits
    while digits.hasSuffix("0") { digits.removeLast() }
    return digits.isEmpty ? "\(scaled / scale)" : "\(scaled / scale).\(digits)"
}

/// `40 s`, `4 min`, `3 h`, `2 days`: an estimate has no more digits than these.
func durationText(_ seconds: Double) -> String {
    switch seconds {
    case ..<100: return "\(Int64(max(1, (seconds / 5).rounded(.up) * 5))) s"
    case ..<5400: return "\(Int64((seconds / 60).rounded())) min"
    case ..<172_800: return "\(Int64((seconds / 3600).rounded())) h"
    case ..<86_400_000: return "\(countText((seconds / 86_400).rounded())) days"
    default: return "years"
    }
}
