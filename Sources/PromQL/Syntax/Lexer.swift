import Series

/// Cuts an expression into tokens.
struct Lexer {
    private let bytes: [UInt8]
    private var position = 0
    private var line = 1
    private var lineStart = 0
    /// Between square brackets a colon separates; elsewhere it is a part of metric names.
    private var isInBrackets = false

    static func tokens(_ text: String) throws(PromQLError) -> [Token] {
        guard text.utf8.count <= 65_536 else { throw PromQLError("the expression has more than 65536 bytes") }
        var lexer = Lexer(bytes: Array(text.utf8))
        var tokens: [Token] = []
        while true {
            let token = try lexer.next()
            tokens.append(token)
            if token.kind == .end { return tokens }
        }
    }

    private init(bytes: [UInt8]) {
        self.bytes = bytes
    }

    private var peek: UInt8 { position < bytes.count ? bytes[position] : 0 }
    private var place: PromQLError.Place { .init(line: line, column: position - lineStart + 1) }

    private func text(from start: Int) -> String { String(decoding: bytes[start..<position], as: UTF8.self) }

    private mutating func skipBlanksAndComments() {
        while position < bytes.count {
            switch peek {
            case UInt8(ascii: "\n"):
                position += 1
                line += 1
                lineStart = position
            case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\r"): position += 1
            case UInt8(ascii: "#"):
                while position < bytes.count, peek != UInt8(ascii: "\n") { position += 1 }
            default: return
            }
        }
    }

    private mutating func next() throws(PromQLError) -> Token {
        skipBlanksAndComments()
        let start = position
        let place = place
        guard position < bytes.count else { return Token(kind: .end, place: place, text: "") }
        let kind: Token.Kind
        switch peek {
        case UInt8(ascii: "\""), UInt8(ascii: "'"): kind = .string(try quoted(place))
        case UInt8(ascii: "`"): kind = .string(try rawString(place))
        case UInt8(ascii: "0")...UInt8(ascii: "9"): kind = try number(place)
        case UInt8(ascii: ".") where position + 1 < bytes.count && isDigit(bytes[position + 1]):
            kind = try number(place)
        case UInt8(ascii: ":") where isInBrackets: kind = .symbol(try symbol(place))
        case let byte where isIdentifierStart(byte): kind = identifier()
        default: kind = .symbol(try symbol(place))
        }
        return Token(kind: kind, place: place, text: text(from: start))
    }

    private mutating func identifier() -> Token.Kind {
        let start = position
        while isIdentifierStart(peek) || isDigit(peek) { position += 1 }
        return .identifier(text(from: start))
    }

    private mutating func symbol(_ place: PromQLError.Place) throws(PromQLError) -> String {
        let two = position + 1 < bytes.count ? String(decoding: bytes[position..<position + 2], as: UTF8.self) : ""
        if ["==", "!=", "<=", ">=", "=~", "!~"].contains(two) {
            position += 2
            return two
        }
        let one = String(decoding: bytes[position...position], as: UTF8.self)
        guard "+-*/%^=<>(){}[],:@".contains(one) else {
            throw PromQLError("unexpected character '\(scalarHere)'", at: place)
        }
        position += 1
        if one == "[" || one == "]" { isInBrackets = one == "[" }
        return one
    }

    /// The whole character, so that no half of one is shown.
    private var scalarHere: String {
        String(String(decoding: bytes[position...].prefix(16), as: UTF8.self).prefix(1))
    }

    private mutating func number(_ place: PromQLError.Place) throws(PromQLError) -> Token.Kind {
        let start = position
        while isDigit(peek) || isIdentifierStart(peek) && peek != UInt8(ascii: ":") || peek == UInt8(ascii: ".") {
            let mayBeExponent = peek | 0x20 == UInt8(ascii: "e") && !text(from: start).lowercased().hasPrefix("0x")
            position += 1
            if mayBeExponent, peek == UInt8(ascii: "+") || peek == UInt8(ascii: "-") { position += 1 }
        }
        let written = text(from: start)
        if let milliseconds = parseDuration(written) { return .duration(milliseconds) }
        let plain = written.filter { $0 != "_" }
        if plain.lowercased().hasPrefix("0x") {
            if let whole = UInt64(plain.dropFirst(2), radix: 16) { return .number(Double(whole)) }
        } else if !written.hasSuffix("_"), plain.count > 1, plain.hasPrefix("0"), let octal = UInt64(plain, radix: 8) {
            return .number(Double(octal))
        } else if !written.hasSuffix("_"), let number = parseFloat(plain) {
            return .number(number)
        }
        throw PromQLError("'\(written)' is neither a number nor a duration such as 5m", at: place)
    }

