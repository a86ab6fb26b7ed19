extension RegularExpressionParser {
    enum Escaped {
        case scalar(Unicode.Scalar)
        case scalars(ScalarClass)
    }

    /// What follows a backslash, inside a class or outside.
    mutating func escaped(_ start: Int) throws(RegularExpressionError) -> Escaped {
        guard let scalar = take() else { throw error("a backslash at the end", at: start) }
        switch scalar {
        case "d", "D", "s", "S", "w", "W":
            return .scalars(Self.perlClass(scalar))
        case "p", "P": return .scalars(try category(isNegated: scalar == "P", start))
        case "a": return .scalar("\u{07}")
        case "f": return .scalar("\u{0c}")
        case "n": return .scalar("\n")
        case "r": return .scalar("\r")
        case "t": return .scalar("\t")
        case "v": return .scalar("\u{0b}")
        case "x": return .scalar(try hexadecimal(start))
        case "0"..."7": return .scalar(try octal(scalar, start))
        default:
            // A letter may get a meaning one day; punctuation never does.
            guard scalar.isASCII, !scalar.properties.isAlphabetic, !("0"..."9").contains(scalar) else {
                throw error("unknown escape '\\\(scalar)'", at: start)
            }
            return .scalar(scalar)
        }
    }

    private static func perlClass(_ name: Unicode.Scalar) -> ScalarClass {
        var set = ScalarClass()
        switch name {
        case "d", "D": set.ranges = [48...57]
        case "s", "S": set.ranges = [9...10, 12...13, 32...32]
        default: set.ranges = [48...57, 65...90, 95...95, 97...122]
        }
        set.isNegated = name == "D" || name == "S" || name == "W"
        return set
    }

    private mutating func hexadecimal(_ start: Int) throws(RegularExpressionError) -> Unicode.Scalar {
        var digits = ""
        if skip("{") {
            while let scalar = peek, scalar != "}", digits.count < 9 {
                digits.unicodeScalars.append(scalar)
                position += 1
            }
            guard skip("}") else { throw error("missing '}'", at: start) }
        } else {
            for _ in 0..<2 {
                if let scalar = take() { digits.unicodeScalars.append(scalar) }
            }
        }
        guard digits.allSatisfy(\.isHexDigit), let number = UInt32(digits, radix: 16),
            let scalar = Unicode.Scalar(number)
        else { throw error("not a character's number", at: start) }
        return scalar
    }

    private mutating func octal(
        _ first: Unicode.Scalar, _ start: Int
    ) throws(RegularExpressionError) -> Unicode.Scalar {
        var number = first.value - 48
        var digits = 1
        while let scalar = peek, ("0"..."7").contains(scalar), digits < 3 {
            number = number * 8 + scalar.value - 48
            digits += 1
            position += 1
        }
        // A single digit other than 0 would be a reference back.
        guard first == "0" || digits > 1, let scalar = Unicode.Scalar(number) else {
            throw error("references to groups are not supported", at: start)
        }
        return scalar
    }

    /// The `[…]` whose bracket has just been taken.
    mutating func bracketClass(
        _ start: Int, ignoringCase: Bool
    ) throws(RegularExpressionError) -> ScalarClass {
        var set = ScalarClass()
        set.ignoringCase = ignoringCase
        set.isNegated = skip("^")
        var isFirst = true
        while isFirst || peek != "]" {
            isFirst = false
            if skip("[:") {
                try namedClass(start, into: &set)
                continue
            }
            guard let low = try classScalar(start, into: &set) else { continue }
            guard peek == "-", position + 1 < scalars.count, scalars[position + 1] != "]" else {
                set.ranges.append(low.value...low.value)
                continue
            }
            position += 1
            guard let high = try classScalar(start, into: &set), high >= low else {
                throw error("a range in a class must rise", at: start)
            }
            set.ranges.append(low.value...high.value)
        }
        guard skip("]") else { throw error("missing ']'", at: start) }
        return set
    }

    private mutating func classScalar(
        _ start: Int, into set: inout ScalarClass
    ) throws(RegularExpressionError) -> Unicode.Scalar? {
        let place = position
        guard let scalar = take() else { throw error("missing ']'", at: start) }
        guard scalar == "\\" else { return scalar }
        switch try escaped(place) {
        case .scalar(let scalar): return scalar
        case .scalars(let inner):
            set.add(inner)
            return nil
        }
    }

    private mutating func namedClass(
        _ start: Int, into set: inout ScalarClass
    ) throws(RegularExpressionError) {
        var inner = ScalarClass()
        inner.isNegated = skip("^")
        var name = ""
        while let scalar = peek, scalar.properties.isAlphabetic {
            name.unicodeScalars.append(scalar)
            position += 1
        }
        guard skip(":]"), let ranges = Self.namedClasses[name] else {
            throw error("unknown class '[:\(name):]'", at: start)
        }
        inner.ranges = ranges
        set.add(inner)
    }

    private static let namedClasses: [String: [ClosedRange<UInt32>]] = [
        "alnum": [48...57, 65...90, 97...122], "alpha": [65...90, 97...122], "ascii": [0...127],
        "blank": [9...9, 32...32], "cntrl": [0...31, 127...127], "digit": [48...57], "graph": [33...126],
        "lower": [97...122], "print": [32...126], "punct": [33...47, 58...64, 91...96, 123...126],
        "space": [9...13, 32...32], "upper": [65...90], "word": [48...57, 65...90, 95...95, 97...122],
        "xdigit": [48...57, 65...70, 97...102],
    ]

    private mutating func category(
        isNegated: Bool, _ start: Int
    ) throws(RegularExpressionError) -> ScalarClass {
        var name = ""
        if skip("{") {
            while let scalar = take(), scalar != "}" { name.unicodeScalars.append(scalar) }
        } else if let scalar = take() {
            name.unicodeScalars.append(scalar)
        }
        var negated = isNegated
        if name.hasPrefix("^") {
            name.removeFirst()
            negated.toggle()
        }
        let categories = unicodeCategories.filter { $0.name.hasPrefix(name) }.map(\.category)
        guard !name.isEmpty, !categories.isEmpty else {
            throw error("unknown Unicode category '\(name)'", at: start)
        }
        var set = ScalarClass()
        set.categories = [(Set(categories), negated)]
        return set
    }
}

private let unicodeCategories: [(name: String, category: Unicode.GeneralCategory)] = [
    ("Lu", .uppercaseLetter), ("Ll", .lowercaseLetter), ("Lt", .titlecaseLetter), ("Lm", .modifierLetter),
    ("Lo", .otherLetter), ("Mn", .nonspacingMark), ("Mc", .spacingMark), ("Me", .enclosingMark),
    ("Nd", .decimalNumber), ("Nl", .letterNumber), ("No", .otherNumber), ("Pc", .connectorPunctuation),
    ("Pd", .dashPunctuation), ("Ps", .openPunctuation), ("Pe", .closePunctuation), ("Pi", .initialPunctuation),
    ("Pf", .finalPunctuation), ("Po", .otherPunctuation), ("Sm", .mathSymbol), ("Sc", .currencySymbol),
    ("Sk", .modifierSymbol), ("So", .otherSymbol), ("Zs", .spaceSeparator), ("Zl", .lineSeparator),
    ("Zp", .paragraphSeparator), ("Cc", .control), ("Cf", .format), ("Co", .privateUse),
]
