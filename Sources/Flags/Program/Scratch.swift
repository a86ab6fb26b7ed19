/// Memory for the bytes that are hashed; it grows with them.
struct Scratch: ~Copyable {
    private var memory = UnsafeMutableRawPointer.allocate(byteCount: 256, alignment: 8)
    private var capacity = 256
    var count = 0

    deinit { memory.deallocate() }

    var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: memory, count: count) }

    @inline(__always)
    private mutating func reserve(_ more: Int) {
        if count &+ more > capacity { grow(count + more) }
    }

    @inline(never)
    private mutating func grow(_ needed: Int) {
        let larger = UnsafeMutableRawPointer.allocate(byteCount: needed * 2, alignment: 8)
        larger.copyMemory(from: memory, byteCount: count)
        memory.deallocate()
        (memory, capacity) = (larger, needed * 2)
    }

    /// Gives back more memory than this.
    mutating func shrink(to limit: Int) {
        guard capacity > limit else { return }
        memory.deallocate()
        capacity = 256
        count = 0
        memory = .allocate(byteCount: capacity, alignment: 8)
    }

    @inline(__always)
    mutating func append(_ text: Slot) {
        guard let bytes = text.bytes else { return }
        reserve(text.count)
        (memory + count).copyMemory(from: bytes, byteCount: text.count)
        count &+= text.count
    }

    @inline(__always)
    mutating func append(byte: UInt8) {
        reserve(1)
        memory.storeBytes(of: byte, toByteOffset: count, as: UInt8.self)
        count &+= 1
    }

    /// The beginning of a text in CBOR.
    @inline(__always)
    mutating func appendHead(text length: Int) { appendHead(3 << 5, UInt64(truncatingIfNeeded: length)) }

    @inline(__always)
    mutating func append(integer: Int64) {
        let magnitude = UInt64(bitPattern: integer < 0 ? ~integer : integer)
        appendHead(integer < 0 ? 1 << 5 : 0, magnitude)
    }

    @inline(__always)
    private mutating func appendHead(_ major: UInt8, _ number: UInt64) {
        if number < 24 { return append(byte: major | UInt8(truncatingIfNeeded: number)) }
        let (code, size): (UInt8, UInt64) =
            number < 0x100 ? (24, 1) : number < 0x1_0000 ? (25, 2) : number < 0x1_0000_0000 ? (26, 4) : (27, 8)
        append(byte: major | code)
        var shift = size &* 8
        while shift > 0 {
            shift &-= 8
            append(byte: UInt8(truncatingIfNeeded: number >> shift))
        }
    }
}
