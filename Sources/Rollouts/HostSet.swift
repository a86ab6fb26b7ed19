/// A set of hosts by their place in the plan's order, one bit each: 10,000 hosts are 1.25 kB.
public struct HostSet: Hashable, Sendable {
    private var words: [UInt64] = []

    public init() {}

    public init(_ members: some Sequence<Int>) {
        for member in members { insert(member) }
    }

    public var count: Int { words.reduce(0) { $0 + $1.nonzeroBitCount } }
    public var isEmpty: Bool { words.allSatisfy { $0 == 0 } }

    public func contains(_ member: Int) -> Bool {
        let word = member >> 6
        return word < words.count && words[word] & (1 << UInt64(member & 63)) != 0
    }

    public mutating func insert(_ member: Int) {
        let word = member >> 6
        if word >= words.count { words += [UInt64](repeating: 0, count: word + 1 - words.count) }
        words[word] |= 1 << UInt64(member & 63)
    }

    public mutating func remove(_ member: Int) {
        guard contains(member) else { return }
        words[member >> 6] &= ~(1 << UInt64(member & 63))
        while words.last == 0 { words.removeLast() }
    }

    public mutating func formUnion(_ other: HostSet) {
        if other.words.count > words.count {
            words += [UInt64](repeating: 0, count: other.words.count - words.count)
        }
        for word in other.words.indices { words[word] |= other.words[word] }
    }
}

extension HostSet: Sequence {
    /// Members in ascending order.
    public func makeIterator() -> AnyIterator<Int> {
        var word = 0
        var rest: UInt64 = words.first ?? 0
        let words = self.words
        return AnyIterator {
            while rest == 0 {
                word += 1
                guard word < words.count else { return nil }
                rest = words[word]
            }
            let bit = rest.trailingZeroBitCount
            rest &= rest - 1
            return word << 6 + bit
        }
    }
}

extension HostSet: Codable {
    /// Written as its 64-bit words in hexadecimal, lowest first.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        words = try container.decode([String].self).map { text in
            guard let word = UInt64(text, radix: 16) else {
                throw DecodingError.dataCorruptedError(
                    in: container, debugDescription: "'\(text)' is not a hexadecimal word")
            }
            return word
        }
        while words.last == 0 { words.removeLast() }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(words.map { String($0, radix: 16) })
    }
}
