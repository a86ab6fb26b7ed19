/// Cuts an expression into tokens.
struct Lexer {
    let text: String
    let bytes: [UInt8]
    var position = 0
    /// Between square brackets a colon separates; elsewhere it is a part of metric names.
    private var isInBrackets = false
    private var isInBraces = false
    private var openParentheses = 0

    /// Nobody writes more by hand, and what is nested must not overflow the stack.
    static let longest = 65_536

    static func tokens(_ text: String) throws(PromQLError) -> [Token] {
        guard text.utf8.count <= longest else {
            throw PromQLError("the expression has more than \(longest) bytes", kind: .badExpression)
        }
        var lexer = Lexer(text: text, bytes: Array(text.utf8))
        var tokens: [Token] = []
        while true {
            let token = try lexer.next()
            tokens.append(token)
            if token.kind == .end { return tokens }
        }
    }

    private init(text: String, bytes: [UInt8]) {
        self.text = text
        self.bytes = bytes
    }

    func peek(_ ahead: Int = 0) -> UInt8 { position + ahead < bytes.count ? bytes[position + ahead] : 0 }

    func error(_ message: String, at offset: Int) -> PromQLError {
        PromQLError(message, at: .init(of: offset, in: text), kind: .badExpression)
    }

    private mutating func skipBlanksAndComments() {
        while position < bytes.count {
            switch peek() {
            case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\r"), UInt8(ascii: "\n"): position += 1
            case UInt8(ascii: "#"):
                while position < bytes.count, peek() != UInt8(ascii: "\n") { position += 1 }
            default: return
            }
        }
    }

    private func token(_ kind: Token.Kind, from start: Int) -> Token {
        Token(
            kind: kind, text: String(decoding: bytes[start..<position], as: UTF8.self),
            range: .init(start: start, end: position))
    }

    private mutating func next() throws(PromQLError) -> Token {
        skipBlanksAndComments()
        let start = position
        guard position < bytes.count else { return try end() }
        switch peek() {
        case UInt8(ascii: "\""), UInt8(ascii: "'"), UInt8(ascii: "`"):
            let value = try string()
            return Token(kind: .string, text: value, range: .init(start: start, end: position))
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."):
            guard !isInBraces, peek() != UInt8(ascii: ".") || isDigit(peek(1)) else { return try symbol() }
            let kind = try number()
            return token(kind, from: start)
        case let byte where isLetter(byte) || (byte == UInt8(ascii: ":") && !isInBrackets && !isInBraces):
            while isLetter(peek()) || isDigit(peek())
                || (peek() == UInt8(ascii: ":") && !isInBrackets && !isInBraces)
            {
                position += 1
            }
            let word = token(.identifier, from: start)
            let isNumber = ["inf", "nan"].contains(word.text.lowercased()) && !isInBraces
            return isNumber ? token(.number, from: start) : word
        default: return try symbol()
        }
    }

    private func end() throws(PromQLError) -> Token {
        if isInBraces { throw error("unexpected end of input inside braces", at: bytes.count) }
        if openParentheses > 0 { throw error("unclosed left parenthesis", at: bytes.count) }
        if isInBrackets { throw error("unclosed left bracket", at: bytes.count) }
        return Token(kind: .end, text: "", range: .init(start: bytes.count, end: bytes.count))
    }

    private mutating func symbol() throws(PromQLError) -> Token {
        let start = position
        for length in [2, 1] where position + length <= bytes.count {
            let text = String(decoding: bytes[position..<position + length], as: UTF8.self)
            guard (isInBraces ? Lexer.symbolsInBraces : Lexer.symbols).contains(text) else { continue }
            position += length
            try follow(text, start)
            return token(.symbol, from: start)
        }
        let character = String(decoding: bytes[start...].prefix(4), as: UTF8.self).first
        let shown = character.map { "'\($0)'" } ?? "''"
        if peek() == UInt8(ascii: "!") || (peek() == UInt8(ascii: "=") && !isInBraces) {
            let sign = peek() == UInt8(ascii: "!") ? "!" : "="
            position += 1
            let following = String(decoding: bytes[position...].prefix(1), as: UTF8.self)
            throw error(
                "unexpected character after '\(sign)'\(isInBraces ? " inside braces" : ""): '\(following)'", at: start)
        }
        throw error("unexpected character\(isInBraces ? " inside braces" : ""): \(shown)", at: start)
    }

    private static let symbols: Set = [
        "==", "!=", "<=", ">=", "</", ">/", "+", "-", "*", "/", "%", "^", "<", ">", "(", ")", "{", "}", "[", "]", ",",
        ":", "@", "=",
    ]
    private static let symbolsInBraces: Set = ["=~", "!~", "!=", "=", "{", "}", ","]

    /// Keeps account of the brackets.
    private mutating func follow(_ symbol: String, _ start: Int) throws(PromQLError) {
        switch symbol {
        case "(": openParentheses += 1
        case ")":
            openParentheses -= 1
            if openParentheses < 0 { throw error("unexpected right parenthesis ')'", at: start) }
        case "{":
            if isInBraces { throw error("unexpected left brace '{'", at: start) }
            isInBraces = true
        case "}":
            if !isInBraces { throw error("unexpected character: '}'", at: start) }
            isInBraces = false
        case "[":
            if isInBrackets { throw error("unexpected left bracket '['", at: start) }
            isInBrackets = true
        case "]":
            if !isInBrackets { throw error("unexpected right bracket ']'", at: start) }
            isInBrackets = false
        default: break
        }
    }
}

func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

func isHexDigit(_ byte: UInt8) -> Bool {
    isDigit(byte) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte | 0x20)
}

/// What names may begin with.
func isLetter(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20) || byte == UInt8(ascii: "_")
}
