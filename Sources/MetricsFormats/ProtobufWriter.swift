/// Writes the fields of a protobuf message (protobuf.dev, "Encoding").
struct ProtobufWriter {
    private(set) var bytes: [UInt8]

    init(_ bytes: [UInt8] = []) { self.bytes = bytes }

    mutating func varint(_ value: UInt64) {
        var value = value
        while value >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: value) | 0x80)
            value >>= 7
        }
        bytes.append(UInt8(value))
    }

    mutating func zigzag(_ value: Int64) { varint(UInt64(bitPattern: value << 1 ^ value >> 63)) }

    mutating func fixed64(_ value: UInt64) {
        withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
    }

    mutating func field(_ number: UInt64, varint value: UInt64) {
        varint(number << 3)
        varint(value)
    }

    mutating func field(_ number: UInt64, zigzag value: Int64) {
        varint(number << 3)
        zigzag(value)
    }

    mutating func field(_ number: UInt64, double value: Double) {
        varint(number << 3 | 1)
        fixed64(value.bitPattern)
    }

    mutating func field(_ number: UInt64, bytes value: some Collection<UInt8>) {
        varint(number << 3 | 2)
        varint(UInt64(value.count))
        bytes.append(contentsOf: value)
    }

    /// A repeated field of numbers, packed; nothing when there are none.
    mutating func packed<Number>(_ number: UInt64, _ values: [Number], _ write: (inout ProtobufWriter, Number) -> Void)
    {
        guard !values.isEmpty else { return }
        var inner = ProtobufWriter()
        for value in values { write(&inner, value) }
        field(number, bytes: inner.bytes)
    }
}
