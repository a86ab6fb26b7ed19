/// From names to numbers, by the names' bytes: built once, then only read. Names can belong to different owners.
struct ByteTable: ~Copyable, @unchecked Sendable {  // Owns its memory; shared only when it is complete.
    private struct Entry {
        var hash: UInt32
        var owner: UInt32
        var length: UInt32
        /// 0 is a free place.
        var numberPlusOne: UInt32
        var name: UnsafeRawPointer?
    }

    private var entries: UnsafeMutablePointer<Entry>
    private var mask: Int
    private(set) var count = 0

    init() {
        entries = ByteTable.allocate(16)
        mask = 15
    }

    deinit {
        for place in 0...mask { entries[place].name?.deallocate() }
        entries.deallocate()
    }

    private static func allocate(_ capacity: Int) -> UnsafeMutablePointer<Entry> {
        let entries = UnsafeMutablePointer<Entry>.allocate(capacity: capacity)
        entries.initialize(
            repeating: Entry(hash: 0, owner: 0, length: 0, numberPlusOne: 0, name: nil), count: capacity)
        return entries
    }

    /// The number of a name; `nil` when it is not there.
    @inline(__always)
    func find(_ name: UnsafeRawPointer, _ length: Int, owner: UInt32 = 0) -> UInt32? {
        let hash = byteHash(name, length, seed: owner)
        var place = Int(hash) & mask
        while true {
            let entry = entries[place]
            if entry.numberPlusOne == 0 { return nil }
            if entry.hash == hash, Int(entry.length) == length, entry.owner == owner, let known = entry.name,
                sameBytes(known, name, length)
            {
                return entry.numberPlusOne &- 1
            }
            place = (place &+ 1) & mask
        }
    }

    func find(_ name: String, owner: UInt32 = 0) -> UInt32? {
        var name = name
        return name.withUTF8 { utf8 in
            withUnsafeBytes(of: 0) { utf8.baseAddress.map(UnsafeRawPointer.init) ?? $0.baseAddress }
                .flatMap { find($0, utf8.count, owner: owner) }
        }
    }

    /// Adds a name that is not there yet.
    mutating func add(_ name: String, owner: UInt32 = 0, number: UInt32) {
        if (count + 1) * 2 > mask { grow() }
        let utf8 = Array(name.utf8)
        let copy = UnsafeMutableRawPointer.allocate(byteCount: max(utf8.count, 1), alignment: 8)
        copy.copyMemory(from: utf8, byteCount: utf8.count)
        insert(
            Entry(
                hash: byteHash(copy, utf8.count, seed: owner), owner: owner, length: UInt32(utf8.count),
                numberPlusOne: number + 1, name: UnsafeRawPointer(copy)))
        count += 1
    }

    private mutating func insert(_ entry: Entry) {
        var place = Int(entry.hash) & mask
        while entries[place].numberPlusOne != 0 { place = (place + 1) & mask }
        entries[place] = entry
    }

    private mutating func grow() {
        let (old, oldMask) = (entries, mask)
        mask = mask * 2 + 1
        entries = ByteTable.allocate(mask + 1)
        for place in 0...oldMask where old[place].numberPlusOne != 0 { insert(old[place]) }
        old.deallocate()
    }
}
