/// Walks over the fields of a protobuf message where it lies (protobuf.dev, "Encoding"). Groups are refused.
struct ProtobufReader {
    let bytes: UnsafeRawBufferPointer
    private(set) var position: Int
    let end: Int
    private(set) var isBroken = false
    /// Of the last tag: 0 varint, 1 eight bytes, 2 a length and bytes, 5 four bytes.
    private(set) var wireType = 0

    init(_ bytes: UnsafeRawBufferPointer, _ range: Range<Int>) {
        self.bytes = bytes
        self.position = range.lowerBound
        self.end = range.upperBound
    }

    /// The number of the next field, or `nil` at the end and where it is broken.
    @inline(__always)
    mutating func next() -> Int? {
        guard position < end, !isBroken else { return nil }
        let tag = varint()
        wireType = Int(tag & 7)
        guard !isBroken, tag >> 3 != 0, tag >> 3 < 1 << 29 else {
            isBroken = true
            return nil
        }
        return Int(tag >> 3)
    }

    @inline(__always)
    mutating func varint() -> UInt64 {
        if position < end {
            let first = bytes[position]
            if first < 0x80 {
                position &+= 1
                return UInt64(first)
            }
        }
        return longVarint()
    }

    private mutating func longVarint() -> UInt64 {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while position < end, shift < 64 {
            let byte = bytes[position]
            position &+= 1
            value |= UInt64(byte & 0x7f) << shift
            if byte < 0x80 { return value }
            shift &+= 7
        }
        isBroken = true
        return 0
    }

    mutating func zigzag() -> Int64 {
        let value = varint()
        return Int64(bitPattern: value >> 1) ^ -Int64(bitPattern: value & 1)
    }

    @inline(__always)
    mutating func fixed64() -> UInt64 {
        guard end &- position >= 8 else {
            isBroken = true
            return 0
        }
        defer { position &+= 8 }
        return UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: position, as: UInt64.self))
    }

    mutating func double() -> Double { Double(bitPattern: fixed64()) }

    /// A field of bytes, text or a message: where it lies. `nil` when it is none, or reaches beyond the end.
    @inline(__always)
    mutating func message() -> Range<Int>? {
        guard wireType == 2 else {
            isBroken = true
            return nil
        }
        let length = varint()
        guard !isBroken, length <= UInt64(end &- position) else {
            isBroken = true
            return nil
        }
        defer { position &+= Int(length) }
        return position..<position &+ Int(length)
    }

    /// Passes a field that is not known.
    mutating func skip() {
        switch wireType {
        case 0: _ = varint()
        case 1: _ = fixed64()
        case 2: _ = message()
        case 5: if end - position >= 4 { position += 4 } else { isBroken = true }
        default: isBroken = true
        }
    }

    /// The numbers of a repeated field, be it packed or one by one.
    mutating func numbers(_ body: (inout ProtobufReader) -> Void) {
        guard wireType == 2 else { return body(&self) }
        guard let range = message() else { return }
        var inner = ProtobufReader(bytes, range)
        while inner.position < inner.end, !inner.isBroken { body(&inner) }
        isBroken = isBroken || inner.isBroken
    }
}
