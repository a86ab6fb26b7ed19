/// Names as Prometheus writes them (opentelemetry.io, "Prometheus and OpenMetrics Compatibility").
enum OTLPNames {
    private static let units = [
        "d": "days", "h": "hours", "min": "minutes", "s": "seconds", "ms": "milliseconds", "us": "microseconds",
        "ns": "nanoseconds", "By": "bytes", "KiBy": "kibibytes", "MiBy": "mebibytes", "GiBy": "gibibytes",
        "TiBy": "tibibytes", "KBy": "kilobytes", "MBy": "megabytes", "GBy": "gigabytes", "TBy": "terabytes",
        "m": "meters", "V": "volts", "A": "amperes", "J": "joules", "W": "watts", "g": "grams", "Cel": "celsius",
        "Hz": "hertz", "%": "percent",
    ]
    private static let perUnits = [
        "s": "second", "m": "minute", "h": "hour", "d": "day", "w": "week", "mo": "month", "y": "year",
    ]

    /// The unit in words; what stands in braces says nothing.
    static func unit(_ unit: String) -> String {
        let parts = unit.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false).map { part in
            part.contains("{") ? "" : String(part)
        }
        guard let first = parts.first else { return "" }
        var words = first == "1" ? "" : clean(units[first] ?? first)
        if parts.count == 2, !parts[1].isEmpty {
            words += (words.isEmpty ? "per_" : "_per_") + clean(perUnits[parts[1]] ?? parts[1])
        }
        return words
    }

    static func metric(_ metric: OTLPMetric) -> String {
        var name = clean(metric.name)
        if let first = name.utf8.first, (48...57).contains(first) { name = "_" + name }
        let isCounter = metric.kind == .sum && metric.isMonotonic
        if isCounter, name.hasSuffix("_total") { name = String(name.dropLast(6)) }
        let unit = unit(metric.unit)
        if !unit.isEmpty, !name.hasSuffix("_\(unit)"), name != unit { name += "_\(unit)" }
        if metric.unit == "1", metric.kind == .gauge, !name.hasSuffix("_ratio") { name += "_ratio" }
        return isCounter ? "\(name)_total" : name
    }

    static func label(_ name: String) -> String {
        let cleaned = String(decoding: name.utf8.map { isPlain($0) ? $0 : UInt8(ascii: "_") }, as: UTF8.self)
        if let first = cleaned.utf8.first, (48...57).contains(first) { return "key_\(cleaned)" }
        return cleaned
    }

    /// Runs of other characters become one underscore.
    private static func clean(_ text: String) -> String {
        var bytes: [UInt8] = []
        for byte in text.utf8 {
            let next = isPlain(byte) || byte == UInt8(ascii: ":") ? byte : UInt8(ascii: "_")
            if next == UInt8(ascii: "_"), bytes.last == next { continue }
            bytes.append(next)
        }
        while bytes.last == UInt8(ascii: "_"), bytes.count > 1 { bytes.removeLast() }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        (97...122).contains(byte) || (65...90).contains(byte) || (48...57).contains(byte) || byte == UInt8(ascii: "_")
    }

    /// A bound of a bucket as Go writes it: whole numbers without a fraction.
    static func number(_ value: Double) -> String {
        if value.isInfinite { return value > 0 ? "+Inf" : "-Inf" }
        if value == value.rounded(), abs(value) < 1e15 { return "\(Int64(value))" }
        return "\(value)"
    }
}
