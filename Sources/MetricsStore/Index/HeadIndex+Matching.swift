import Series

extension HeadIndex {
    /// The slots of all series that all matchers match, rising.
    func slots(_ matchers: [CompiledMatcher]) -> [UInt32] {
        var candidates: [UInt32]?
        var unions: [SlotSet] = []
        var excluded: [SlotSet] = []
        for matcher in matchers {
            let values = names[matcher.matcher.name]?.values ?? [:]
            if matcher.matches("") {
                // A series without the label matches, too: those with values that do not match are taken away.
                var set = SlotSet(limit: limit)
                for (value, pair) in values where !matcher.matches(value) {
                    set.insert(contentsOf: pairs[Int(pair)].slots)
                }
                excluded.append(set)
            } else {
                let matching = matcher.pairs(values)
                guard !matching.isEmpty else { return [] }
                if matching.count == 1 {
                    let slots = pairs[Int(matching[0])].slots
                    candidates = candidates.map { HeadIndex.common($0, slots) } ?? slots
                } else {
                    var set = SlotSet(limit: limit)
                    for pair in matching { set.insert(contentsOf: pairs[Int(pair)].slots) }
                    unions.append(set)
                }
            }
        }
        var found = candidates ?? (unions.isEmpty ? everything : everythingIn(&unions))
        for set in unions { found.removeAll { !set.contains($0) } }
        for set in excluded { found.removeAll { set.contains($0) } }
        return found
    }

    /// All series: each has a name.
    private var everything: [UInt32] {
        var all: [UInt32] = []
        for pair in (names[Labels.metricName]?.values ?? [:]).values { all.append(contentsOf: pairs[Int(pair)].slots) }
        return all.sorted()
    }

    private func everythingIn(_ unions: inout [SlotSet]) -> [UInt32] {
        let set = unions.removeLast()
        return (0..<UInt32(limit)).filter { set.contains($0) }
    }

    /// What two rising lists have in common; the shorter one leads.
    static func common(_ left: [UInt32], _ right: [UInt32]) -> [UInt32] {
        let (short, long) = left.count <= right.count ? (left, right) : (right, left)
        var found: [UInt32] = []
        found.reserveCapacity(short.count)
        var place = 0
        for slot in short {
            var step = 1
            while place + step < long.count, long[place + step] < slot { step *= 2 }
            var (low, high) = (place + step / 2, min(place + step, long.count - 1) + 1)
            while low < high {
                let middle = (low + high) / 2
                if long[middle] < slot { low = middle + 1 } else { high = middle }
            }
            place = low
            if place >= long.count { break }
            if long[place] == slot { found.append(slot) }
        }
        return found
    }
}

extension CompiledMatcher {
    /// The pairs whose values match; one look-up for a plain value.
    func pairs(_ values: [String: Int32]) -> [Int32] {
        if matcher.operation == .equal { return values[matcher.value].map { [$0] } ?? [] }
        return values.compactMap { matches($0.key) ? $0.value : nil }
    }
}
