/// The labels of a series: sorted by name, each name once, no empty value. `__name__` is an ordinary label.
///
/// All names and values lie in one immutable buffer, so that a copy costs one retain, and equality one comparison of bytes. The
/// layout is, for each label in the order of their names' bytes: the name's length (LEB128), the name, the value's length, the
/// value. The hash is known from the beginning.
public struct Labels: Sendable {
    /// The encoded labels; other rooms may store them as they are and make `Labels` of them again.
    public let bytes: [UInt8]
    /// A hash of `bytes` that is the same in every process and release.
    public let hash64: UInt64

    /// No labels at all.
    public static let empty = Labels(unchecked: [])

    /// Takes bytes over that `Labels` or `LabelsBuilder` has made.
    ///
    /// - Precondition: the layout is right; what is read from a disk must have been checked before (`isValid`).
    public init(unchecked bytes: [UInt8]) {
        self.bytes = bytes
        self.hash64 = hashOfBytes(bytes)
    }

    /// The last of several values of a name counts; an empty value is no label.
    public init(_ pairs: some Sequence<(String, String)>) {
        var builder = LabelsBuilder()
        for (name, value) in pairs { builder.set(name, value) }
        self = builder.labels()
    }

    public init(_ dictionary: [String: String]) {
        self.init(dictionary.map { ($0.key, $0.value) })
    }

    public var isEmpty: Bool { bytes.isEmpty }

    /// How many labels there are.
    /// - Complexity: O(labels).
    public var count: Int {
        var count = 0
        forEachUTF8 { _, _ in count += 1 }
        return count
    }

    /// The value of a label, or `nil`.
    public subscript(name: String) -> String? {
        guard let range = valueRange(of: name) else { return nil }
        return String(decoding: bytes[range], as: UTF8.self)
    }

    /// Where in `bytes` the value of a label lies, or `nil`: for those who need no `String`.
    public func valueRange(of name: String) -> Range<Int>? {
        var name = name
        return name.withUTF8 { wanted in
            var cursor = LabelCursor()
            return bytes.withUnsafeBufferPointer { buffer in
                while let label = cursor.next(buffer) {
                    let order = compareBytes(buffer, label.name, wanted)
                    if order == 0 { return label.value }
                    if order > 0 { return nil }
                }
                return nil
            }
        }
    }

    /// Calls `body` with the UTF-8 bytes of every name and value, in the order of the names.
    public func forEachUTF8(
        _ body: (_ name: UnsafeBufferPointer<UInt8>, _ value: UnsafeBufferPointer<UInt8>) -> Void
    ) {
        bytes.withUnsafeBufferPointer { buffer in
            var cursor = LabelCursor()
            while let label = cursor.next(buffer) {
                body(
                    UnsafeBufferPointer(rebasing: buffer[label.name]),
                    UnsafeBufferPointer(rebasing: buffer[label.value]))
            }
        }
    }

    /// Calls `body` with every name and value as text, in the order of the names.
    public func forEach(_ body: (_ name: String, _ value: String) -> Void) {
        forEachUTF8 { name, value in body(String(decoding: name, as: UTF8.self), String(decoding: value, as: UTF8.self))
        }
    }

    /// All labels as text.
    public var pairs: [(name: String, value: String)] {
        var pairs: [(name: String, value: String)] = []
        forEach { pairs.append(($0, $1)) }
        return pairs
    }

    public var dictionary: [String: String] {
        Dictionary(pairs.map { ($0.name, $0.value) }) { first, _ in first }
    }

    /// The labels of these names only.
    public func keeping(_ names: [String]) -> Labels {
        filtered { name in names.contains { equalBytes(name, $0) } }
    }

    /// All labels but those of these names.
    public func dropping(_ names: [String]) -> Labels {
        filtered { name in !names.contains { equalBytes(name, $0) } }
    }

    /// The labels whose names `isKept` wants.
    public func filtered(_ isKept: (UnsafeBufferPointer<UInt8>) -> Bool) -> Labels {
        var kept: [UInt8] = []
        bytes.withUnsafeBufferPointer { buffer in
            var cursor = LabelCursor()
            var start = 0
            while let label = cursor.next(buffer) {
                if isKept(UnsafeBufferPointer(rebasing: buffer[label.name])) {
                    kept.append(contentsOf: buffer[start..<cursor.position])
                }
                start = cursor.position
            }
        }
        return kept.count == bytes.count ? self : Labels(unchecked: kept)
    }
}

extension Labels: Hashable {
    public static func == (left: Labels, right: Labels) -> Bool {
        left.hash64 == right.hash64 && left.bytes == right.bytes
    }

    public func hash(into hasher: inout Hasher) { hasher.combine(hash64) }
}

extension Labels: Comparable {
    /// Label by label, first by name, then by value, both by their bytes; who has no label left comes first.
    public static func < (left: Labels, right: Labels) -> Bool {
        left.bytes.withUnsafeBufferPointer { a in
            right.bytes.withUnsafeBufferPointer { b in
                var first = LabelCursor()
                var second = LabelCursor()
                while true {
                    guard let right = second.next(b) else { return false }
                    guard let left = first.next(a) else { return true }
                    let names = compareBytes(a, left.name, UnsafeBufferPointer(rebasing: b[right.name]))
                    if names != 0 { return names < 0 }
                    let values = compareBytes(a, left.value, UnsafeBufferPointer(rebasing: b[right.value]))
                    if values != 0 { return values < 0 }
                }
            }
        }
    }
}

extension Labels: CustomStringConvertible, ExpressibleByDictionaryLiteral {
    public init(dictionaryLiteral elements: (String, String)...) { self.init(elements) }

    /// `name{label="value"}`
    public var description: String {
        var text = ""
        var inner = ""
        forEach { name, value in
            if name == Labels.metricName {
                text = value
            } else {
                inner += (inner.isEmpty ? "" : ", ") + "\(name)=\"\(value)\""
            }
        }
        return inner.isEmpty && !text.isEmpty ? text : text + "{\(inner)}"
    }

    /// The label that holds the metric's name.
    public static let metricName = "__name__"
}
