extension JSONParser {
    /// Reads a text in double quotes; the parser stands at the opening one.
    mutating func string() throws(DocumentIssue) -> String {
        let open = offset
        offset += 1
        var continuations = 0
        while offset < bytes.count {
            let byte = bytes[offset]
            if byte == UInt8(ascii: "\"") {
                let text = try validated(open + 1..<offset, open: open)
                offset += 1
                lineStart += continuations
                return text
            }
            if byte == UInt8(ascii: "\\") { return try escapedString(open: open, continuations) }
            if byte < 0x20 { throw controlCharacterIssue() }
            if byte & 0xC0 == 0x80 { continuations += 1 }
            offset += 1
        }
        offset = open
        throw issue("a text that is never closed", hint: "end it with \"")
    }

    private func validated(_ range: Range<Int>, open: Int) throws(DocumentIssue) -> String {
        guard let text = String(validating: bytes[range], as: UTF8.self) else {
            var place = self
            place.offset = open
            throw place.issue("a text that is not valid UTF-8", hint: "save the file as UTF-8")
        }
        return text
    }

    private func controlCharacterIssue() -> DocumentIssue {
        bytes[offset] == 0x0A || bytes[offset] == 0x0D
            ? issue("a line break inside a text", hint: "write \\n, or close the text with \"")
            : issue("a control character inside a text", hint: "write it as \\u00XX")
    }

    /// The slow way, for a text with escapes: from the first backslash on, pieces are gathered as bytes.
    private mutating func escapedString(open: Int, _ before: Int) throws(DocumentIssue) -> String {
        var gathered = Array(bytes[(open + 1)..<offset])
        var continuations = before
        while offset < bytes.count {
            let byte = bytes[offset]
            switch byte {
            case UInt8(ascii: "\""):
                guard let text = String(validating: gathered, as: UTF8.self) else {
                    offset = open
                    throw issue("a text that is not valid UTF-8", hint: "save the file as UTF-8")
                }
                offset += 1
                lineStart += continuations
                return text
            case UInt8(ascii: "\\"):
                try escape(into: &gathered)
            case 0..<0x20:
                throw controlCharacterIssue()
            default:
                if byte & 0xC0 == 0x80 { continuations += 1 }
                gathered.append(byte)
                offset += 1
            }
        }
        offset = open
        throw issue("a text that is never closed", hint: "end it with \"")
    }

    private mutating func escape(into gathered: inout [UInt8]) throws(DocumentIssue) {
        let start = offset
        offset += 1
        guard let letter = byte else { throw issue("the file ends inside a text") }
        offset += 1
        switch letter {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): gathered.append(letter)
        case UInt8(ascii: "b"): gathered.append(0x08)
        case UInt8(ascii: "f"): gathered.append(0x0C)
        case UInt8(ascii: "n"): gathered.append(0x0A)
        case UInt8(ascii: "r"): gathered.append(0x0D)
        case UInt8(ascii: "t"): gathered.append(0x09)
        case UInt8(ascii: "u"):
            let scalar = try unicodeEscape(start: start)
            gathered.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
        default:
            offset = start + 1
            let found = here
            offset = start
            throw issue("unknown escape: a backslash before \(found)", hint: "a backslash itself is written \\\\")
        }
    }

    private mutating func unicodeEscape(start: Int) throws(DocumentIssue) -> UnicodeScalar {
        let first = try fourHexadecimalDigits(start: start)
        if let scalar = UnicodeScalar(first) { return scalar }
        // Not a scalar of its own: the first half of a surrogate pair, or an error.
        if first < 0xDC00, take("\\u") {
            let second = try fourHexadecimalDigits(start: start)
            if (0xDC00...0xDFFF).contains(second),
                let scalar = UnicodeScalar(0x10000 + (UInt32(first - 0xD800) << 10) + UInt32(second - 0xDC00))
            {
                return scalar
            }
        }
        offset = start
        throw issue("half a surrogate pair: \\u\(String(first, radix: 16)) is no character by itself")
    }

    private mutating func fourHexadecimalDigits(start: Int) throws(DocumentIssue) -> UInt16 {
        let digits = String(decoding: bytes[offset...].prefix(4), as: UTF8.self)
        guard digits.utf8.count == 4, digits.first != "+", digits.first != "-", let unit = UInt16(digits, radix: 16)
        else {
            offset = start
            throw issue("expected four hexadecimal digits after \\u")
        }
        offset += 4
        return unit
    }
}
