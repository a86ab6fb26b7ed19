/// Writes the JSON of a `google.protobuf.Struct` straight from its bytes, without a tree, into memory that is used again.
///
/// So contexts have one reader, whichever protocol brought them, and mean the same on all of them.
package struct StructJSON {
    package private(set) var text: [UInt8] = []

    package init() {}

    /// Writes the object that these bytes are; without bytes, an empty one.
    package mutating func write(_ message: UnsafeRawBufferPointer?) throws(ProtoProblem) {
        if text.capacity > StructJSON.keptBytes { text = [] }
        text.removeAll(keepingCapacity: true)
        text.reserveCapacity((message?.count ?? 0) + 64)
        try object(message ?? UnsafeRawBufferPointer(start: nil, count: 0), depth: 0)
    }

    /// Memory beyond this is given back after a large context.
    private static let keptBytes = 256 << 10

    private mutating func object(_ message: UnsafeRawBufferPointer, depth: Int) throws(ProtoProblem) {
        guard depth < ProtoReader.deepest else { throw .tooDeep }
        text.append(UInt8(ascii: "{"))
        var reader = ProtoReader(message)
        var isFirst = true
        while let field = try reader.field() {
            guard field.number == 1, field.type == .bytes else {
                try reader.skip(field)
                continue
            }
            if !isFirst { text.append(UInt8(ascii: ",")) }
            isFirst = false
            try member(try reader.lengthDelimited(), depth: depth)
        }
        text.append(UInt8(ascii: "}"))
    }

    private mutating func member(_ message: UnsafeRawBufferPointer, depth: Int) throws(ProtoProblem) {
        var reader = ProtoReader(message)
        var name = UnsafeRawBufferPointer(start: nil, count: 0)
        var content = UnsafeRawBufferPointer(start: nil, count: 0)
        while let field = try reader.field() {
            switch (field.number, field.type) {
            case (1, .bytes): name = try reader.lengthDelimited()
            case (2, .bytes): content = try reader.lengthDelimited()
            default: try reader.skip(field)
            }
        }
        try string(name)
        text.append(UInt8(ascii: ":"))
        try value(content, depth: depth)
    }

    private mutating func value(_ message: UnsafeRawBufferPointer, depth: Int) throws(ProtoProblem) {
        var reader = ProtoReader(message)
        let start = text.count
        while let field = try reader.field() {
            // Of several values the last one counts.
            text.removeLast(text.count - start)
            switch (field.number, field.type) {
            case (1, .varint): _ = try reader.varint()
            case (2, .fixed64): number(Double(bitPattern: try reader.fixed64()))
            case (3, .bytes): try string(try reader.lengthDelimited())
            case (4, .varint): append(try reader.varint() != 0 ? "true" : "false")
            case (5, .bytes): try object(try reader.lengthDelimited(), depth: depth + 1)
            case (6, .bytes): try list(try reader.lengthDelimited(), depth: depth + 1)
            default: try reader.skip(field)
            }
        }
        if text.count == start { append("null") }
    }

    private mutating func list(_ message: UnsafeRawBufferPointer, depth: Int) throws(ProtoProblem) {
        guard depth < ProtoReader.deepest else { throw .tooDeep }
        text.append(UInt8(ascii: "["))
        var reader = ProtoReader(message)
        var isFirst = true
        while let field = try reader.field() {
            guard field.number == 1, field.type == .bytes else {
                try reader.skip(field)
                continue
            }
            if !isFirst { text.append(UInt8(ascii: ",")) }
            isFirst = false
            try value(try reader.lengthDelimited(), depth: depth)
        }
        text.append(UInt8(ascii: "]"))
    }

    /// A struct has doubles only; whole ones that a double holds exactly were integers where they came from. What is no
    /// number in JSON becomes null.
    private mutating func number(_ number: Double) {
        guard number.isFinite else { return append("null") }
        if number.magnitude <= 0x1p53, number.sign == .plus || number != 0, let integer = Int64(exactly: number) {
            return self.integer(integer)
        }
        text.append(contentsOf: number.description.utf8)
    }

    private mutating func integer(_ integer: Int64) {
        if integer < 0 { text.append(UInt8(ascii: "-")) }
        var rest = integer.magnitude
        let start = text.count
        repeat {
            text.append(UInt8(ascii: "0") + UInt8(rest % 10))
            rest /= 10
        } while rest > 0
        text[start...].reverse()
    }

    /// The reader of the context sees to it that it is UTF-8.
    private mutating func string(_ bytes: UnsafeRawBufferPointer) throws(ProtoProblem) {
        text.append(UInt8(ascii: "\""))
        var plain = 0
        for (place, byte) in bytes.enumerated() where byte < 0x20 || byte == 0x22 || byte == 0x5C {
            text.append(contentsOf: bytes[plain..<place])
            plain = place + 1
            append("\\u00")
            text.append(StructJSON.digit(byte >> 4))
            text.append(StructJSON.digit(byte & 15))
        }
        text.append(contentsOf: bytes[plain...])
        text.append(UInt8(ascii: "\""))
    }

    private static func digit(_ value: UInt8) -> UInt8 {
        value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10
    }

    private mutating func append(_ word: StaticString) {
        word.withUTF8Buffer { text.append(contentsOf: $0) }
    }
}
