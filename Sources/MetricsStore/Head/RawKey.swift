/// A keyed hash of the bytes in which a series' labels were received, 96 bits of it.
///
/// Equal keys are taken for equal labels without comparing the bytes: with a secret that is drawn anew by every process nobody
/// can search for collisions, and by accident two among a billion series have one with a probability of 10⁻¹¹.
struct RawKey: Hashable {
    var hash: UInt64
    var check: UInt32
}

/// Makes keys: two lanes of multiply-and-fold, as wyhash does, with secret factors.
struct RawKeyMaker {
    private let secrets: (UInt64, UInt64, UInt64, UInt64)

    init(using generator: inout some RandomNumberGenerator) {
        secrets = (generator.next() | 1, generator.next() | 1, generator.next(), generator.next())
    }

    @inline(__always)
    func key(_ bytes: UnsafeRawBufferPointer) -> RawKey {
        guard let base = bytes.baseAddress else { return RawKey(hash: 1, check: 1) }
        var first = secrets.2 ^ UInt64(truncatingIfNeeded: bytes.count)
        var second = secrets.3
        var place = 0
        while place &+ 16 <= bytes.count {
            let low = base.loadUnaligned(fromByteOffset: place, as: UInt64.self)
            let high = base.loadUnaligned(fromByteOffset: place &+ 8, as: UInt64.self)
            first = RawKeyMaker.fold(low ^ first, high ^ secrets.0)
            second = RawKeyMaker.fold(low ^ secrets.1, high ^ second)
            place &+= 16
        }
        if place < bytes.count {
            var (low, high) = (UInt64(0), UInt64(0))
            for index in place..<bytes.count {
                let byte = UInt64(base.load(fromByteOffset: index, as: UInt8.self))
                let offset = index &- place
                if offset < 8 { low |= byte << UInt64(8 &* offset) } else { high |= byte << UInt64(8 &* (offset &- 8)) }
            }
            first = RawKeyMaker.fold(low ^ first, high ^ secrets.0)
            second = RawKeyMaker.fold(low ^ secrets.1, high ^ second)
        }
        let mixed = RawKeyMaker.fold(first ^ secrets.1, second ^ secrets.0)
        return RawKey(hash: first ^ mixed, check: UInt32(truncatingIfNeeded: second ^ mixed >> 32))
    }

    @inline(__always)
    private static func fold(_ left: UInt64, _ right: UInt64) -> UInt64 {
        let product = left.multipliedFullWidth(by: right)
        return product.high ^ product.low
    }
}

/// Finds a series' slot by its raw key. Several keys may lead to one slot, as the same labels can be written differently.
struct RawKeyTable {
    private struct Entry {
        var hash: UInt64
        var check: UInt32
        /// One more than the slot; 0 where there is none.
        var slot: UInt32
    }

    private var entries: [Entry]
    private var mask: Int
    private(set) var count = 0

    init(capacity: Int = 1024) {
        var size = 1024
        while size * 4 < capacity * 5 { size *= 2 }
        entries = [Entry](repeating: Entry(hash: 0, check: 0, slot: 0), count: size)
        mask = size - 1
    }

    @inline(__always)
    func slot(_ key: RawKey) -> UInt32? {
        entries.withUnsafeBufferPointer { entries in
            var place = Int(truncatingIfNeeded: key.hash) & mask
            while entries[place].slot != 0 {
                if entries[place].hash == key.hash, entries[place].check == key.check {
                    return entries[place].slot &- 1
                }
                place = (place &+ 1) & mask
            }
            return nil
        }
    }

    mutating func insert(_ key: RawKey, _ slot: UInt32) {
        if (count + 1) * 5 > entries.count * 4 { grow() }
        var place = Int(truncatingIfNeeded: key.hash) & mask
        while entries[place].slot != 0 { place = (place &+ 1) & mask }
        entries[place] = Entry(hash: key.hash, check: key.check, slot: slot &+ 1)
        count += 1
    }

    private mutating func grow() {
        let old = entries
        let size = entries.count * 2
        entries = [Entry](repeating: Entry(hash: 0, check: 0, slot: 0), count: size)
        mask = size - 1
        count = 0
        for entry in old where entry.slot != 0 {
            insert(RawKey(hash: entry.hash, check: entry.check), entry.slot - 1)
        }
    }

    /// Keeps only the keys of some slots.
    mutating func filter(_ isKept: (UInt32) -> Bool) {
        var fresh = RawKeyTable(capacity: count)
        for entry in entries where entry.slot != 0 && isKept(entry.slot - 1) {
            fresh.insert(RawKey(hash: entry.hash, check: entry.check), entry.slot - 1)
        }
        self = fresh
    }
}
