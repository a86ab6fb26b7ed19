/// The block format of snappy (google/snappy, format_description.txt): a length, then literals and copies of what came before.
public enum Snappy {
    /// Unpacks a block into the first bytes of `output`, which grows when it must and is used again; answers how many they are.
    ///
    /// - Throws: `FormatError` when the block is damaged, or holds more than `limit` bytes (which is known before anything is
    ///   unpacked).
    public static func decode(
        _ input: UnsafeRawBufferPointer, into output: inout [UInt8], limit: Int
    ) throws(FormatError) -> Int {
        let (count, start) = try length(input)
        guard count <= limit else {
            throw .tooLarge("the snappy block would become \(count) bytes; at most \(limit) are allowed")
        }
        // A copy of three bytes makes at most 64: a block that promises more is a lie, and no memory is taken for it.
        guard count <= input.count * 64 else {
            throw .malformed("the snappy block is too short for the \(count) bytes that it promises", offset: start)
        }
        if output.count < count { output.append(contentsOf: repeatElement(0, count: count - output.count)) }
        let damage = output.withUnsafeMutableBytes { target in
            unpack(input, from: start, into: UnsafeMutableRawBufferPointer(rebasing: target[..<count]))
        }
        if let damage { throw .malformed("the snappy block is damaged", offset: damage) }
        return count
    }

    private static func length(_ input: UnsafeRawBufferPointer) throws(FormatError) -> (count: Int, start: Int) {
        var place = 0
        var length = 0
        while place < 5, place < input.count {
            let byte = input[place]
            length |= Int(byte & 0x7f) << (7 * place)
            place += 1
            if byte < 0x80 { return (length, place) }
        }
        throw .malformed("the snappy block does not begin with its length", offset: place)
    }

    /// Answers where the damage is, or `nil`.
    private static func unpack(
        _ input: UnsafeRawBufferPointer, from start: Int, into output: UnsafeMutableRawBufferPointer
    ) -> Int? {
        guard let source = input.baseAddress else { return 0 }
        guard let target = output.baseAddress else { return start == input.count ? nil : start }
        var (place, written) = (start, 0)
        while place < input.count {
            let tag = Int(source.load(fromByteOffset: place, as: UInt8.self))
            if tag & 3 == 0 {
                guard let literal = literal(tag, source, place, input.count) else { return place }
                guard literal.length <= output.count &- written else { return place }
                move(
                    source + literal.start, to: target + written, literal.length,
                    room: min(input.count &- literal.start, output.count &- written))
                written &+= literal.length
                place = literal.start &+ literal.length
            } else {
                guard let copy = copy(tag, source, place, input.count) else { return place }
                guard copy.offset > 0, copy.offset <= written, copy.length <= output.count &- written
                else { return place }
                repeatBytes(target + written, copy.offset, copy.length, room: output.count &- written)
                written &+= copy.length
                place = copy.next
            }
        }
        return written == output.count ? nil : place
    }

    @inline(__always)
    private static func literal(
        _ tag: Int, _ source: UnsafeRawPointer, _ place: Int, _ end: Int
    ) -> (start: Int, length: Int)? {
        var length = tag >> 2
        var start = place &+ 1
        if length >= 60 {
            let width = length &- 59
            guard end &- start >= width else { return nil }
            length = 0
            for byte in 0..<width {
                length |= Int(source.load(fromByteOffset: start &+ byte, as: UInt8.self)) << (8 &* byte)
            }
            start &+= width
        }
        guard length < end &- start else { return nil }
        return (start, length &+ 1)
    }

    @inline(__always)
    private static func copy(
        _ tag: Int, _ source: UnsafeRawPointer, _ place: Int, _ end: Int
    ) -> (offset: Int, length: Int, next: Int)? {
        switch tag & 3 {
        case 1:
            guard end &- place >= 2 else { return nil }
            let low = Int(source.load(fromByteOffset: place &+ 1, as: UInt8.self))
            return ((tag >> 5) << 8 | low, (tag >> 2 & 7) &+ 4, place &+ 2)
        case 2:
            guard end &- place >= 3 else { return nil }
            let offset = source.loadUnaligned(fromByteOffset: place &+ 1, as: UInt16.self)
            return (Int(UInt16(littleEndian: offset)), (tag >> 2) &+ 1, place &+ 3)
        default:
            guard end &- place >= 5 else { return nil }
            let offset = source.loadUnaligned(fromByteOffset: place &+ 1, as: UInt32.self)
            return (Int(UInt32(littleEndian: offset)), (tag >> 2) &+ 1, place &+ 5)
        }
    }

    /// Short pieces are moved as two whole words where both sides have the room.
    @inline(__always)
    private static func move(_ from: UnsafeRawPointer, to target: UnsafeMutableRawPointer, _ length: Int, room: Int) {
        if length <= 16, room >= 16 {
            target.storeBytes(of: from.loadUnaligned(as: UInt64.self), as: UInt64.self)
            target.storeBytes(
                of: from.loadUnaligned(fromByteOffset: 8, as: UInt64.self), toByteOffset: 8, as: UInt64.self)
        } else {
            target.copyMemory(from: from, byteCount: length)
        }
    }

    @inline(__always)
    private static func repeatBytes(_ target: UnsafeMutableRawPointer, _ offset: Int, _ length: Int, room: Int) {
        if offset >= 8, room >= length &+ 8 {
            var done = 0
            while done < length {
                let word = UnsafeRawPointer(target).loadUnaligned(fromByteOffset: done &- offset, as: UInt64.self)
                target.storeBytes(of: word, toByteOffset: done, as: UInt64.self)
                done &+= 8
            }
        } else if offset >= length {
            target.copyMemory(from: target - offset, byteCount: length)
        } else {
            for place in 0..<length {
                let byte = UnsafeRawPointer(target).load(fromByteOffset: place &- offset, as: UInt8.self)
                target.storeBytes(of: byte, toByteOffset: place, as: UInt8.self)
            }
        }
    }
}
