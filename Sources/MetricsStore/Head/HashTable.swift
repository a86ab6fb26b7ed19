/// Places by a hash of what lies there: who searches compares the things themselves.
struct HashTable {
    private struct Entry {
        var check: UInt32
        /// One more than the place; 0 where there is none.
        var place: UInt32
    }

    private var entries = [Entry](repeating: Entry(check: 0, place: 0), count: 1024)
    private var count = 0

    @inline(__always)
    func find(_ hash: UInt64, where isEqual: (Int) -> Bool) -> Int? {
        let mask = entries.count - 1
        let check = UInt32(truncatingIfNeeded: hash >> 32)
        var index = Int(truncatingIfNeeded: hash) & mask
        while entries[index].place != 0 {
            if entries[index].check == check, isEqual(Int(entries[index].place - 1)) {
                return Int(entries[index].place - 1)
            }
            index = (index &+ 1) & mask
        }
        return nil
    }

    /// - Parameter hashAt: the hash of what lies at a place, to move it when the table grows.
    mutating func insert(_ hash: UInt64, _ place: Int, hashAt: (Int) -> UInt64) {
        if (count + 1) * 5 > entries.count * 4 {
            let old = entries
            entries = [Entry](repeating: Entry(check: 0, place: 0), count: old.count * 2)
            for entry in old where entry.place != 0 { put(hashAt(Int(entry.place - 1)), entry) }
        }
        put(hash, Entry(check: UInt32(truncatingIfNeeded: hash >> 32), place: UInt32(place + 1)))
        count += 1
    }

    private mutating func put(_ hash: UInt64, _ entry: Entry) {
        let mask = entries.count - 1
        var index = Int(truncatingIfNeeded: hash) & mask
        while entries[index].place != 0 { index = (index &+ 1) & mask }
        entries[index] = entry
    }

    /// Keeps only some places.
    mutating func filter(hashAt: (Int) -> UInt64, _ isKept: (Int) -> Bool) {
        let old = entries
        self = HashTable()
        for entry in old where entry.place != 0 && isKept(Int(entry.place - 1)) {
            insert(hashAt(Int(entry.place - 1)), Int(entry.place - 1), hashAt: hashAt)
        }
    }
}
