/// Reads JSON of a known shape in one pass over its bytes, without a tree and without reflection: for bodies that arrive
/// thousands of times a second.
///
/// It reads only what is plain: anything unexpected (an unknown member, a `\u` escape, a number that is no whole one
/// where one is wanted) ends the reading with `NotPlain`, and the caller reads the same bytes with a complete decoder,
/// which also words the error.
struct PlainJSON {
    private let bytes: UnsafeBufferPointer<UInt8>
    private var place = 0

    init(_ bytes: UnsafeBufferPointer<UInt8>) {
        self.bytes = bytes
    }

    mutating func object(_ member: (inout PlainJSON, String) throws(NotPlain) -> Void) throws(NotPlain) {
        try expect(UInt8(ascii: "{"))
        if skip(UInt8(ascii: "}")) { return }
        repeat {
            let name = try string()
            try expect(UInt8(ascii: ":"))
            try member(&self, name)
        } while skip(UInt8(ascii: ","))
        try expect(UInt8(ascii: "}"))
    }

    mutating func array<Element>(
        _ element: (inout PlainJSON) throws(NotPlain) -> Element
    ) throws(NotPlain) -> [Element] {
        var result: [Element] = []
        try expect(UInt8(ascii: "["))
        if skip(UInt8(ascii: "]")) { return result }
        repeat { result.append(try element(&self)) } while skip(UInt8(ascii: ","))
        try expect(UInt8(ascii: "]"))
        return result
    }

    mutating func strings() throws(NotPlain) -> [String] {
        try array { (json) throws(NotPlain) in try json.string() }
    }

    mutating func string() throws(NotPlain) -> String {
        try expect(UInt8(ascii: "\""))
        let start = place
        while place < bytes.count, bytes[place] != UInt8(ascii: "\""), bytes[place] != UInt8(ascii: "\\"),
            bytes[place] >= 0x20
        {
            place += 1
        }
        if place < bytes.count, bytes[place] == UInt8(ascii: "\\") { return try escapedString(from: start) }
        guard place < bytes.count, bytes[place] == UInt8(ascii: "\"") else { throw NotPlain() }
        defer { place += 1 }
        return try text(bytes[start..<place])
    }

    /// The rest of a string that has escapes; the simple ones are plain enough.
    private mutating func escapedString(from start: Int) throws(NotPlain) -> String {
        var result = Array(bytes[start..<place])
        while place < bytes.count, bytes[place] != UInt8(ascii: "\""), bytes[place] >= 0x20 {
            if bytes[place] == UInt8(ascii: "\\") {
                place += 1
                guard place < bytes.count, let meant = PlainJSON.escapes[bytes[place]] else { throw NotPlain() }
                result.append(meant)
            } else {
                result.append(bytes[place])
            }
            place += 1
        }
        guard place < bytes.count, bytes[place] == UInt8(ascii: "\"") else { throw NotPlain() }
        place += 1
        return try text(result)
    }

    private static let escapes: [UInt8: UInt8] = [
        UInt8(ascii: "\""): UInt8(ascii: "\""), UInt8(ascii: "\\"): UInt8(ascii: "\\"),
        UInt8(ascii: "/"): UInt8(ascii: "/"),
        UInt8(ascii: "n"): 0x0A, UInt8(ascii: "t"): 0x09, UInt8(ascii: "r"): 0x0D, UInt8(ascii: "b"): 0x08,
        UInt8(ascii: "f"): 0x0C,
    ]

    private func text(_ bytes: some Sequence<UInt8>) throws(NotPlain) -> String {
        guard let text = String(validating: bytes, as: UTF8.self) else { throw NotPlain() }
        return text
    }

    mutating func integer<Number: FixedWidthInteger>(_ type: Number.Type = Number.self) throws(NotPlain) -> Number {
        let text = number()
        // `Int("+1")` is a number to Swift and none to JSON; so is 007.
        guard let first = text.first, first != UInt8(ascii: "+") else { throw NotPlain() }
        var value: Number = 0
        let digits = first == UInt8(ascii: "-") ? text.dropFirst() : text
        guard let lead = digits.first, lead != UInt8(ascii: "0") || digits.count == 1 else { throw NotPlain() }
        for digit in digits {
            guard digit >= UInt8(ascii: "0"), digit <= UInt8(ascii: "9") else { throw NotPlain() }
            let (tens, isTooLarge) = value.multipliedReportingOverflow(by: 10)
            let (sum, isStillTooLarge) = tens.addingReportingOverflow(Number(digit - UInt8(ascii: "0")))
            if isTooLarge || isStillTooLarge { throw NotPlain() }
            value = sum
        }
        return digits.count == text.count ? value : 0 - value
    }

    mutating func double() throws(NotPlain) -> Double {
        let text = number()
        // The decoder behind us is strict about the form of a number; letters would be `nan` or hexadecimal.
        let isPlain = text.allSatisfy {
            ($0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9")) || $0 == UInt8(ascii: ".")
        }
        // 0825 is a number to Swift and none to JSON.
        let hasLeadingZero =
            text.count > 1 && text.first == UInt8(ascii: "0") && text[text.startIndex + 1] != UInt8(ascii: ".")
        guard isPlain, !hasLeadingZero, let first = text.first, first != UInt8(ascii: "."),
            text.last != UInt8(ascii: "."),
            let value = Double(String(decoding: text, as: UTF8.self)), value.isFinite
        else { throw NotPlain() }
        return value
    }

    mutating func bool() throws(NotPlain) -> Bool {
        if skip("true") { return true }
        if skip("false") { return false }
        throw NotPlain()
    }

    /// After the value only white space may come.
    mutating func end() throws(NotPlain) {
        skipSpace()
        if place < bytes.count { throw NotPlain() }
    }

    private mutating func number() -> Slice<UnsafeBufferPointer<UInt8>> {
        skipSpace()
        let start = place
        let ends: (UInt8) -> Bool = {
            $0 == UInt8(ascii: ",") || $0 == UInt8(ascii: "}") || $0 == UInt8(ascii: "]") || $0 <= 0x20
        }
        while place < bytes.count, !ends(bytes[place]) { place += 1 }
        return bytes[start..<place]
    }

    private mutating func skip(_ word: StaticString) -> Bool {
        skipSpace()
        let length = word.utf8CodeUnitCount
        guard place + length <= bytes.count else { return false }
        for offset in 0..<length where bytes[place + offset] != word.utf8Start[offset] { return false }
        place += length
        return true
    }

    private mutating func skip(_ byte: UInt8) -> Bool {
        skipSpace()
        guard place < bytes.count, bytes[place] == byte else { return false }
        place += 1
        return true
    }

    private mutating func expect(_ byte: UInt8) throws(NotPlain) {
        if !skip(byte) { throw NotPlain() }
    }

    private mutating func skipSpace() {
        while place < bytes.count {
            switch bytes[place] {
            case 0x20, 0x0A, 0x0D, 0x09: place += 1
            default: return
            }
        }
    }
}

/// The bytes need a complete decoder.
struct NotPlain: Error {}
