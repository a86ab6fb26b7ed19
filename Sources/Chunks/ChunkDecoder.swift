public import Series

/// Reads the samples of an `OpenChunk`'s bytes, one after the other. Bytes that are no chunk give an end, never a crash.
public struct ChunkDecoder {
    private var reader: BitReader
    private let count: Int
    /// How many samples were read.
    public private(set) var read = 0
    /// The last read sample.
    public private(set) var time: Int64 = 0
    public private(set) var valueBits: UInt64 = 0
    /// The last value that is no stale marker.
    private var unstaleBits: UInt64 = 0
    private var delta: Int64 = 0
    private var leading: UInt8 = 0xff
    private var trailing: UInt8 = 0
    private var isBroken = false

    public init(_ bytes: UnsafeRawBufferPointer, count: Int) {
        self.reader = BitReader(bytes)
        self.count = count
    }

    /// The bytes ended too early, or they are none of a chunk.
    public var isDamaged: Bool { isBroken || reader.isExhausted }

    /// Reads the next sample; false at the end.
    @inline(__always)
    public mutating func next() -> Bool {
        guard read < count else { return false }
        if read == 0 {
            time = Int64(bitPattern: reader.read64())
            valueBits = reader.read64()
            unstaleBits = valueBits == OpenChunk.staleBits ? 0 : valueBits
            read = 1
            return !reader.isExhausted
        }
        let ahead = reader.peek
        read &+= 1
        if Int64(bitPattern: ahead) >= 0 {
            reader.skip(1)
            time = time &+ delta
            valueBits = unstaleBits
        } else if ahead >> 62 == 0b10 {
            reader.skip(2)
            time = time &+ delta
            readWindow()
        } else {
            readRare(ahead)
        }
        return !reader.isExhausted && !isBroken
    }

    private mutating func readRare(_ ahead: UInt64) {
        var isStale = false
        if ahead >> 61 == 0b110 {
            reader.skip(3)
            delta = delta &+ reader.readSigned(13)
        } else if ahead >> 60 == 0b1110 {
            reader.skip(4)
            delta = delta &+ reader.readSigned(20)
        } else {
            isStale = ahead >> 59 == 0b11110
            reader.skip(5)
            if !isStale || reader.read(1) == 1 { delta = delta &+ Int64(bitPattern: reader.read64()) }
        }
        time = time &+ delta
        if isStale {
            valueBits = OpenChunk.staleBits
        } else if reader.read(1) == 1 {
            readWindow()
        } else {
            valueBits = unstaleBits
        }
    }

    @inline(__always)
    private mutating func readWindow() {
        if reader.read(1) == 1 {
            let window = reader.read(11)
            leading = UInt8(truncatingIfNeeded: window >> 6)
            let width = UInt8(truncatingIfNeeded: window & 63) &+ 1
            guard leading &+ width <= 64 else {
                isBroken = true
                return
            }
            trailing = 64 &- leading &- width
        }
        guard leading != 0xff else {
            isBroken = true
            return
        }
        let width = Int(64 &- leading &- trailing)
        let bits = width <= 56 ? reader.read(width) : reader.read(width &- 32) << 32 | reader.read(32)
        unstaleBits ^= bits << UInt64(trailing)
        valueBits = unstaleBits
    }

    /// Appends the samples in `(after, through]`; false when the bytes are damaged, with the samples before the damage appended.
    public static func decode(
        _ bytes: UnsafeRawBufferPointer, count: Int, start: Int64, after: Int64, through: Int64,
        into buffer: inout SampleBuffer
    ) -> Bool {
        var decoder = ChunkDecoder(bytes, count: count)
        while decoder.next() {
            guard decoder.time > after else { continue }
            guard decoder.time <= through else { return true }
            let value = Double(bitPattern: decoder.valueBits)
            if start == 0 {
                buffer.append(time: decoder.time, value: value)
            } else {
                buffer.append(time: decoder.time, value: value, start: start)
            }
        }
        return !decoder.isDamaged && decoder.read == count
    }
}
