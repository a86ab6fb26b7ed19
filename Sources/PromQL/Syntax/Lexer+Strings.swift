extension Lexer {
    /// A text in double or single quotes with escapes, or in backticks without.
    mutating func string() throws(PromQLError) -> String {
        let start = position
        let quote = peek()
        position += 1
        var value: [UInt8] = []
        while position < bytes.count {
            let byte = peek()
            position += 1
            if byte == quote { return try text(value, start) }
            if quote != UInt8(ascii: "`") {
                if byte == UInt8(ascii: "\n") { break }
                if byte == UInt8(ascii: "\\") {
                    try escape(quote, into: &value)
                    continue
                }
            }
            value.append(byte)
        }
        throw error("unterminated \(quote == UInt8(ascii: "`") ? "raw" : "quoted") string", at: start)
    }

    private func text(_ value: [UInt8], _ start: Int) throws(PromQLError) -> String {
        // Bytes that an escape makes need not be UTF-8: each such byte becomes the replacement character.
        String(decoding: value, as: UTF8.self)
    }

    private mutating func escape(_ quote: UInt8, into value: inout [UInt8]) throws(PromQLError) {
        let start = position - 1
        guard position < bytes.count else { throw error("escape sequence not terminated", at: start) }
        let byte = peek()
        position += 1
        switch byte {
        case UInt8(ascii: "a"): value.append(7)
        case UInt8(ascii: "b"): value.append(8)
        case UInt8(ascii: "f"): value.append(12)
        case UInt8(ascii: "n"): value.append(10)
        case UInt8(ascii: "r"): value.append(13)
        case UInt8(ascii: "t"): value.append(9)
        case UInt8(ascii: "v"): value.append(11)
        case UInt8(ascii: "\\"), quote: value.append(byte)
        case UInt8(ascii: "x"):
            value.append(UInt8(truncatingIfNeeded: try digits(2, radix: 16, start)))
        case UInt8(ascii: "0")...UInt8(ascii: "7"):
            position -= 1
            let number = try digits(3, radix: 8, start)
            guard number < 256 else { throw error("escape sequence is an invalid Unicode code point", at: start) }
            value.append(UInt8(truncatingIfNeeded: number))
        case UInt8(ascii: "u"), UInt8(ascii: "U"):
            let number = try digits(byte == UInt8(ascii: "u") ? 4 : 8, radix: 16, start)
            guard let scalar = Unicode.Scalar(number) else {
                throw error("escape sequence is an invalid Unicode code point", at: start)
            }
            value.append(contentsOf: Array(String(Character(scalar)).utf8))
        default:
            throw error("unknown escape sequence '\\\(Character(Unicode.Scalar(byte)))'", at: start)
        }
    }

    private mutating func digits(_ count: Int, radix: Int, _ start: Int) throws(PromQLError) -> UInt32 {
        var number: UInt32 = 0
        for _ in 0..<count {
            guard position < bytes.count else { throw error("escape sequence not terminated", at: start) }
            guard let digit = Character(Unicode.Scalar(peek())).hexDigitValue, digit < radix else {
                throw error("illegal character in escape sequence", at: start)
            }
            number = number &* UInt32(radix) &+ UInt32(digit)
            position += 1
        }
        return number
    }
}
