/// Sets and removes labels, then gives the new `Labels`.
public struct LabelsBuilder: Sendable {
    private var base: Labels
    private var changes: [(name: String, value: String)] = []

    public init(_ base: Labels = .empty) { self.base = base }

    /// Gives a label a value; the empty value removes the label.
    public mutating func set(_ name: String, _ value: String) {
        guard !name.isEmpty else { return }
        changes.append((name, value))
    }

    /// Sets a label from bytes, which need not be valid UTF-8 (they are repaired).
    public mutating func set(_ name: UnsafeBufferPointer<UInt8>, _ value: UnsafeBufferPointer<UInt8>) {
        set(String(decoding: name, as: UTF8.self), String(decoding: value, as: UTF8.self))
    }

    public mutating func remove(_ name: String) { set(name, "") }

    /// What a label is after the changes so far.
    public subscript(name: String) -> String? {
        if let change = changes.last(where: { $0.name.utf8.elementsEqual(name.utf8) }) {
            return change.value.isEmpty ? nil : change.value
        }
        return base[name]
    }

    public func labels() -> Labels {
        guard !changes.isEmpty else { return base }
        var all = base.pairs.enumerated().map { (name: $1.name, value: $1.value, order: $0) }
        for change in changes { all.append((change.name, change.value, all.count)) }
        all.sort { left, right in
            let before = left.name.utf8.lexicographicallyPrecedes(right.name.utf8)
            if before { return true }
            return left.name.utf8.elementsEqual(right.name.utf8) && left.order < right.order
        }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(base.bytes.count + 32)
        for (index, label) in all.enumerated() {
            if index + 1 < all.count, all[index + 1].name.utf8.elementsEqual(label.name.utf8) { continue }
            guard !label.value.isEmpty else { continue }
            var (name, value) = (label.name, label.value)
            name.withUTF8 { appendText($0, to: &bytes) }
            value.withUTF8 { appendText($0, to: &bytes) }
        }
        return Labels(unchecked: bytes)
    }
}
