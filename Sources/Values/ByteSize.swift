/// A number of bytes, written `512KiB`, `20MiB`, `1GiB` (or `KB`, `MB`, `GB` for powers of ten).
public struct ByteSize: Hashable, Comparable, Sendable {
    public var bytes: Int64

    public init(bytes: Int64) {
        self.bytes = bytes
    }

    public static func mebibytes(_ count: Int64) -> ByteSize { ByteSize(bytes: count << 20) }

    public static func < (left: ByteSize, right: ByteSize) -> Bool { left.bytes < right.bytes }
}

extension ByteSize: CustomStringConvertible {
    private static let units: [(name: String, bytes: Int64)] = [
        ("TiB", 1 << 40), ("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10),
        ("TB", 1_000_000_000_000), ("GB", 1_000_000_000), ("MB", 1_000_000), ("KB", 1000), ("B", 1),
    ]

    /// The largest binary unit with at most one decimal, for people; exact below 1 KiB.
    public var description: String {
        for unit in ByteSize.units.prefix(4) where bytes >= unit.bytes {
            let tenths = (Double(bytes) / Double(unit.bytes) * 10).rounded() / 10
            return tenths == tenths.rounded() ? "\(Int64(tenths))\(unit.name)" : "\(tenths)\(unit.name)"
        }
        return "\(bytes)B"
    }

    /// Reads `64MiB`, `1.5GB`, `100B`; a bare number is refused.
    public init?(_ text: some StringProtocol) {
        guard
            let unit = ByteSize.units.first(where: { text.hasSuffix($0.name) }),
            let count = Double(text.dropLast(unit.name.count)), count.isFinite, count >= 0,
            count * Double(unit.bytes) < 9e18
        else { return nil }
        self.init(bytes: Int64((count * Double(unit.bytes)).rounded()))
    }
}

extension ByteSize: Codable {
    public init(from decoder: any Decoder) throws {
        self.init(bytes: try decoder.singleValueContainer().decode(Int64.self))
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(bytes)
    }
}
