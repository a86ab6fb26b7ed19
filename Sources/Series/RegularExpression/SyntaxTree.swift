/// What a pattern means.
indirect enum SyntaxTree: Sendable {
    case empty
    case scalar(Unicode.Scalar, ignoringCase: Bool)
    case any(newline: Bool)
    case scalars(ScalarClass)
    case assertion(Assertion)
    case sequence([SyntaxTree])
    case alternatives([SyntaxTree])
    /// `upTo` is `nil` without a limit; `isLazy` takes as little as it can.
    case repeated(SyntaxTree, from: Int, upTo: Int?, isLazy: Bool)
    /// What is matched here can be asked for by its number.
    case group(SyntaxTree, Int)

    enum Assertion: Sendable {
        case textStart, textEnd, lineStart, lineEnd, wordBoundary, notWordBoundary
    }

    /// All texts that match, when they are few and literal.
    func literalTexts(limit: Int) -> [String]? {
        switch self {
        case .empty: return [""]
        case .scalar(let scalar, ignoringCase: false): return [String(Character(scalar))]
        case .sequence(let parts):
            var texts = [""]
            for part in parts {
                guard let ends = part.literalTexts(limit: limit), ends.count * texts.count <= limit else { return nil }
                texts = texts.flatMap { text in ends.map { text + $0 } }
            }
            return texts
        case .alternatives(let parts):
            var texts: [String] = []
            for part in parts {
                guard let more = part.literalTexts(limit: limit), texts.count + more.count <= limit else { return nil }
                texts += more
            }
            return texts
        case .group(let inner, _): return inner.literalTexts(limit: limit)
        default: return nil
        }
    }
}

/// A set of characters.
struct ScalarClass: Sendable {
    var ranges: [ClosedRange<UInt32>] = []
    var categories: [(categories: Set<Unicode.GeneralCategory>, isNegated: Bool)] = []
    /// Whole classes inside a class that are negated, such as `\D` in `[\D5]`.
    var negatedClasses: [[ClosedRange<UInt32>]] = []
    var isNegated = false
    var ignoringCase = false

    func contains(_ scalar: Unicode.Scalar) -> Bool {
        if holds(scalar) { return !isNegated }
        if ignoringCase, foldings(of: scalar).contains(where: holds) { return !isNegated }
        return isNegated
    }

    private func holds(_ scalar: Unicode.Scalar) -> Bool {
        ranges.contains { $0.contains(scalar.value) }
            || negatedClasses.contains { !$0.contains { $0.contains(scalar.value) } }
            || categories.contains {
                $0.categories.contains(scalar.properties.generalCategory) != $0.isNegated
            }
    }

    mutating func add(_ other: ScalarClass) {
        if other.isNegated, other.categories.isEmpty, other.negatedClasses.isEmpty {
            negatedClasses.append(other.ranges)
        } else {
            ranges += other.ranges
            categories += other.categories
            negatedClasses += other.negatedClasses
        }
    }
}

/// The other scalars that are the same letter in another case.
func foldings(of scalar: Unicode.Scalar) -> [Unicode.Scalar] {
    let lower = single(scalar.properties.lowercaseMapping) ?? scalar
    let upper = single(scalar.properties.uppercaseMapping) ?? scalar
    let lowerOfUpper = single(upper.properties.lowercaseMapping) ?? upper
    let upperOfLower = single(lower.properties.uppercaseMapping) ?? lower
    return [lower, upper, lowerOfUpper, upperOfLower]
}

private func single(_ text: String) -> Unicode.Scalar? {
    text.unicodeScalars.count == 1 ? text.unicodeScalars.first : nil
}

extension SyntaxTree {
    /// What comes after a literal prefix.
    enum Rest: Sendable {
        /// `.*`
        case anything
        /// `.+`
        case something
        case pattern
    }

    /// The literal text that the pattern begins with, if it does.
    var literalPrefix: (text: String, rest: Rest)? {
        switch self {
        case .repeated(.any(newline: true), let from, nil, _) where from <= 1:
            return ("", from == 0 ? .anything : .something)
        case .group(let inner, _): return inner.literalPrefix
        case .sequence(let parts):
            var text = String.UnicodeScalarView()
            for (index, part) in parts.enumerated() {
                if case .scalar(let scalar, ignoringCase: false) = part {
                    text.append(scalar)
                    continue
                }
                if index == parts.count - 1, let last = part.literalPrefix, last.text.isEmpty {
                    return (String(text), last.rest)
                }
                return text.isEmpty ? nil : (String(text), .pattern)
            }
            return nil
        default: return nil
        }
    }
}
