/// A length of time in whole milliseconds, written as Prometheus writes durations: `500ms`, `30s`, `1h30m`, `7d`.
public struct Period: Hashable, Comparable, Sendable {
    public var milliseconds: Int64

    public init(milliseconds: Int64) {
        self.milliseconds = milliseconds
    }

    public static let zero = Period(milliseconds: 0)
    public static func milliseconds(_ count: Int64) -> Period { Period(milliseconds: count) }
    public static func seconds(_ count: Int64) -> Period { Period(milliseconds: count * 1000) }
    public static func minutes(_ count: Int64) -> Period { Period(milliseconds: count * 60_000) }
    public static func hours(_ count: Int64) -> Period { Period(milliseconds: count * 3_600_000) }

    public var seconds: Double { Double(milliseconds) / 1000 }

    /// Without its milliseconds, for people.
    public var roundedToSeconds: Period { .seconds((milliseconds + 500) / 1000) }

    public static func < (left: Period, right: Period) -> Bool { left.milliseconds < right.milliseconds }
    public static func + (left: Period, right: Period) -> Period {
        Period(milliseconds: left.milliseconds + right.milliseconds)
    }
    public static func - (left: Period, right: Period) -> Period {
        Period(milliseconds: left.milliseconds - right.milliseconds)
    }
    public static func * (period: Period, factor: Int64) -> Period {
        Period(milliseconds: period.milliseconds * factor)
    }
}

extension Period: CustomStringConvertible {
    private static let units: [(name: String, milliseconds: Int64)] = [
        ("w", 604_800_000), ("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1),
    ]

    /// The longest exact spelling without zero parts, for example `1h30m`; zero is `0s`.
    public var description: String {
        guard milliseconds != 0 else { return "0s" }
        var rest = milliseconds.magnitude
        var text = milliseconds < 0 ? "-" : ""
        // Weeks are read but never written: people say "14d".
        for unit in Period.units.dropFirst() where rest >= UInt64(unit.milliseconds) {
            text += "\(rest / UInt64(unit.milliseconds))\(unit.name)"
            rest %= UInt64(unit.milliseconds)
        }
        return text
    }

    /// Reads `1h30m`, `500ms`, `2d`; a number without a unit is refused (except `0`).
    ///
    /// - Returns: `nil` when the text is not a duration, or is longer than a hundred years.
    public init?(_ text: some StringProtocol) {
        var rest = Substring(text)
        if rest == "0" {
            self = .zero
            return
        }
        guard !rest.isEmpty else { return nil }
        var total: Int64 = 0
        while !rest.isEmpty {
            let digits = rest.prefix { $0.isASCII && $0.isNumber }
            rest = rest.dropFirst(digits.count)
            let name = rest.prefix { $0.isASCII && $0.isLetter }
            rest = rest.dropFirst(name.count)
            guard let count = Int64(digits), let unit = Period.units.first(where: { $0.name == name }) else {
                return nil
            }
            let (product, overflowed) = count.multipliedReportingOverflow(by: unit.milliseconds)
            let (sum, overflowedSum) = total.addingReportingOverflow(product)
            guard !overflowed, !overflowedSum else { return nil }
            total = sum
        }
        guard total <= Period.longest else { return nil }
        self.init(milliseconds: total)
    }

    /// A hundred years: sums and small multiples of what people write never overflow.
    private static let longest: Int64 = 100 * 365 * 86_400_000
}

extension Period: Codable {
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let period = Period(text) else {
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: "'\(text)' is not a duration like 30s")
        }
        self = period
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}
