/// A pattern as instructions whose every path is followed at once (after Thompson and Pike).
struct Program {
    enum Instruction {
        case scalar(Unicode.Scalar)
        case scalarIgnoringCase(Unicode.Scalar)
        case any(newline: Bool)
        case scalars(Int)
        case assertion(SyntaxTree.Assertion)
        case split(Int, Int)
        case jump(Int)
        /// Notes the place in the text.
        case save(Int)
        case matched
    }

    var instructions: [Instruction]
    var classes: [ScalarClass]

    /// Whether the whole of `text` matches.
    func matches(_ text: String) -> Bool {
        var current = StateSet(count: instructions.count)
        var following = StateSet(count: instructions.count)
        var previous: Unicode.Scalar?
        var scalars = text.unicodeScalars.makeIterator()
        var scalar = scalars.next()
        add(0, to: &current, between: nil, and: scalar)
        while let taken = scalar {
            guard current.count > 0 else { return false }
            previous = taken
            scalar = scalars.next()
            for index in 0..<current.count where consumes(current[index], taken) {
                add(current[index] + 1, to: &following, between: previous, and: scalar)
            }
            swap(&current, &following)
            following.removeAll()
        }
        return (0..<current.count).contains {
            if case .matched = instructions[current[$0]] { true } else { false }
        }
    }

    func consumes(_ state: Int, _ scalar: Unicode.Scalar) -> Bool {
        switch instructions[state] {
        case .scalar(let wanted): return scalar == wanted
        case .scalarIgnoringCase(let wanted):
            return scalar == wanted || foldings(of: scalar).contains(wanted)
        case .any(let newline): return newline || scalar != "\n"
        case .scalars(let index): return classes[index].contains(scalar)
        case .assertion, .split, .jump, .save, .matched: return false
        }
    }

    /// Adds a state and all that are reached from it without taking a character.
    private func add(
        _ start: Int, to set: inout StateSet, between previous: Unicode.Scalar?, and following: Unicode.Scalar?
    ) {
        var waiting = [start]
        while let state = waiting.popLast() {
            guard set.insert(state) else { continue }
            switch instructions[state] {
            case .jump(let target): waiting.append(target)
            case .save: waiting.append(state + 1)
            case .split(let first, let second):
                waiting.append(second)
                waiting.append(first)
            case .assertion(let kind):
                if Self.holds(kind, between: previous, and: following) { waiting.append(state + 1) }
            default: break
            }
        }
    }

    static func holds(
        _ assertion: SyntaxTree.Assertion, between previous: Unicode.Scalar?, and following: Unicode.Scalar?
    ) -> Bool {
        switch assertion {
        case .textStart: return previous == nil
        case .textEnd: return following == nil
        case .lineStart: return previous == nil || previous == "\n"
        case .lineEnd: return following == nil || following == "\n"
        case .wordBoundary: return isWord(previous) != isWord(following)
        case .notWordBoundary: return isWord(previous) == isWord(following)
        }
    }

    private static func isWord(_ scalar: Unicode.Scalar?) -> Bool {
        guard let scalar else { return false }
        return scalar == "_" || ("0"..."9").contains(scalar) || ("a"..."z").contains(scalar)
            || ("A"..."Z").contains(scalar)
    }
}

/// A set of small numbers that is emptied at once.
private struct StateSet {
    private var members: [Int]
    private var places: [Int]
    private(set) var count = 0

    init(count: Int) {
        members = [Int](repeating: 0, count: count)
        places = [Int](repeating: 0, count: count)
    }

    subscript(index: Int) -> Int { members[index] }

    /// False when it was there already.
    mutating func insert(_ state: Int) -> Bool {
        if places[state] < count, members[places[state]] == state { return false }
        places[state] = count
        members[count] = state
        count += 1
        return true
    }

    mutating func removeAll() { count = 0 }
}

/// Turns a syntax tree into instructions.
struct ProgramCompiler {
    private var instructions: [Program.Instruction] = []
    private var classes: [ScalarClass] = []
    /// Whether it matters what the groups match.
    private let savesGroups: Bool

    init(savesGroups: Bool = false) { self.savesGroups = savesGroups }

    func finish() -> Program {
        Program(instructions: instructions + [.matched], classes: classes)
    }

    mutating func emit(_ tree: SyntaxTree) throws(RegularExpressionError) {
        guard instructions.count < 20_000 else {
            throw RegularExpressionError(message: "the repetitions make it too large", column: 1)
        }
        switch tree {
        case .empty: break
        case .scalar(let scalar, let ignoringCase):
            instructions.append(ignoringCase ? .scalarIgnoringCase(scalar) : .scalar(scalar))
        case .any(let newline): instructions.append(.any(newline: newline))
        case .scalars(let set):
            classes.append(set)
            instructions.append(.scalars(classes.count - 1))
        case .assertion(let kind): instructions.append(.assertion(kind))
        case .sequence(let parts):
            for part in parts { try emit(part) }
        case .alternatives(let branches): try emitAlternatives(branches)
        case .repeated(let part, let from, let upTo, let isLazy):
            try emitRepeated(part, from: from, upTo: upTo, isLazy: isLazy)
        case .group(let part, let number):
            if savesGroups { instructions.append(.save(2 * number)) }
            try emit(part)
            if savesGroups { instructions.append(.save(2 * number + 1)) }
        }
    }

    private mutating func emitAlternatives(_ branches: [SyntaxTree]) throws(RegularExpressionError) {
        var jumps: [Int] = []
        for branch in branches.dropLast() {
            let split = place()
            try emit(branch)
            jumps.append(place())
            instructions[split] = .split(split + 1, instructions.count)
        }
        if let last = branches.last { try emit(last) }
        for jump in jumps { instructions[jump] = .jump(instructions.count) }
    }

    private mutating func emitRepeated(
        _ part: SyntaxTree, from: Int, upTo: Int?, isLazy: Bool
    ) throws(RegularExpressionError) {
        func branch(_ split: Int, _ end: Int) -> Program.Instruction {
            isLazy ? .split(end, split + 1) : .split(split + 1, end)
        }
        for _ in 0..<from { try emit(part) }
        guard let upTo else {
            let split = place()
            try emit(part)
            instructions.append(.jump(split))
            instructions[split] = branch(split, instructions.count)
            return
        }
        var splits: [Int] = []
        for _ in from..<upTo {
            splits.append(place())
            try emit(part)
        }
        for split in splits { instructions[split] = branch(split, instructions.count) }
    }

    /// A place for an instruction that is filled in later.
    private mutating func place() -> Int {
        instructions.append(.matched)
        return instructions.count - 1
    }
}