    private func isDigit(_ byte: UInt8) -> Bool { (48...57).contains(byte) }

    private func isIdentifierStart(_ byte: UInt8) -> Bool {
        (97...122).contains(byte) || (65...90).contains(byte) || byte == UInt8(ascii: "_") || byte == UInt8(ascii: ":")
    }

    // MARK: - Strings

    private mutating func rawString(_ place: PromQLError.Place) throws(PromQLError) -> String {
        position += 1
        let start = position
        while position < bytes.count, peek != UInt8(ascii: "`") {
            if peek == UInt8(ascii: "\n") {
                line += 1
                lineStart = position + 1
            }
            position += 1
        }
        guard position < bytes.count else { throw PromQLError("the text does not end", at: place) }
        defer { position += 1 }
        return text(from: start)
    }

    private mutating func quoted(_ place: PromQLError.Place) throws(PromQLError) -> String {
        let quote = peek
        position += 1
        var result: [UInt8] = []
        while peek != quote {
            guard position < bytes.count, peek != UInt8(ascii: "\n") else {
                throw PromQLError("the text does not end", at: place)
            }
            if peek == UInt8(ascii: "\\") {
                result += try escape()
            } else {
                result.append(peek)
                position += 1
            }
        }
        position += 1
        guard let text = String(validating: result, as: UTF8.self) else {
            throw PromQLError("the text is not valid UTF-8", at: place)
        }
        return text
    }

    private mutating func escape() throws(PromQLError) -> [UInt8] {
        let place = place
        position += 1
        let name = peek
        position += 1
        switch name {
        case UInt8(ascii: "a"): return [7]
        case UInt8(ascii: "b"): return [8]
        case UInt8(ascii: "f"): return [12]
        case UInt8(ascii: "n"): return [10]
        case UInt8(ascii: "r"): return [13]
        case UInt8(ascii: "t"): return [9]
        case UInt8(ascii: "v"): return [11]
        case UInt8(ascii: "\\"), UInt8(ascii: "'"), UInt8(ascii: "\""): return [name]
        case UInt8(ascii: "x"): return [UInt8(truncatingIfNeeded: try digits(2, radix: 16, place))]
        case UInt8(ascii: "u"): return try scalar(digits(4, radix: 16, place), place)
        case UInt8(ascii: "U"): return try scalar(digits(8, radix: 16, place), place)
        case UInt8(ascii: "0")...UInt8(ascii: "7"):
            position -= 1
            return [UInt8(truncatingIfNeeded: try digits(3, radix: 8, place))]
        default: throw PromQLError("unknown escape in a text; write \\\\ for a backslash", at: place)
        }
    }

    private mutating func digits(
        _ count: Int, radix: Int, _ place: PromQLError.Place
    ) throws(PromQLError) -> UInt32 {
        let end = min(bytes.count, position + count)
        let text = String(decoding: bytes[position..<end], as: UTF8.self)
        guard text.utf8.count == count, !text.hasPrefix("+"), let number = UInt32(text, radix: radix) else {
            throw PromQLError("an escape in a text lacks digits", at: place)
        }
        position = end
        return number
    }

    private func scalar(_ number: UInt32, _ place: PromQLError.Place) throws(PromQLError) -> [UInt8] {
        guard let scalar = Unicode.Scalar(number) else { throw PromQLError("no such character", at: place) }
        return Array(String(Character(scalar)).utf8)
    }
}

/// `1h30m` in milliseconds; units must fall and none may come twice.
func parseDuration(_ text: String) -> Int64? {
    let units: [(name: String, milliseconds: Int64)] = [
        ("y", 31_536_000_000), ("w", 604_800_000), ("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000),
        ("ms", 1),
    ]
    var rest = Substring(text)
    var total: Int64 = 0
    var next = 0
    while !rest.isEmpty {
        let digits = rest.prefix { $0.isASCII && $0.isNumber }
        rest = rest.dropFirst(digits.count)
        let name = rest.prefix { $0.isASCII && $0.isLetter }
        rest = rest.dropFirst(name.count)
        guard let count = Int64(digits), let unit = units.firstIndex(where: { $0.name == name }), unit >= next else {
            return nil
        }
        let (product, tooLarge) = count.multipliedReportingOverflow(by: units[unit].milliseconds)
        let (sum, tooLargeSum) = total.addingReportingOverflow(product)
        // 290 years, so that no time that is reached with it overflows.
        guard !tooLarge, !tooLargeSum, sum < 9_000_000_000_000 else { return nil }
        total = sum
        next = unit + 1
    }
    return text.isEmpty ? nil : total
}
