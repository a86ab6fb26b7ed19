/// So many hosts: a count (`3`) or a share (`5%`) of some whole.
public enum Amount: Hashable, Sendable {
    case count(Int)
    /// A share in percent, 0 through 100.
    case percent(Double)

    /// How many of `whole` this is, rounded down, as for a limit that must not be exceeded.
    public func roundedDown(of whole: Int) -> Int {
        switch self {
        case .count(let count): return min(count, whole)
        case .percent(let percent): return min(whole, Int((Double(whole) * percent / 100 + 1e-9).rounded(.down)))
        }
    }

    /// How many of `whole` this is, rounded up, as for a wave that must not be empty.
    public func roundedUp(of whole: Int) -> Int {
        switch self {
        case .count(let count): return min(count, whole)
        case .percent(let percent): return min(whole, Int((Double(whole) * percent / 100 - 1e-9).rounded(.up)))
        }
    }
}

extension Amount: CustomStringConvertible {
    public var description: String {
        switch self {
        case .count(let count): return "\(count)"
        case .percent(let percent): return "\(Percentage(percent))"
        }
    }

    /// Reads `3` or `5%`.
    public init?(_ text: some StringProtocol) {
        if let count = Int(text), count >= 0 {
            self = .count(count)
        } else if let percentage = Percentage(text), (0...100).contains(percentage.percent) {
            self = .percent(percentage.percent)
        } else {
            return nil
        }
    }
}

extension Amount: Codable {
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let amount = Amount(text) else {
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: "'\(text)' is not a count or a share")
        }
        self = amount
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}

/// A percentage as people write it: `1%`, `0.05%`.
public struct Percentage: Hashable, Sendable {
    /// 1 % is 1, not 0.01.
    public var percent: Double

    public init(_ percent: Double) {
        self.percent = percent
    }

    /// 1 % is 0.01.
    public var fraction: Double { percent / 100 }
}

extension Percentage: CustomStringConvertible {
    public var description: String {
        percent == percent.rounded() && abs(percent) < 1e15 ? "\(Int64(percent))%" : "\(percent)%"
    }

    /// Reads `1%` or `0.05%`; the percent sign is required, so that `0.01` is never mistaken for `1%`.
    public init?(_ text: some StringProtocol) {
        guard text.hasSuffix("%"), let percent = Double(text.dropLast()), percent.isFinite, percent >= 0 else {
            return nil
        }
        self.init(percent)
    }
}

extension Percentage: Codable {
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let percentage = Percentage(text) else {
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: "'\(text)' is not a percentage like 1%")
        }
        self = percentage
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}
