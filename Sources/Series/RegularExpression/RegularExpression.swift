/// A regular expression in RE2's syntax that must match a whole text, as in a PromQL matcher (`.` matches a line's end too).
///
/// Matching is linear in the text: all ways to match are followed at once, never one after the other. Not supported: Unicode
/// scripts (`\p{Greek}`; general categories such as `\p{L}` are) and, as in RE2, references back and looking around.
public struct RegularExpression: Sendable {
    public let pattern: String
    private let program: Program
    /// The texts that match, when the pattern is nothing but an alternation of a few literal texts.
    private let literals: Set<String>?
    /// What every matching text begins with, and whether anything may follow.
    private let prefix: (bytes: [UInt8], rest: SyntaxTree.Rest)?
    private let tree: SyntaxTree
    let groupNames: [String: Int]
    let groupCount: Int

    /// - Throws: `RegularExpressionError` with the place when the pattern is not valid or too large.
    public init(_ pattern: String) throws(RegularExpressionError) {
        self.pattern = pattern
        var parser = RegularExpressionParser(pattern)
        let tree = try parser.parse()
        self.tree = tree
        self.groupNames = parser.groupNames
        self.groupCount = parser.groupCount
        self.literals = tree.literalTexts(limit: 100).map(Set.init)
        self.prefix = tree.literalPrefix.map { (Array($0.text.utf8), $0.rest) }
        var compiler = ProgramCompiler()
        try compiler.emit(tree)
        self.program = compiler.finish()
    }

    /// Whether the whole of `text` matches.
    /// - Complexity: O(text × pattern).
    public func matches(_ text: String) -> Bool {
        if let literals {
            // Texts that are canonically equivalent but not the same bytes are different labels.
            return literals.contains { $0.utf8.elementsEqual(text.utf8) }
        }
        if let prefix {
            guard text.utf8.starts(with: prefix.bytes) else { return false }
            switch prefix.rest {
            case .anything: return true
            case .something: return text.utf8.count > prefix.bytes.count
            case .pattern: break
            }
        }
        return program.matches(text)
    }

    /// The texts that match without any other, when they are few.
    public var literalTexts: [String]? { literals.map { $0.sorted() } }

    /// The program that follows what the groups match.
    func capturingProgram() -> Program? {
        var compiler = ProgramCompiler(savesGroups: true)
        guard (try? compiler.emit(tree)) != nil else { return nil }
        return compiler.finish()
    }
}

public struct RegularExpressionError: Error, Hashable, Sendable, CustomStringConvertible {
    public var message: String
    /// From 1, in characters of the pattern.
    public var column: Int

    public var description: String { "\(message) at character \(column) of the regular expression" }
}

/// A matcher that is ready to be used many times.
public struct CompiledMatcher: Sendable {
    public let matcher: LabelMatcher
    private let expression: RegularExpression?

    /// - Throws: when the matcher's regular expression is not valid.
    public init(_ matcher: LabelMatcher) throws(RegularExpressionError) {
        self.matcher = matcher
        switch matcher.operation {
        case .equal, .notEqual: self.expression = nil
        case .matches, .doesNotMatch: self.expression = try RegularExpression(matcher.value)
        }
    }

    /// Whether a label with this value matches; an absent label counts as the empty text.
    public func matches(_ value: String) -> Bool {
        switch matcher.operation {
        case .equal: return value == matcher.value
        case .notEqual: return value != matcher.value
        case .matches: return expression?.matches(value) ?? false
        case .doesNotMatch: return !(expression?.matches(value) ?? true)
        }
    }

    public func matches(_ labels: [String: String]) -> Bool {
        matches(labels[matcher.name] ?? "")
    }
}
