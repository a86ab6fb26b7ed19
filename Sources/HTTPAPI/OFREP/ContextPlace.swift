import Flags

/// Finds the evaluation context in a request's body: one pass over the bytes, nothing is copied.
///
/// It is strict about the JSON around the context. The context itself is read by the snapshot that it is bound to.
struct ContextPlace {
    private static let depthLimit = 128
    private let bytes: UnsafeRawBufferPointer
    private var offset = 0
    private var depth = 0

    /// Where the context object stands; `nil` when there is none, or null: the empty context.
    ///
    /// - Throws: When the body is no JSON object, or its context none.
    static func find(in body: UnsafeRawBufferPointer) throws(ContextProblem) -> Range<Int>? {
        var place = ContextPlace(bytes: body)
        place.skipSpace()
        if place.byte == nil { return nil }
        return try place.body()
    }

    private init(bytes: UnsafeRawBufferPointer) {
        self.bytes = bytes
    }

    private mutating func body() throws(ContextProblem) -> Range<Int>? {
        guard byte == UInt8(ascii: "{") else { throw ContextProblem("the body is no JSON object", at: offset) }
        var context: Range<Int>?
        offset += 1
        var isFirst = true
        while try hasNext(UInt8(ascii: "}"), isFirst: isFirst) {
            isFirst = false
            let isContext = isContextName
            try name()
            let start = offset
            try value()
            guard isContext else { continue }
            // Of two members with one name the later one counts, as JSON readers have it.
            switch bytes[start] {
            case UInt8(ascii: "{"): context = start..<offset
            case UInt8(ascii: "n"): context = nil
            default: throw ContextProblem("the context is no JSON object", at: start)
            }
        }
        skipSpace()
        if byte != nil { throw problem("there is more after the end of the body") }
        return context
    }

    private var isContextName: Bool {
        let name: StaticString = "\"context\""
        let end = offset + name.utf8CodeUnitCount
        return end <= bytes.count && name.withUTF8Buffer { $0.elementsEqual(bytes[offset..<end]) }
    }

    /// A member's name and its colon, up to the value.
    private mutating func name() throws(ContextProblem) {
        guard byte == UInt8(ascii: "\"") else { throw problem("a name in double quotes is expected") }
        try string()
        skipSpace()
        guard byte == UInt8(ascii: ":") else { throw problem("':' is expected") }
        offset += 1
        skipSpace()
    }

    private mutating func value() throws(ContextProblem) {
        switch byte {
        case UInt8(ascii: "\""): try string()
        case UInt8(ascii: "{"): try container(close: UInt8(ascii: "}"))
        case UInt8(ascii: "["): try container(close: UInt8(ascii: "]"))
        case UInt8(ascii: "t"): try literal("true")
        case UInt8(ascii: "f"): try literal("false")
        case UInt8(ascii: "n"): try literal("null")
        default: try number()
        }
    }

    private mutating func container(close: UInt8) throws(ContextProblem) {
        guard depth < ContextPlace.depthLimit else {
            throw problem("nested deeper than \(ContextPlace.depthLimit) levels")
        }
        depth += 1
        offset += 1
        var isFirst = true
        while try hasNext(close, isFirst: isFirst) {
            isFirst = false
            if close == UInt8(ascii: "}") { try name() }
            try value()
        }
        depth -= 1
    }

    private mutating func hasNext(_ close: UInt8, isFirst: Bool) throws(ContextProblem) -> Bool {
        skipSpace()
        if byte == close {
            offset += 1
            return false
        }
        if !isFirst {
            guard byte == UInt8(ascii: ",") else { throw problem("',' or '\(UnicodeScalar(close))' is expected") }
            offset += 1
            skipSpace()
        }
        return true
    }

    private mutating func string() throws(ContextProblem) {
        offset += 1
        while let next = byte, next != UInt8(ascii: "\"") {
            guard next >= 0x20 else { throw problem("a control character in a text must be escaped") }
            offset += next == UInt8(ascii: "\\") ? 2 : 1
        }
        guard byte != nil else { throw problem("a text is not closed") }
        offset += 1
    }

    private mutating func literal(_ word: StaticString) throws(ContextProblem) {
        let end = offset + word.utf8CodeUnitCount
        guard end <= bytes.count, word.withUTF8Buffer({ $0.elementsEqual(bytes[offset..<end]) }) else {
            throw problem("a value is expected")
        }
        offset = end
    }

    private mutating func number() throws(ContextProblem) {
        if byte == UInt8(ascii: "-") { offset += 1 }
        let whole = offset
        guard digits() > 0 else { throw problem("a value is expected") }
        if bytes[whole] == UInt8(ascii: "0"), offset > whole + 1 { throw problem("a number begins with 0") }
        if byte == UInt8(ascii: ".") {
            offset += 1
            guard digits() > 0 else { throw problem("digits are expected after the point") }
        }
        if byte == UInt8(ascii: "e") || byte == UInt8(ascii: "E") {
            offset += 1
            if byte == UInt8(ascii: "+") || byte == UInt8(ascii: "-") { offset += 1 }
            guard digits() > 0 else { throw problem("digits are expected in the exponent") }
        }
    }

    private mutating func digits() -> Int {
        let start = offset
        while let byte, byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") { offset += 1 }
        return offset - start
    }

    private var byte: UInt8? { offset < bytes.count ? bytes[offset] : nil }

    private mutating func skipSpace() {
        while let byte, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { offset += 1 }
    }

    private func problem(_ message: String) -> ContextProblem { ContextProblem(message, at: min(offset, bytes.count)) }
}
