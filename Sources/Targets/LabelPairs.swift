/// The labels of a target or a sample while they are made: few, in the order in which they came. Names are told apart byte by byte.
public struct LabelPairs: Hashable, Sendable {
    public struct Pair: Hashable, Sendable {
        public var name: String
        public var value: String
    }

    public private(set) var pairs: [Pair] = []

    public init() {}

    /// Of two labels with one name the later one counts.
    public init(_ labels: some Sequence<(String, String)>) {
        for (name, value) in labels { self[name] = value }
    }

    /// The value of a label; nothing when there is no such label. To set nothing removes the label.
    public subscript(name: String) -> String {
        get { index(of: name).map { pairs[$0].value } ?? "" }
        set {
            switch (index(of: name), newValue.isEmpty) {
            case (let place?, true): pairs.remove(at: place)
            case (let place?, false): pairs[place].value = newValue
            case (nil, true): break
            case (nil, false): pairs.append(Pair(name: name, value: newValue))
            }
        }
    }

    /// Whether there is such a label.
    public func has(_ name: String) -> Bool { index(of: name) != nil }

    /// Those that are seen from outside: the others, such as `__address__`, begin with two underscores.
    public var visible: LabelPairs {
        var result = self
        result.pairs.removeAll { $0.name.hasPrefix("__") }
        return result
    }

    public var sorted: [(name: String, value: String)] {
        pairs.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }.map { ($0.name, $0.value) }
    }

    public var dictionary: [String: String] {
        Dictionary(pairs.map { ($0.name, $0.value) }) { first, _ in first }
    }

    private func index(of name: String) -> Int? {
        pairs.firstIndex { $0.name.utf8.elementsEqual(name.utf8) }
    }
}
