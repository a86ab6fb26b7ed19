/// Walks over JSON as answers of the query API are written, without making a tree of it. What is broken throws.
struct AnswerCursor {
    struct Broken: Error {
        var offset: Int
    }

    private let bytes: UnsafeRawBufferPointer
    private(set) var place = 0
    private static let depthLimit = 64

    init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    var broken: Broken { Broken(offset: place) }

    /// The next byte that is no white space; 0 at the end.
    mutating func peek() -> UInt8 {
        while place < bytes.count {
            switch bytes[place] {
            case 0x20, 0x0a, 0x0d, 0x09: place += 1
            case let byte: return byte
            }
        }
        return 0
    }

    mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard peek() == UInt8(ascii: character) else { return false }
        place += 1
        return true
    }

    mutating func expect(_ character: Unicode.Scalar) throws(Broken) {
        guard take(character) else { throw broken }
    }

    /// Every member of an object; `body` must read its value.
    mutating func object(_ body: (inout AnswerCursor, String) throws(Broken) -> Void) throws(Broken) {
        try expect("{")
        if take("}") { return }
        repeat {
            let name = try text()
            try expect(":")
            try body(&self, name)
        } while take(",")
        try expect("}")
    }

    /// Every item of an array, likewise.
    mutating func array(_ body: (inout AnswerCursor) throws(Broken) -> Void) throws(Broken) {
        try expect("[")
        if take("]") { return }
        repeat { try body(&self) } while take(",")
        try expect("]")
    }

    mutating func text() throws(Broken) -> String {
        try expect("\"")
        let start = place
        while place < bytes.count, bytes[place] != UInt8(ascii: "\""), bytes[place] != UInt8(ascii: "\\") { place += 1 }
        guard place < bytes.count else { throw broken }
        if bytes[place] == UInt8(ascii: "\"") {
            place += 1
            return String(decoding: bytes[start..<place - 1], as: UTF8.self)
        }
        place = start
        return try escapedText()
    }

    private mutating func escapedText() throws(Broken) -> String {
        var text: [UInt8] = []
        while place < bytes.count {
            let byte = bytes[place]
            place += 1
            switch byte {
            case UInt8(ascii: "\""): return String(decoding: text, as: UTF8.self)
            case UInt8(ascii: "\\"): text.append(contentsOf: String(try escape()).utf8)
            default: text.append(byte)
            }
        }
        throw broken
    }

    private mutating func escape() throws(Broken) -> Unicode.Scalar {
        guard place < bytes.count else { throw broken }
        place += 1
        switch bytes[place - 1] {
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "b"): return "\u{8}"
        case UInt8(ascii: "f"): return "\u{c}"
        case UInt8(ascii: "u"):
            let high = try hexadecimal()
            if let scalar = Unicode.Scalar(high) { return scalar }
            guard high < 0xdc00, place + 1 < bytes.count, bytes[place] == UInt8(ascii: "\\"),
                bytes[place + 1] == UInt8(ascii: "u")
            else { return "\u{fffd}" }
            place += 2
            let low = try hexadecimal()
            guard low & 0xfc00 == 0xdc00 else { return "\u{fffd}" }
            return Unicode.Scalar(0x10000 + (high & 0x3ff) << 10 + (low & 0x3ff)) ?? "\u{fffd}"
        case let byte: return Unicode.Scalar(byte)
        }
    }

    private mutating func hexadecimal() throws(Broken) -> UInt32 {
        guard bytes.count - place >= 4,
            let value = UInt32(String(decoding: bytes[place..<place + 4], as: UTF8.self), radix: 16)
        else { throw broken }
        place += 4
        return value
    }

    /// A number as it is written.
    mutating func number() throws(Broken) -> Substring {
        _ = peek()
        let start = place
        while place < bytes.count, "+-.eE0123456789".utf8.contains(bytes[place]) { place += 1 }
        guard place > start else { throw broken }
        return String(decoding: bytes[start..<place], as: UTF8.self)[...]
    }

    /// Passes a value that is not wanted.
    mutating func skip(depth: Int = 0) throws(Broken) {
        guard depth < AnswerCursor.depthLimit else { throw broken }
        switch peek() {
        case UInt8(ascii: "{"): try object { (cursor, _) throws(Broken) in try cursor.skip(depth: depth + 1) }
        case UInt8(ascii: "["): try array { (cursor) throws(Broken) in try cursor.skip(depth: depth + 1) }
        case UInt8(ascii: "\""): _ = try text()
        case UInt8(ascii: "t"): try word("true")
        case UInt8(ascii: "f"): try word("false")
        case UInt8(ascii: "n"): try word("null")
        default: _ = try number()
        }
    }

    private mutating func word(_ word: StaticString) throws(Broken) {
        let length = word.utf8CodeUnitCount
        guard bytes.count - place >= length,
            bytes[place..<place + length].elementsEqual(UnsafeBufferPointer(start: word.utf8Start, count: length))
        else { throw broken }
        place += length
    }
}
