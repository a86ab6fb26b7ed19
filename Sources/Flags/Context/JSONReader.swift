/// Reads JSON from raw bytes into flag values: strict, bounded, and without a tree of nodes between.
struct JSONReader {
    /// Deeper nesting is refused, so that no context can exhaust the stack.
    static let depthLimit = 100
    /// A longer context is refused.
    static let sizeLimit = 10_000_000

    let bytes: UnsafeRawBufferPointer
    var offset = 0
    /// Whole numbers that do not fit 64 bits.
    var largeIntegers = LargeIntegers()
    private var depth = 0

    init(_ bytes: UnsafeRawBufferPointer) {
        self.bytes = bytes
    }

    /// Reads one value with nothing but white space around it.
    mutating func document() throws(ContextProblem) -> FlagValue {
        guard bytes.count <= JSONReader.sizeLimit else {
            throw ContextProblem(
                "the context has \(bytes.count) bytes, and at most \(JSONReader.sizeLimit) are read", at: 0)
        }
        let value = try value()
        skipSpace()
        if offset < bytes.count { throw problem("there is more after the end of the value") }
        return value
    }

    mutating func value() throws(ContextProblem) -> FlagValue {
        skipSpace()
        switch byte {
        case UInt8(ascii: "{"): return try object()
        case UInt8(ascii: "["): return try list()
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try literal("true", .bool(true))
        case UInt8(ascii: "f"): return try literal("false", .bool(false))
        case UInt8(ascii: "n"): return try literal("null", .null)
        case nil: throw problem("the context ends where a value is expected")
        default: return try number()
        }
    }

    private mutating func object() throws(ContextProblem) -> FlagValue {
        try descend()
        var members: [FlagMember] = []
        // By bytes: Swift's texts are also equal when they only look the same.
        var places: [[UInt8]: Int] = [:]
        while try hasNext(UInt8(ascii: "}"), isFirst: members.isEmpty) {
            guard byte == UInt8(ascii: "\"") else { throw problem("a name in double quotes is expected") }
            let name = try string()
            skipSpace()
            guard byte == UInt8(ascii: ":") else { throw problem("':' is expected") }
            offset += 1
            let value = try value()
            // Of two members with one name the later one counts, as every JSON reader of the SDKs has it.
            let isFew = members.count < 16
            if let place = isFew ? members.firstIndex(where: { sameText($0.name, name) }) : places[Array(name.utf8)] {
                members[place].value = value
            } else {
                members.append(FlagMember(name, value))
                if members.count == 16 {
                    for (place, member) in members.enumerated() { places[Array(member.name.utf8)] = place }
                } else if members.count > 16 {
                    places[Array(name.utf8)] = members.count - 1
                }
            }
        }
        depth -= 1
        return .object(members)
    }

    private mutating func list() throws(ContextProblem) -> FlagValue {
        try descend()
        var items: [FlagValue] = []
        while try hasNext(UInt8(ascii: "]"), isFirst: items.isEmpty) { items.append(try value()) }
        depth -= 1
        return .list(items)
    }

    private mutating func descend() throws(ContextProblem) {
        guard depth < JSONReader.depthLimit else {
            throw problem("nested deeper than \(JSONReader.depthLimit) levels")
        }
        depth += 1
        offset += 1
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

    private mutating func literal(_ word: StaticString, _ value: FlagValue) throws(ContextProblem) -> FlagValue {
        let end = offset + word.utf8CodeUnitCount
        guard end <= bytes.count, word.withUTF8Buffer({ $0.elementsEqual(bytes[offset..<end]) }) else {
            throw problem("a value is expected")
        }
        offset = end
        return value
    }

    var byte: UInt8? { offset < bytes.count ? bytes[offset] : nil }

    mutating func skipSpace() {
        while let byte, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { offset += 1 }
    }

    func problem(_ message: String) -> ContextProblem { ContextProblem(message, at: offset) }
}
