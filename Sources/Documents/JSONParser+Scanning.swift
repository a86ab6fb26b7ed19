extension JSONParser {
    var byte: UInt8? { offset < bytes.count ? bytes[offset] : nil }

    var position: Position { Position(line: line, column: offset - lineStart + 1) }

    mutating func skipSpace() {
        while offset < bytes.count {
            switch bytes[offset] {
            case 0x20, 0x09, 0x0D: offset += 1
            case 0x0A:
                offset += 1
                line += 1
                lineStart = offset
            default: return
            }
        }
    }

    mutating func take(_ word: StaticString) -> Bool {
        let end = offset + word.utf8CodeUnitCount
        guard end <= bytes.count else { return false }
        let matches = word.withUTF8Buffer { $0.elementsEqual(bytes[offset..<end]) }
        if matches { offset = end }
        return matches
    }

    func issue(_ message: String, hint: String? = nil) -> DocumentIssue {
        // Exact also within a text, whose bytes are not taken off the line yet.
        let lineBytes = bytes[..<min(offset, bytes.count)].reversed().prefix { $0 != 0x0A }
        let column = 1 + lineBytes.count { $0 & 0xC0 != 0x80 } - (line == 1 && hasByteOrderMark ? 1 : 0)
        return DocumentIssue(file: file, at: Position(line: line, column: column), message: message, hint: hint)
    }

    var hasByteOrderMark: Bool { bytes.starts(with: [0xEF, 0xBB, 0xBF]) }

    /// What is at the present place, for people.
    var here: String {
        guard let byte else { return "the end of the file" }
        if isLetter(byte) {
            let word = bytes[offset...].prefix(20).prefix { isLetter($0) }
            return "'\(String(decoding: word, as: UTF8.self))'"
        }
        let scalar = String(decoding: bytes[offset...].prefix(4), as: UTF8.self).unicodeScalars.first ?? "\u{FFFD}"
        return byte < 0x20 || byte == 0x7F ? "a control character" : "'\(scalar)'"
    }

    /// What people write who think of other languages.
    var valueHint: String? {
        switch byte {
        case UInt8(ascii: "'"): return "texts are in double quotes"
        case UInt8(ascii: "/"), UInt8(ascii: "#"): return "JSON has no comments"
        case UInt8(ascii: "+"): return "numbers have no '+'"
        case UInt8(ascii: "."): return "write a digit before the point"
        case .some(let byte) where isLetter(byte):
            return "values are texts in double quotes, numbers, true, false, null, [ ] and { }"
        default: return nil
        }
    }

    private func isLetter(_ byte: UInt8) -> Bool {
        (65...90).contains(byte) || (97...122).contains(byte)
    }
}

// MARK: - Numbers

extension JSONParser {
    /// Reads a number. Without fraction and exponent it is an integer and must fit 64 bits.
    mutating func number() throws(DocumentIssue) -> Node.Value {
        let start = offset
        let isNegative = byte == UInt8(ascii: "-")
        if isNegative { offset += 1 }
        let integerDigits = try digits("a digit is expected after '-'")
        if integerDigits > 1, bytes[offset - integerDigits] == UInt8(ascii: "0") {
            offset = start
            throw issue("a number with a leading zero", hint: "write it without the zero, or in quotes")
        }
        var isInteger = true
        if byte == UInt8(ascii: ".") {
            isInteger = false
            offset += 1
            _ = try digits("a digit is expected after the point")
        }
        if byte == UInt8(ascii: "e") || byte == UInt8(ascii: "E") {
            isInteger = false
            offset += 1
            if byte == UInt8(ascii: "+") || byte == UInt8(ascii: "-") { offset += 1 }
            _ = try digits("a digit is expected in the exponent")
        }
        return try converted(start..<offset, isInteger: isInteger, isNegative: isNegative, digits: integerDigits)
    }

    private mutating func digits(_ message: String) throws(DocumentIssue) -> Int {
        let start = offset
        while let byte, byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") { offset += 1 }
        guard offset > start else { throw issue("\(message), found \(here)") }
        return offset - start
    }

    private mutating func converted(
        _ range: Range<Int>, isInteger: Bool, isNegative: Bool, digits: Int
    ) throws(DocumentIssue) -> Node.Value {
        if isInteger, digits <= 18 {
            var magnitude: Int64 = 0
            for byte in bytes[(isNegative ? range.lowerBound + 1 : range.lowerBound)..<range.upperBound] {
                magnitude = magnitude * 10 + Int64(byte - UInt8(ascii: "0"))
            }
            // Minus zero exists only among the floating-point numbers.
            return isNegative && magnitude == 0 ? .number(-0.0) : .integer(isNegative ? -magnitude : magnitude)
        }
        let text = String(decoding: bytes[range], as: UTF8.self)
        if isInteger, let integer = Int64(text) { return .integer(integer) }
        // A whole number beyond 64 bits is one that a double comes near, as in every other reader of JSON.
        guard let number = Double(text), number.isFinite else {
            offset = range.lowerBound
            throw issue("the number \(shortened(text)) is too large", hint: "the largest is about 1.8e308")
        }
        return .number(number)
    }
}
