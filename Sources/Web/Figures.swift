import Values

/// Numbers as people read them.
enum Figures {
    /// `1,204`; a number of events may be broken by extrapolation and is rounded.
    static func count(_ number: Double) -> String {
        guard number.isFinite, abs(number) < 1e15 else { return "–" }
        return count(Int64(number.rounded()))
    }

    static func count(_ number: some BinaryInteger) -> String {
        let digits = Array(String(number.magnitude))
        var text = number < 0 ? "−" : ""
        for (place, digit) in digits.enumerated() {
            if place > 0, (digits.count - place).isMultiple(of: 3) { text += "," }
            text.append(digit)
        }
        return text
    }

    /// A ratio as percent with two or three leading figures: `5.2%`, `0.48%`, `0.0031%`, `100%`.
    static func percent(_ ratio: Double) -> String {
        guard ratio.isFinite else { return "–" }
        let percent = ratio * 100
        switch abs(percent) {
        case 0: return "0%"
        case 10...: return fixed(percent, 1, trim: true) + "%"
        case 1..<10: return fixed(percent, 2, trim: true) + "%"
        case 0.1..<1: return fixed(percent, 2, trim: true) + "%"
        case 0.01..<0.1: return fixed(percent, 3, trim: true) + "%"
        default: return fixed(percent, 5, trim: true) + "%"
        }
    }

    /// Any measured value, with four leading figures at most.
    static func plain(_ number: Double) -> String {
        guard number.isFinite else { return number.isNaN ? "not a number" : number < 0 ? "−∞" : "∞" }
        switch abs(number) {
        case 1000...: return count(number)
        case 100..<1000: return fixed(number, 1, trim: true)
        case 1..<100: return fixed(number, 2, trim: true)
        default: return fixed(number, 4, trim: true)
        }
    }

    /// A measured value in little room: `0.042`, `12.5`, `1.2k`, `3.4M`.
    static func short(_ number: Double) -> String {
        guard number.isFinite else { return plain(number) }
        for (size, unit) in [(1e12, "T"), (1e9, "G"), (1e6, "M"), (1e4, "k")] where abs(number) >= size {
            let scaled = number / (unit == "k" ? 1e3 : size)
            guard scaled.magnitude < 1e5 else { break }
            return fixed(scaled, scaled.magnitude < 100 ? 2 : 1, trim: true) + unit
        }
        guard abs(number) < 1e12 else { return exponent(number) }
        guard abs(number) >= 0.001 || number == 0 else { return exponent(number) }
        return plain(number)
    }

    /// `1.5e-7`
    private static func exponent(_ number: Double) -> String {
        guard number != 0 else { return "0" }
        var (size, exponent) = (abs(number), 0)
        while size >= 10 { (size, exponent) = (size / 10, exponent + 1) }
        while size < 1 { (size, exponent) = (size * 10, exponent - 1) }
        return (number < 0 ? "−" : "") + fixed(size, 2, trim: true) + "e\(exponent)"
    }

    /// A measured length of time: `0.4 ms`, `120 ms`, `1.35 s`, `2 h 5 min`.
    static func seconds(_ seconds: Double) -> String {
        let size = abs(seconds)
        switch size {
        case 0: return "0 s"
        case ..<0.000_001: return short(seconds * 1e9) + " ns"
        case ..<0.001: return fixed(seconds * 1e6, size < 0.000_1 ? 1 : 0, trim: true) + " µs"
        case ..<1: return fixed(seconds * 1000, size < 0.1 ? 1 : 0, trim: true) + " ms"
        case ..<120: return fixed(seconds, size < 10 ? 2 : 1, trim: true) + " s"
        case ..<1e12: return (seconds < 0 ? "−" : "") + period(.seconds(Int64(size)))
        default: return exponent(seconds) + " s"
        }
    }

    /// A measured size: `12 B`, `38.2 MiB`.
    static func bytes(_ bytes: Double) -> String {
        var (size, units) = (bytes, ["B", "KiB", "MiB", "GiB", "TiB", "PiB"][...])
        while abs(size) >= 1024, units.count > 1 {
            size /= 1024
            units.removeFirst()
        }
        return fixed(size, abs(size) < 100 ? 1 : 0, trim: true) + " " + (units.first ?? "")
    }

    /// With exactly `places` decimals, or without the zeros at their end.
    /// - Parameter ascii: for machines, with a hyphen for a minus.
    static func fixed(_ number: Double, _ places: Int, trim: Bool = false, ascii: Bool = false) -> String {
        var scale = 1.0
        for _ in 0..<places { scale *= 10 }
        let scaled = (abs(number) * scale).rounded()
        guard scaled < 1e15 else { return count(number) }
        let whole = Int64(scaled) / Int64(scale)
        var decimals = String(Int64(scaled) % Int64(scale))
        decimals = String(repeating: "0", count: max(0, places - decimals.count)) + decimals
        if trim { while decimals.last == "0" { decimals.removeLast() } }
        let sign = number < 0 && scaled > 0 ? (ascii ? "-" : "−") : ""
        return sign + String(whole) + (decimals.isEmpty || places == 0 ? "" : "." + decimals)
    }

    /// A length of time with its two largest units: `1 h 30 min`, `45 s`, `0.5 s`.
    static func period(_ period: Period) -> String {
        let seconds = period.milliseconds.magnitude / 1000
        let (days, hours, minutes) = (seconds / 86_400, seconds / 3600 % 24, seconds / 60 % 60)
        if days > 0 { return hours > 0 ? "\(days) d \(hours) h" : "\(days) d" }
        if hours > 0 { return minutes > 0 ? "\(hours) h \(minutes) min" : "\(hours) h" }
        if minutes > 0 { return seconds % 60 > 0 ? "\(minutes) min \(seconds % 60) s" : "\(minutes) min" }
        if seconds > 0 || period.milliseconds == 0 { return "\(seconds) s" }
        return "\(period.milliseconds) ms"
    }

    /// A sentence as the control plane words it, with a capital letter; a name with digits or hyphens stays as it is.
    static func sentence(_ text: String) -> String {
        let word = text.prefix { $0 != " " && $0 != ":" && $0 != "," }
        guard !word.isEmpty, word.allSatisfy({ $0.isASCII && $0.isLowercase }) else { return text }
        return text.prefix(1).uppercased() + text.dropFirst()
    }

    /// `1 host`, `12 hosts`.
    static func counted(_ number: Int, _ one: String, _ many: String) -> String {
        "\(count(number)) \(number == 1 ? one : many)"
    }
}
