import Series

/// Which series have which label: every pair of a name and a value with the slots of its series, in order.
///
/// A value: readers take a copy, which shares everything that the writer does not change meanwhile.
struct HeadIndex {
    /// A label name with all its values.
    struct Name {
        /// Values with the places of their pairs.
        var values: [String: Int32] = [:]
    }

    struct Pair {
        /// As in `Labels.bytes`.
        var bytes: [UInt8]
        var name: String
        var value: String
        var slots: [UInt32] = []
    }

    private(set) var names: [String: Name] = [:]
    private(set) var pairs: [Pair] = []
    private var table = HashTable()
    private var free: [Int] = []
    /// One more than the largest slot.
    private(set) var limit = 0
    private(set) var count = 0

    /// Adds a series; slots must rise.
    mutating func insert(_ labels: Labels, _ slot: UInt32) {
        labels.bytes.withUnsafeBufferPointer { buffer in
            var cursor = LabelCursor()
            var start = 0
            while let label = cursor.next(buffer) {
                let pair = pair(buffer, start..<cursor.position, label.name, label.value)
                pairs[pair].slots.append(slot)
                start = cursor.position
            }
        }
        limit = max(limit, Int(slot) + 1)
        count += 1
    }

    private mutating func pair(
        _ buffer: UnsafeBufferPointer<UInt8>, _ range: Range<Int>, _ name: Range<Int>, _ value: Range<Int>
    ) -> Int {
        let bytes = UnsafeBufferPointer(rebasing: buffer[range])
        let hash = hashOfBytes(UnsafeRawBufferPointer(bytes))
        if let known = table.find(hash, where: { pairs[$0].bytes.elementsEqual(bytes) }) { return known }
        let pair = Pair(
            bytes: Array(bytes), name: String(decoding: buffer[name], as: UTF8.self),
            value: String(decoding: buffer[value], as: UTF8.self))
        let place = free.popLast() ?? pairs.count
        if place == pairs.count { pairs.append(pair) } else { pairs[place] = pair }
        names[pair.name, default: Name()].values[pair.value] = Int32(place)
        table.insert(hash, place) { [pairs] in hashOfBytes(pairs[$0].bytes) }
        return place
    }

    /// How many series have a label.
    func count(_ name: String, _ value: String) -> Int {
        names[name]?.values[value].map { pairs[Int($0)].slots.count } ?? 0
    }

    /// Forgets series.
    mutating func remove(_ slots: Set<UInt32>, labels: [Labels]) {
        var touched: Set<Int> = []
        for labels in labels {
            labels.bytes.withUnsafeBufferPointer { buffer in
                var cursor = LabelCursor()
                var start = 0
                while cursor.next(buffer) != nil {
                    let bytes = UnsafeBufferPointer(rebasing: buffer[start..<cursor.position])
                    let hash = hashOfBytes(UnsafeRawBufferPointer(bytes))
                    if let pair = table.find(hash, where: { pairs[$0].bytes.elementsEqual(bytes) }) {
                        touched.insert(pair)
                    }
                    start = cursor.position
                }
            }
        }
        var emptied: Set<Int> = []
        for place in touched {
            pairs[place].slots.removeAll { slots.contains($0) }
            if pairs[place].slots.isEmpty { emptied.insert(place) }
        }
        for place in emptied {
            let pair = pairs[place]
            names[pair.name]?.values[pair.value] = nil
            if names[pair.name]?.values.isEmpty == true { names[pair.name] = nil }
        }
        table.filter(hashAt: { hashOfBytes(pairs[$0].bytes) }, { !emptied.contains($0) })
        for place in emptied { pairs[place] = Pair(bytes: [], name: "", value: "") }
        free.append(contentsOf: emptied)
        count -= slots.count
    }
}
