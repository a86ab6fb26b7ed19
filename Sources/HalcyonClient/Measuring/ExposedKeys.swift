/// Different targeting keys that were given a flag while its rollout's share stood still.
///
/// Only their hashes are remembered, and only so many: when there are more, every second one is forgotten, and of the keys to come
/// only those are counted that would have been kept. Chance decides which, so that the shares among them are those among all.
struct ExposedKeys: Sendable {
    static let capacity = 4096

    let mark: MeasureBook.Mark
    private struct Key {
        var variant: String
        var isCrossed = false
    }

    private var keys: [UInt64: Key] = [:]
    private var mask: UInt64 = 0
    private var drawn: [String: Int64] = [:]
    private var total: Int64 = 0
    private var crossed: Int64 = 0

    init(mark: MeasureBook.Mark) { self.mark = mark }

    /// - Parameter isDrawn: a share decided, and no rule.
    mutating func note(_ hash: UInt64, _ variant: String, isDrawn: Bool) {
        guard hash & mask == 0 else { return }
        if let known = keys[hash] {
            guard known.variant != variant, !known.isCrossed else { return }
            keys[hash]?.isCrossed = true
            crossed += 1
            return
        }
        keys[hash] = Key(variant: variant)
        total += 1
        if isDrawn { drawn[variant, default: 0] += 1 }
        guard keys.count > ExposedKeys.capacity else { return }
        mask = mask << 1 | 1
        keys = keys.filter { $0.key & mask == 0 }
    }

    /// As a report has it.
    func value(flag: String) -> FlagValue {
        [
            "flag": .string(flag), "rollout": .string(mark.rollout), "share": .string(mark.share),
            "drawn": .list(drawn.map { ["variant": .string($0.key), "count": .integer($0.value)] as FlagValue }),
            "keys": .integer(total), "crossed": .integer(crossed),
        ]
    }
}
