/// Reads RE2's syntax.
struct RegularExpressionParser {
    private struct Flags {
        var ignoresCase = false
        /// PromQL sets `s` for every pattern.
        var dotMatchesNewline = true
        var isMultiline = false
    }

    var scalars: [Unicode.Scalar]
    var position = 0
    private var flags = Flags()
    private var depth = 0
    /// How many groups were opened that can be asked for, and their names.
    private(set) var groupCount = 0
    private(set) var groupNames: [String: Int] = [:]

    init(_ pattern: String) {
        scalars = Array(pattern.unicodeScalars)
    }

    mutating func parse() throws(RegularExpressionError) -> SyntaxTree {
        guard scalars.count <= 10_000 else { throw error("more than 10000 characters") }
        let tree = try alternatives()
        if peek != nil { throw error("unexpected ')'") }
        return tree
    }

    var peek: Unicode.Scalar? { position < scalars.count ? scalars[position] : nil }

    mutating func take() -> Unicode.Scalar? {
        guard let scalar = peek else { return nil }
        position += 1
        return scalar
    }

    mutating func skip(_ text: String) -> Bool {
        let wanted = Array(text.unicodeScalars)
        guard scalars[position...].starts(with: wanted) else { return false }
        position += wanted.count
        return true
    }

    func error(_ message: String, at place: Int? = nil) -> RegularExpressionError {
        RegularExpressionError(message: message, column: (place ?? position) + 1)
    }

    private mutating func alternatives() throws(RegularExpressionError) -> SyntaxTree {
        depth += 1
        defer { depth -= 1 }
        guard depth <= 200 else { throw error("groups are nested too deeply") }
        var branches = [try sequence()]
        while skip("|") { branches.append(try sequence()) }
        return branches.count == 1 ? branches[0] : .alternatives(branches)
    }

    private mutating func sequence() throws(RegularExpressionError) -> SyntaxTree {
        var parts: [SyntaxTree] = []
        while let scalar = peek, scalar != "|", scalar != ")" {
            if skip("\\Q") {
                try quoted(into: &parts)
                continue
            }
            let start = position
            guard let atom = try atom() else { continue }
            parts.append(try repetitions(of: atom, start: start))
        }
        if parts.count == 1 { return parts[0] }
        return parts.isEmpty ? .empty : .sequence(parts)
    }

    /// The rest of `\Q…\E`; a repetition behind it is one of its last character.
    private mutating func quoted(into parts: inout [SyntaxTree]) throws(RegularExpressionError) {
        let start = position
        var literals: [SyntaxTree] = []
        while !skip("\\E"), let literal = take() {
            literals.append(.scalar(literal, ignoringCase: flags.ignoresCase))
        }
        if let last = literals.popLast() { literals.append(try repetitions(of: last, start: start)) }
        parts += literals
    }

    private mutating func repetitions(of atom: SyntaxTree, start: Int) throws(RegularExpressionError) -> SyntaxTree {
        guard let (from, upTo) = try repetition() else { return atom }
        let isLazy = skip("?")
        if try repetition() != nil { throw error("a repetition of a repetition", at: start) }
        return .repeated(atom, from: from, upTo: upTo, isLazy: isLazy)
    }

    private mutating func repetition() throws(RegularExpressionError) -> (from: Int, upTo: Int?)? {
        if skip("*") { return (0, nil) }
        if skip("+") { return (1, nil) }
        if skip("?") { return (0, 1) }
        let start = position
        guard skip("{"), let from = number() else {
            position = start
            return nil
        }
        var upTo: Int? = from
        if skip(",") { upTo = number() }
        guard skip("}") else {
            position = start
            return nil
        }
        if from > 1000 || upTo ?? 0 > 1000 || upTo ?? .max < from {
            throw error("a repetition count must rise and be at most 1000", at: start)
        }
        return (from, upTo)
    }

    private mutating func number() -> Int? {
        var digits = ""
        while let scalar = peek, ("0"..."9").contains(scalar), digits.count < 9 {
            digits.unicodeScalars.append(scalar)
            position += 1
        }
        return Int(digits)
    }

    /// `nil` for what only changes flags.
    private mutating func atom() throws(RegularExpressionError) -> SyntaxTree? {
        let start = position
        guard let scalar = take() else { return nil }
        switch scalar {
        case "(": return try group(start)
        case "[": return .scalars(try bracketClass(start, ignoringCase: flags.ignoresCase))
        case ".": return .any(newline: flags.dotMatchesNewline)
        case "^": return .assertion(flags.isMultiline ? .lineStart : .textStart)
        case "$": return .assertion(flags.isMultiline ? .lineEnd : .textEnd)
        case "*", "+", "?": throw error("nothing to repeat", at: start)
        case "\\": return try escape(start)
        default: return .scalar(scalar, ignoringCase: flags.ignoresCase)
        }
    }

    private mutating func escape(_ start: Int) throws(RegularExpressionError) -> SyntaxTree {
        switch peek {
        case "A": return assertion(.textStart)
        case "z": return assertion(.textEnd)
        case "b": return assertion(.wordBoundary)
        case "B": return assertion(.notWordBoundary)
        default: break
        }
        switch try escaped(start) {
        case .scalar(let scalar): return .scalar(scalar, ignoringCase: flags.ignoresCase)
        case .scalars(var set):
            set.ignoringCase = flags.ignoresCase
            return .scalars(set)
        }
    }

    private mutating func assertion(_ kind: SyntaxTree.Assertion) -> SyntaxTree {
        position += 1
        return .assertion(kind)
    }

    private mutating func group(_ start: Int) throws(RegularExpressionError) -> SyntaxTree? {
        let outer = flags
        var number: Int?
        if skip("?P<") || skip("?<") {
            let nameStart = position
            while let scalar = peek, scalar != ">" {
                guard scalar.properties.isAlphabetic || scalar == "_" || ("0"..."9").contains(scalar) else { break }
                position += 1
            }
            let name = String(String.UnicodeScalarView(scalars[nameStart..<position]))
            guard position > nameStart, skip(">") else { throw error("a group's name is not valid", at: start) }
            guard groupNames[name] == nil else { throw error("two groups have the name \(name)", at: start) }
            groupCount += 1
            number = groupCount
            groupNames[name] = groupCount
        } else if skip("?") {
            try readFlags(start)
            if skip(")") { return nil }
            guard skip(":") else { throw error("unknown group syntax", at: start) }
        } else {
            groupCount += 1
            number = groupCount
        }
        let tree = try alternatives()
        guard skip(")") else { throw error("missing ')'", at: start) }
        flags = outer
        return number.map { .group(tree, $0) } ?? tree
    }

    private mutating func readFlags(_ start: Int) throws(RegularExpressionError) {
        var on = true
        while let scalar = peek, scalar != ")", scalar != ":" {
            position += 1
            switch scalar {
            case "i": flags.ignoresCase = on
            case "s": flags.dotMatchesNewline = on
            case "m": flags.isMultiline = on
            case "U": break
            case "-" where on: on = false
            default: throw error("unknown flag '\(scalar)'", at: start)
            }
        }
    }
}
