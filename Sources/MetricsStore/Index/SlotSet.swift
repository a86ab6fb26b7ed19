/// A set of slots, as bits.
struct SlotSet {
    private var words: [UInt64]

    /// - Parameter limit: no slot is as large.
    init(limit: Int) { words = [UInt64](repeating: 0, count: (limit + 63) / 64) }

    @inline(__always)
    func contains(_ slot: UInt32) -> Bool {
        let word = Int(slot >> 6)
        return word < words.count && words[word] >> UInt64(slot & 63) & 1 == 1
    }

    mutating func insert(contentsOf slots: [UInt32]) {
        words.withUnsafeMutableBufferPointer { words in
            for slot in slots where Int(slot >> 6) < words.count { words[Int(slot >> 6)] |= 1 << UInt64(slot & 63) }
        }
    }
}
