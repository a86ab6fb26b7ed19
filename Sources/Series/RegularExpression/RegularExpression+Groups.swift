extension RegularExpression {
    /// What the groups of an expression matched.
    public struct Groups: Sendable {
        private let texts: [String?]
        private let names: [String: Int]

        init(texts: [String?], names: [String: Int]) {
            self.texts = texts
            self.names = names
        }

        /// Those of an expression without any.
        public static let none = Groups(texts: [], names: [:])

        /// A group by its number (0 is the whole text) or by its name.
        public subscript(name: String) -> String? {
            let index = Int(name) ?? names[name]
            guard let index, texts.indices.contains(index) else { return nil }
            return texts[index]
        }
    }

    /// What the groups match when the whole of `text` matches: of several ways, the one that RE2 prefers.
    ///
    /// - Complexity: O(text × pattern × groups).
    public func groups(in text: String) -> Groups? {
        guard matches(text) else { return nil }
        guard groupCount > 0, let program = capturingProgram() else {
            return Groups(texts: [text], names: groupNames)
        }
        let scalars = Array(text.unicodeScalars)
        guard let saved = program.saved(in: scalars, slots: 2 * (groupCount + 1)) else { return nil }
        var texts: [String?] = [text]
        for group in 1...groupCount {
            let (start, end) = (saved[2 * group], saved[2 * group + 1])
            let isMatched = start >= 0 && end >= start
            texts.append(isMatched ? String(String.UnicodeScalarView(scalars[start..<end])) : nil)
        }
        return Groups(texts: texts, names: groupNames)
    }
}

extension Program {
    /// One way through the program: where it is, and which places it has noted.
    private struct Thread {
        var state: Int
        var saved: [Int]
    }

    /// The places that the preferred way of matching the whole text notes (after Pike: all ways at once, in order of preference).
    func saved(in scalars: [Unicode.Scalar], slots: Int) -> [Int]? {
        var current: [Thread] = []
        var seen = [Bool](repeating: false, count: instructions.count)
        let empty = [Int](repeating: -1, count: slots)
        follow(Thread(state: 0, saved: empty), 0, scalars, &seen, &current)
        for position in scalars.indices {
            var next: [Thread] = []
            for index in seen.indices { seen[index] = false }
            for thread in current where consumes(thread.state, scalars[position]) {
                follow(
                    Thread(state: thread.state + 1, saved: thread.saved), position + 1, scalars, &seen, &next)
            }
            current = next
            if current.isEmpty { return nil }
        }
        return current.first { if case .matched = instructions[$0.state] { true } else { false } }?.saved
    }

    /// Adds what is reached without taking a character.
    private func follow(
        _ start: Thread, _ position: Int, _ scalars: [Unicode.Scalar], _ seen: inout [Bool], _ threads: inout [Thread]
    ) {
        var waiting = [start]
        while var thread = waiting.popLast() {
            guard !seen[thread.state] else { continue }
            seen[thread.state] = true
            switch instructions[thread.state] {
            case .jump(let target):
                thread.state = target
                waiting.append(thread)
            case .split(let first, let second):
                waiting.append(Thread(state: second, saved: thread.saved))
                waiting.append(Thread(state: first, saved: thread.saved))
            case .save(let slot):
                if thread.saved.indices.contains(slot) { thread.saved[slot] = position }
                thread.state += 1
                waiting.append(thread)
            case .assertion(let kind):
                let previous = position > 0 ? scalars[position - 1] : nil
                let following = position < scalars.count ? scalars[position] : nil
                guard Program.holds(kind, between: previous, and: following) else { continue }
                thread.state += 1
                waiting.append(thread)
            default: threads.append(thread)
            }
        }
    }
}
