/// Bytes that are no protobuf message, or not the one that was expected.
package enum ProtoProblem: Error {
    /// The message ends inside a field, or a length says more than there is.
    case truncated
    /// A number of more than ten bytes, a field number 0, an unknown wire type, an unmatched group.
    case malformed
    /// A string is not UTF-8.
    case invalidText
    /// Structs and lists inside each other beyond the limit.
    case tooDeep
}

/// Reads the fields of one protobuf message in the order they were sent, without copying and without a tree.
package struct ProtoReader {
    package enum WireType: UInt8 {
        case varint = 0
        case fixed64 = 1
        case bytes = 2
        case groupStart = 3
        case groupEnd = 4
        case fixed32 = 5
    }

    package struct Field {
        package var number: UInt64
        package var type: WireType
    }

    private let bytes: UnsafeRawBufferPointer
    private var place = 0

    package init(_ bytes: UnsafeRawBufferPointer) {
        self.bytes = bytes
    }

    /// The next field's number and type; `nil` at the message's end. Its value must be read, or skipped, before the next.
    package mutating func field() throws(ProtoProblem) -> Field? {
        guard place < bytes.count else { return nil }
        let tag = try varint()
        guard let type = WireType(rawValue: UInt8(truncatingIfNeeded: tag & 7)), tag >> 3 != 0, tag >> 32 == 0 else {
            throw .malformed
        }
        return Field(number: tag >> 3, type: type)
    }

    package mutating func varint() throws(ProtoProblem) -> UInt64 {
        guard place < bytes.count else { throw .truncated }
        let first = bytes[place]
        place += 1
        if first < 0x80 { return UInt64(first) }
        var value = UInt64(first & 0x7F)
        var shift: UInt64 = 7
        while place < bytes.count {
            let byte = bytes[place]
            place += 1
            guard shift < 63 || byte < 2 else { throw .malformed }
            value |= UInt64(byte & 0x7F) << shift
            if byte < 0x80 { return value }
            shift += 7
            guard shift < 70 else { throw .malformed }
        }
        throw .truncated
    }

    package mutating func fixed64() throws(ProtoProblem) -> UInt64 {
        guard bytes.count - place >= 8 else { throw .truncated }
        defer { place += 8 }
        return UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: place, as: UInt64.self))
    }

    /// A string's or message's bytes; they live as long as the bytes that are read.
    package mutating func lengthDelimited() throws(ProtoProblem) -> UnsafeRawBufferPointer {
        let length = try varint()
        guard length <= UInt64(bytes.count - place) else { throw .truncated }
        defer { place += Int(length) }
        return UnsafeRawBufferPointer(rebasing: bytes[place..<(place + Int(length))])
    }

    package mutating func text() throws(ProtoProblem) -> String {
        let bytes = try lengthDelimited()
        guard let text = String(validating: bytes, as: UTF8.self) else { throw .invalidText }
        return text
    }

    /// Leaves out the value of a field that nobody knows, so that newer clients are understood.
    package mutating func skip(_ field: Field) throws(ProtoProblem) {
        switch field.type {
        case .varint: _ = try varint()
        case .fixed64: _ = try fixed64()
        case .bytes: _ = try lengthDelimited()
        case .fixed32:
            guard bytes.count - place >= 4 else { throw .truncated }
            place += 4
        case .groupStart: try skipGroup(field.number)
        case .groupEnd: throw .malformed
        }
    }

    /// Groups are long out of use, yet a message may hold them; they are walked without recursion.
    private mutating func skipGroup(_ number: UInt64) throws(ProtoProblem) {
        var open = [number]
        while let innermost = open.last {
            guard let field = try field() else { throw .truncated }
            switch field.type {
            case .groupStart:
                guard open.count < ProtoReader.deepest else { throw .tooDeep }
                open.append(field.number)
            case .groupEnd:
                guard field.number == innermost else { throw .malformed }
                open.removeLast()
            default: try skip(field)
            }
        }
    }

    /// How many structs, lists or groups may be inside each other.
    package static let deepest = 100
}
