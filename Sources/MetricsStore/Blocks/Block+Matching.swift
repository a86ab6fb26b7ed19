import Chunks
import Glibc
import Series

extension Block {
    /// The ordinals of all series that all matchers match, rising.
    func ordinals(_ matchers: [CompiledMatcher]) -> [UInt32] {
        var found: [UInt32]?
        var excluded: [SlotSet] = []
        for matcher in matchers {
            let matchesAbsent = matcher.matches("")
            var set = SlotSet(limit: Int(footer.series))
            var only: [UInt32] = []
            forEachPair(of: matcher) { value, ordinals in
                if matcher.matches(value) != matchesAbsent {
                    let ordinals = ordinals()
                    only = only.isEmpty ? ordinals : only
                    set.insert(contentsOf: ordinals)
                }
            }
            if matchesAbsent {
                excluded.append(set)
            } else if let candidates = found {
                found = candidates.filter { set.contains($0) }
            } else {
                found = (0..<UInt32(clamping: footer.series)).filter { set.contains($0) }
            }
        }
        var all = found ?? Array(0..<UInt32(clamping: footer.series))
        for set in excluded { all.removeAll { set.contains($0) } }
        return all
    }

    /// Calls `body` with the values of a matcher's label and how to get their series; only with the one value, if it asks for one.
    private func forEachPair(of matcher: CompiledMatcher, _ body: (String, () -> [UInt32]) -> Void) {
        let name = matcher.matcher.name
        let value = matcher.matcher.operation == .equal ? matcher.matcher.value : ""
        var number = firstPair(name, value)
        while number < Int(footer.pairs), let pair = pair(number), Block.order(pair.name, name) == 0 {
            let text = String(decoding: pair.value, as: UTF8.self)
            body(text) { Block.ordinals(pair.ordinals, pair.count) }
            if !value.isEmpty { return }
            number += 1
        }
    }

    /// Calls `body` with the names of the labels of all series, in their order.
    func forEachName(_ body: (String) throws(QueryError) -> Void) throws(QueryError) {
        var number = 0
        while number < Int(footer.pairs), let pair = pair(number) {
            let name = String(decoding: pair.name, as: UTF8.self)
            try body(name)
            // Behind all values of the name.
            number = max(number + 1, firstPair(name + "\0", ""))
        }
    }

    /// Calls `body` with the values of a label, in their order.
    func forEachValue(of name: String, _ body: (String) throws(QueryError) -> Void) throws(QueryError) {
        var number = firstPair(name, "")
        while number < Int(footer.pairs), let pair = pair(number), Block.order(pair.name, name) == 0 {
            try body(String(decoding: pair.value, as: UTF8.self))
            number += 1
        }
    }

    private static func ordinals(_ reader: ByteReader, _ count: Int) -> [UInt32] {
        var reader = reader
        var ordinals: [UInt32] = []
        var last: UInt64 = 0
        for _ in 0..<count {
            last &+= reader.varint()
            if reader.isBroken { break }
            ordinals.append(UInt32(truncatingIfNeeded: last))
        }
        return ordinals
    }

    /// The first pair that is not before a name and a value.
    func firstPair(_ name: String, _ value: String) -> Int {
        var (low, high) = (0, Int(footer.pairs))
        while low < high {
            let middle = (low + high) / 2
            guard let pair = pair(middle) else { return Int(footer.pairs) }
            let byName = Block.order(pair.name, name)
            let isBefore = byName < 0 || byName == 0 && Block.order(pair.value, value) < 0
            if isBefore { low = middle + 1 } else { high = middle }
        }
        return low
    }

    static func order(_ bytes: UnsafeRawBufferPointer, _ text: String) -> Int {
        var text = text
        return text.withUTF8 { wanted in
            let common = min(bytes.count, wanted.count)
            if common > 0, let left = bytes.baseAddress, let right = wanted.baseAddress {
                let order = memcmp(left, right, common)
                if order != 0 { return Int(order) }
            }
            return bytes.count - wanted.count
        }
    }
}
