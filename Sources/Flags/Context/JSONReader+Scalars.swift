extension JSONReader {
    /// Reads a number. Without fraction and exponent it is an integer, where it fits 64 bits.
    mutating func number() throws(ContextProblem) -> FlagValue {
        let start = offset
        var isInteger = true
        guard let byte, byte == UInt8(ascii: "-") || (0x30...0x39).contains(byte) else {
            throw problem("a value is expected")
        }
        if byte == UInt8(ascii: "-") { offset += 1 }
        let first = offset
        try digits()
        if offset - first > 1, bytes[first] == UInt8(ascii: "0") { throw problem("a number with a leading zero") }
        if self.byte == UInt8(ascii: ".") {
            isInteger = false
            offset += 1
            try digits()
        }
        if self.byte == UInt8(ascii: "e") || self.byte == UInt8(ascii: "E") {
            isInteger = false
            offset += 1
            if self.byte == UInt8(ascii: "+") || self.byte == UInt8(ascii: "-") { offset += 1 }
            try digits()
        }
        if isInteger, offset - first > LargeInteger.digitLimit {
            throw ContextProblem(
                "a whole number of \(offset - first) digits, and at most \(LargeInteger.digitLimit) are read", at: start
            )
        }
        if isInteger, let integer = integer(from: start) { return .integer(integer) }
        let text = String(decoding: UnsafeRawBufferPointer(rebasing: bytes[start..<offset]), as: UTF8.self)
        let number = Double(text) ?? .nan
        if isInteger, text != "-0" { largeIntegers.add(LargeInteger(value: number, digits: text)) }
        return .number(number)
    }

    private mutating func digits() throws(ContextProblem) {
        let start = offset
        while let byte, byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") { offset += 1 }
        if offset == start { throw problem("a digit is expected") }
    }

    private func integer(from start: Int) -> Int64? {
        let isNegative = bytes[start] == UInt8(ascii: "-")
        var value: Int64 = 0
        for place in (isNegative ? start + 1 : start)..<offset {
            let (shifted, tooLarge) = value.multipliedReportingOverflow(by: 10)
            let digit = Int64(bytes[place] - UInt8(ascii: "0"))
            let (sum, overflow) = shifted.addingReportingOverflow(isNegative ? -digit : digit)
            if tooLarge || overflow { return nil }
            value = sum
        }
        // Minus zero exists only among the doubles.
        return isNegative && value == 0 ? nil : value
    }

    /// Reads a text in double quotes.
    mutating func string() throws(ContextProblem) -> String {
        let start = offset + 1
        offset = start
        while let byte, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\"), byte >= 0x20 { offset += 1 }
        if byte == UInt8(ascii: "\"") {
            let slice = UnsafeRawBufferPointer(rebasing: bytes[start..<offset])
            offset += 1
            guard let text = String(validating: slice, as: UTF8.self) else {
                throw ContextProblem("a text that is not valid UTF-8", at: start)
            }
            return text
        }
        var gathered = Array(bytes[start..<offset])
        while let byte, byte != UInt8(ascii: "\"") {
            if byte < 0x20 { throw problem("a control character inside a text") }
            offset += 1
            if byte == UInt8(ascii: "\\") { try escape(into: &gathered) } else { gathered.append(byte) }
        }
        guard offset < bytes.count else { throw problem("a text that is never closed") }
        offset += 1
        guard let text = String(validating: gathered, as: UTF8.self) else {
            throw ContextProblem("a text that is not valid UTF-8", at: start)
        }
        return text
    }

    private mutating func escape(into gathered: inout [UInt8]) throws(ContextProblem) {
        guard let letter = byte else { throw problem("a text that is never closed") }
        offset += 1
        switch letter {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): gathered.append(letter)
        case UInt8(ascii: "b"): gathered.append(0x08)
        case UInt8(ascii: "f"): gathered.append(0x0C)
        case UInt8(ascii: "n"): gathered.append(0x0A)
        case UInt8(ascii: "r"): gathered.append(0x0D)
        case UInt8(ascii: "t"): gathered.append(0x09)
        case UInt8(ascii: "u"): gathered.append(contentsOf: String(try unicodeScalar()).utf8)
        default: throw problem("an unknown escape")
        }
    }

    private mutating func unicodeScalar() throws(ContextProblem) -> UnicodeScalar {
        let unit = try hexadecimal()
        if let scalar = UnicodeScalar(unit) { return scalar }
        let isPair =
            offset + 1 < bytes.count && bytes[offset] == UInt8(ascii: "\\") && bytes[offset + 1] == UInt8(ascii: "u")
        guard unit < 0xDC00, isPair else { throw problem("half a surrogate pair") }
        offset += 2
        let second = try hexadecimal()
        guard (0xDC00...0xDFFF).contains(second),
            let scalar = UnicodeScalar(0x10000 + (UInt32(unit - 0xD800) << 10) + UInt32(second - 0xDC00))
        else { throw problem("half a surrogate pair") }
        return scalar
    }

    private mutating func hexadecimal() throws(ContextProblem) -> UInt16 {
        var unit: UInt16 = 0
        for _ in 0..<4 {
            guard let byte, let digit = Character(UnicodeScalar(byte)).hexDigitValue, byte < 0x80 else {
                throw problem("four hexadecimal digits are expected")
            }
            unit = unit << 4 | UInt16(digit)
            offset += 1
        }
        return unit
    }
}
