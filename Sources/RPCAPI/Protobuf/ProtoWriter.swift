/// Writes the fields of a protobuf message. Fields that hold their default are left out, as proto3 has it, unless the
/// caller asks for presence.
struct ProtoWriter {
    private(set) var bytes: [UInt8] = []

    init() {}

    /// Writes a message into a fresh array.
    static func message(_ write: (inout ProtoWriter) -> Void) -> [UInt8] {
        var writer = ProtoWriter()
        write(&writer)
        return writer.bytes
    }

    mutating func text(_ number: Int, _ value: String, always: Bool = false) {
        guard always || !value.isEmpty else { return }
        var value = value
        value.withUTF8 { utf8 in
            lengthDelimited(number, count: utf8.count)
            bytes.append(contentsOf: utf8)
        }
    }

    mutating func integer(_ number: Int, _ value: Int64, always: Bool = false) {
        guard always || value != 0 else { return }
        tag(number, .varint)
        varint(UInt64(bitPattern: value))
    }

    mutating func boolean(_ number: Int, _ value: Bool, always: Bool = false) {
        guard always || value else { return }
        tag(number, .varint)
        bytes.append(value ? 1 : 0)
    }

    mutating func double(_ number: Int, _ value: Double, always: Bool = false) {
        guard always || value.bitPattern != 0 else { return }
        tag(number, .fixed64)
        withUnsafeBytes(of: value.bitPattern.littleEndian) { bytes.append(contentsOf: $0) }
    }

    /// A message in a field; an empty one is there, too.
    mutating func message(_ number: Int, _ content: [UInt8]) {
        lengthDelimited(number, count: content.count)
        bytes.append(contentsOf: content)
    }

    /// The tag and length of `count` bytes that the caller adds.
    mutating func lengthDelimited(_ number: Int, count: Int) {
        tag(number, .bytes)
        varint(UInt64(count))
    }

    private mutating func tag(_ number: Int, _ type: ProtoReader.WireType) {
        varint(UInt64(number) << 3 | UInt64(type.rawValue))
    }

    private mutating func varint(_ value: UInt64) {
        var value = value
        while value >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: value) | 0x80)
            value >>= 7
        }
        bytes.append(UInt8(truncatingIfNeeded: value))
    }
}
