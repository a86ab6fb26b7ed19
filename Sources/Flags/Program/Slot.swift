/// A value as the program sees it: no references, so that reading and copying it costs nothing.
struct Slot {
    enum Tag {
        /// Absent, or null.
        static let none: UInt8 = 0
        static let no: UInt8 = 1
        static let yes: UInt8 = 2
        static let integer: UInt8 = 3
        static let number: UInt8 = 4
        static let string: UInt8 = 5
        /// A list or an object, as JSON.
        static let composite: UInt8 = 6
        /// A whole number beyond 64 bits, as JSON.
        static let large: UInt8 = 7
    }

    enum Symbol {
        static let none: UInt32 = 0
        /// A text that no rule of the snapshot mentions.
        static let unknown: UInt32 = 1
        static let first: UInt32 = 2
    }

    var tag: UInt8 = Tag.none
    /// For texts: the same for the same text, if a rule mentions it.
    var symbol: UInt32 = Symbol.none
    /// How many bytes there are at `address`.
    var length: UInt32 = 0
    /// The bits of an integer or a double, or the address of bytes.
    var bits: UInt64 = 0

    @inline(__always) var integer: Int64 { Int64(bitPattern: bits) }
    @inline(__always) var number: Double { Double(bitPattern: bits) }
    @inline(__always) var bytes: UnsafeRawPointer? { UnsafeRawPointer(bitPattern: UInt(truncatingIfNeeded: bits)) }
    @inline(__always) var count: Int { Int(length) }

    /// Empty again: it is listed already among those that were filled.
    static let emptied = Slot(bits: 1)

    static func bool(_ value: Bool) -> Slot { Slot(tag: value ? Tag.yes : Tag.no) }
    static func integer(_ value: Int64) -> Slot { Slot(tag: Tag.integer, bits: UInt64(bitPattern: value)) }
    static func number(_ value: Double) -> Slot { Slot(tag: Tag.number, bits: value.bitPattern) }

    static func bytes(_ tag: UInt8, _ address: UnsafeRawPointer, _ count: Int, symbol: UInt32 = Symbol.none) -> Slot {
        Slot(
            tag: tag, symbol: symbol, length: UInt32(truncatingIfNeeded: count),
            bits: UInt64(UInt(bitPattern: address)))
    }

    /// The value, for rules that the program leaves to the tree.
    var value: FlagValue {
        switch tag {
        case Tag.no: return .bool(false)
        case Tag.yes: return .bool(true)
        case Tag.integer: return .integer(integer)
        case Tag.number: return .number(number)
        case Tag.string:
            return .string(String(decoding: UnsafeRawBufferPointer(start: bytes, count: count), as: UTF8.self))
        case Tag.composite, Tag.large:
            var reader = JSONReader(UnsafeRawBufferPointer(start: bytes, count: count))
            return (try? reader.document()) ?? .null
        default: return .null
        }
    }
}
