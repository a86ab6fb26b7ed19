import PromQL

/// What a place in an alert's text does with its value, as Prometheus' templates do it.
enum AlertFunction {
    enum Value {
        case text(String)
        case number(Double)

        var text: String {
            switch self {
            case .text(let text): return text
            case .number(let number): return formatValue(number)
            }
        }

        var number: Double? {
            switch self {
            case .number(let number): return number
            case .text(let text): return Double(text)
            }
        }
    }

    case humanize
    case humanize1024
    case humanizeDuration
    case humanizePercentage
    case toUpper
    case toLower
    case title
    /// `printf "%.2f"`: with the text before and behind the number.
    case fixed(before: String, digits: Int, after: String)

    init?(_ words: Substring) {
        switch words {
        case "humanize": self = .humanize
        case "humanize1024": self = .humanize1024
        case "humanizeDuration": self = .humanizeDuration
        case "humanizePercentage": self = .humanizePercentage
        case "toUpper": self = .toUpper
        case "toLower": self = .toLower
        case "title": self = .title
        default:
            guard words.hasPrefix("printf "), let format = AlertFunction.format(words.dropFirst(7)) else { return nil }
            self = format
        }
    }

    /// Of formats those with one fixed-point number: `"%.1f%%"`.
    private static func format(_ words: Substring) -> AlertFunction? {
        let quoted = words.trimmedWhitespace
        guard quoted.count >= 2, quoted.first == "\"", quoted.last == "\"" else { return nil }
        let format = quoted.dropFirst().dropLast()
        guard let place = format.firstRange(of: "%."), let end = format[place.upperBound...].firstIndex(of: "f"),
            let digits = Int(format[place.upperBound..<end]), (0...20).contains(digits)
        else { return nil }
        let (before, after) = (plain(format[..<place.lowerBound]), plain(format[format.index(after: end)...]))
        guard let before, let after else { return nil }
        return .fixed(before: before, digits: digits, after: after)
    }

    /// `%%` is a percent sign; any other verb is not understood.
    private static func plain(_ text: Substring) -> String? {
        let parts = text.split(separator: "%%", omittingEmptySubsequences: false)
        return parts.contains { $0.contains("%") } ? nil : parts.joined(separator: "%")
    }

    func apply(to value: Value) -> Value {
        switch self {
        case .toUpper: return .text(value.text.uppercased())
        case .toLower: return .text(value.text.lowercased())
        case .title:
            return .text(
                value.text.split(separator: " ", omittingEmptySubsequences: false)
                    .map { $0.prefix(1).uppercased() + $0.dropFirst() }.joined(separator: " "))
        default: break
        }
        guard let number = value.number, number.isFinite else { return value }
        switch self {
        case .fixed(let before, let digits, let after): return .text(before + fixedPoint(number, digits) + after)
        case .humanizePercentage: return .text(significant(number * 100) + "%")
        case .humanizeDuration: return .text(AlertFunction.duration(number))
        case .humanize1024:
            return .text(AlertFunction.scaled(number, 1024, ["", "ki", "Mi", "Gi", "Ti", "Pi", "Ei", "Zi", "Yi"], []))
        default:
            return .text(
                AlertFunction.scaled(
                    number, 1000, ["", "k", "M", "G", "T", "P", "E", "Z", "Y"],
                    ["m", "u", "n", "p", "f", "a", "z", "y"]))
        }
    }

    private static func scaled(_ number: Double, _ base: Double, _ large: [String], _ small: [String]) -> String {
        var (number, unit) = (number, "")
        guard number != 0 else { return significant(0) }
        if number.magnitude >= 1 || small.isEmpty {
            for name in large {
                unit = name
                if number.magnitude < base { break }
                if name != large.last { number /= base }
            }
        } else {
            for name in small {
                unit = name
                number *= base
                if number.magnitude >= 1 { break }
            }
        }
        return significant(number) + unit
    }

    private static func duration(_ seconds: Double) -> String {
        guard seconds.magnitude >= 1 else { return scaled(seconds, 1000, [""], ["m", "u", "n"]) + "s" }
        guard seconds.magnitude < 1e15 else { return significant(seconds) + "s" }
        let sign = seconds < 0 ? "-" : ""
        let whole = Int(seconds.magnitude)
        let (days, hours, minutes) = (whole / 86_400, whole / 3600 % 24, whole / 60 % 60)
        if days > 0 { return "\(sign)\(days)d \(hours)h \(minutes)m \(whole % 60)s" }
        if hours > 0 { return "\(sign)\(hours)h \(minutes)m \(whole % 60)s" }
        if minutes > 0 { return "\(sign)\(minutes)m \(whole % 60)s" }
        return significant(seconds) + "s"
    }
}

/// Four significant digits without zeros at the end, as `%.4g` writes them.
private func significant(_ number: Double) -> String {
    guard number != 0, number.isFinite else { return formatValue(number) }
    var exponent = 0
    var size = number.magnitude
    while size >= 10 { (size, exponent) = (size / 10, exponent + 1) }
    while size < 1 { (size, exponent) = (size * 10, exponent - 1) }
    guard (-4..<4).contains(exponent) else {
        let text = trimmedZeros(fixedPoint(number < 0 ? -size : size, 3))
        let digits = exponent.magnitude < 10 ? "0\(exponent.magnitude)" : "\(exponent.magnitude)"
        return "\(text)e\(exponent < 0 ? "-" : "+")\(digits)"
    }
    return trimmedZeros(fixedPoint(number, 3 - exponent))
}

private func trimmedZeros(_ text: String) -> String {
    guard text.contains(".") else { return text }
    var text = text[...]
    while text.last == "0" { text.removeLast() }
    if text.last == "." { text.removeLast() }
    return String(text)
}

/// A number with so many digits behind the point, rounded to the nearest.
private func fixedPoint(_ number: Double, _ digits: Int) -> String {
    var scale = 1.0
    for _ in 0..<digits { scale *= 10 }
    let scaled = (number.magnitude * scale).rounded(.toNearestOrEven)
    guard scaled < 9e15 else { return formatValue(number) }
    let whole = Int(scaled / scale)
    let rest = Int(scaled - Double(whole) * scale)
    let sign = number < 0 && scaled > 0 ? "-" : ""
    guard digits > 0 else { return "\(sign)\(whole)" }
    let text = "\(rest)"
    return "\(sign)\(whole)." + String(repeating: "0", count: max(0, digits - text.count)) + text
}
