import Values

extension SeededGenerator {
    mutating func below(_ limit: Int) -> Int { Int(next() % UInt64(max(1, limit))) }

    private static let odd: [UInt64] = [
        0, 0x8000_0000_0000_0000, 0x7ff0_0000_0000_0002, 0x7ff8_0000_0000_0001, 0x7ff0_0000_0000_0000,
        0xfff0_0000_0000_0000, .max, 1, (0.1).bitPattern, (1e300).bitPattern, (-3.5).bitPattern,
    ]

    /// Samples of one of several kinds: counters, gauges, decimals, noise, odd bits; regular, jittering and wild times.
    mutating func samples(count: Int) -> [(time: Int64, bits: UInt64)] {
        let (kind, clock) = (below(6), below(4))
        var time = clock == 3 ? Int64(bitPattern: next()) / 4 : Int64(1_700_000_000_000)
        var value = Double(below(1_000_000))
        return (0..<count).map { _ in
            switch clock {
            case 0: time += 15_000
            case 1: time += 14_990 + Int64(below(20))
            case 2: time += 1 + Int64(below(3_000_000))
            default: time += 1 + Int64(next() >> UInt64(20 + below(43)))
            }
            switch kind {
            case 0: value += Double(below(20))
            case 1: value = Double(below(2000) - 1000) / 100
            case 2: value += below(3) == 0 ? 1 : 0
            case 3: return (time, next())
            case 4: return (time, SeededGenerator.odd[below(SeededGenerator.odd.count)])
            default: value = below(9) == 0 ? .nan : Double(below(1 << 40)) * 1.1
            }
            return (time, value.bitPattern)
        }
    }
}
