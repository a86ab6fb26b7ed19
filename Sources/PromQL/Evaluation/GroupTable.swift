import Series

/// Gives series with the same labels (of those that count) the same number, without memory of its own for each series.
struct GroupTable {
    private let names: [[UInt8]]
    private let keeps: Bool
    private var slots: [Int32]
    private var scratch: [UInt8] = []
    /// The labels that count, by number.
    private(set) var groups: [Labels] = []

    /// - Parameter keeps: whether the labels of these names count, or all others.
    init(_ names: [String], keeps: Bool) {
        self.names = names.map { Array($0.utf8) }
        self.keeps = keeps
        slots = [Int32](repeating: -1, count: 64)
        scratch.reserveCapacity(256)
    }

    /// The number of a series' group.
    mutating func group(of labels: Labels) -> Int {
        collect(labels)
        let hash = scratch.withUnsafeBytes { hashOfBytes($0) }
        var slot = Int(truncatingIfNeeded: hash) & (slots.count - 1)
        while slots[slot] >= 0 {
            let group = Int(slots[slot])
            if groups[group].hash64 == hash, groups[group].bytes == scratch { return group }
            slot = (slot + 1) & (slots.count - 1)
        }
        slots[slot] = Int32(groups.count)
        groups.append(Labels(unchecked: Array(scratch)))
        if groups.count * 2 > slots.count { grow() }
        return groups.count - 1
    }

    private mutating func collect(_ labels: Labels) {
        scratch.removeAll(keepingCapacity: true)
        if keeps, names.isEmpty { return }
        labels.bytes.withUnsafeBufferPointer { buffer in
            var cursor = LabelCursor()
            var start = 0
            while let label = cursor.next(buffer) {
                let isNamed = names.contains { name in
                    name.count == label.name.count && name.withUnsafeBufferPointer { isEqual($0, buffer, label.name) }
                }
                if isNamed == keeps { scratch.append(contentsOf: buffer[start..<cursor.position]) }
                start = cursor.position
            }
        }
    }

    @inline(__always)
    private func isEqual(
        _ name: UnsafeBufferPointer<UInt8>, _ buffer: UnsafeBufferPointer<UInt8>, _ range: Range<Int>
    ) -> Bool {
        for index in 0..<name.count where name[index] != buffer[range.lowerBound + index] { return false }
        return true
    }

    private mutating func grow() {
        slots = [Int32](repeating: -1, count: slots.count * 4)
        for (group, labels) in groups.enumerated() {
            var slot = Int(truncatingIfNeeded: labels.hash64) & (slots.count - 1)
            while slots[slot] >= 0 { slot = (slot + 1) & (slots.count - 1) }
            slots[slot] = Int32(group)
        }
    }
}

/// The labels that describe a metric itself; they go together with its name.
let metadataLabels = ["__name__", "__type__", "__unit__"]
