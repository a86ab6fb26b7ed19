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
        return withUnsafeTemporaryAllocation(of: Int64.self, capacity: pieceLength) { times in
            withUnsafeTemporaryAllocation(of: Double.self, capacity: pieceLength) { values in
                var state = PieceEnd.full
                while state == .full {
                    let filled: Int
                    (filled, state) = decoder.readPiece(times, values, after: after, through: through)
                    buffer.append(
                        times: UnsafeBufferPointer(rebasing: times[..<filled]),
                        values: UnsafeBufferPointer(rebasing: values[..<filled]), start: start)
                }
                return state == .passed || !decoder.isDamaged && decoder.read == count
            }
        }
    }

    /// How many samples are decoded before they are appended together.
    private static let pieceLength = 128

    private enum PieceEnd {
        case full, passed, atEnd
    }

    /// Decodes samples until there is no room for more, the times are over, or the chunk is.
    private mutating func readPiece(
        _ times: UnsafeMutableBufferPointer<Int64>, _ values: UnsafeMutableBufferPointer<Double>, after: Int64,
        through: Int64
    ) -> (filled: Int, end: PieceEnd) {
        var filled = 0
        while true {
            if readRegular(times, values, &filled, after: after, through: through) { return (filled, .passed) }
            guard filled < times.count else { return (filled, .full) }
            guard next() else { return (filled, .atEnd) }
            guard time <= through else { return (filled, .passed) }
            times[filled] = time
            values[filled] = Double(bitPattern: valueBits)
            if time > after { filled += 1 }
        }
    }

    /// Decodes samples that came when they were expected, which most do, without leaving the registers; stops before any other,
    /// and before the last bytes. True when the times are over.
    private mutating func readRegular(
        _ times: UnsafeMutableBufferPointer<Int64>, _ values: UnsafeMutableBufferPointer<Double>, _ filled: inout Int,
        after: Int64, through: Int64
    ) -> Bool {
        // A sample takes at most 78 bits here, and a read may go 64 beyond.
        guard read > 0, reader.bytes.count >= 24, let base = reader.bytes.baseAddress, let timeOut = times.baseAddress,
            let valueOut = values.baseAddress
        else { return false }
        let lastByte = reader.bytes.count &- 24
        var (position, time, bits, read, count) = (reader.position, self.time, unstaleBits, self.read, filled)
        var (leading, trailing) = (leading, trailing)
        let (delta, total, room) = (delta, self.count, times.count)
        var hasPassed = false
        while read < total, count < room, position >> 3 <= lastByte {
            let word = ChunkDecoder.word(base, position)
            if Int64(bitPattern: word) >= 0 {
                position &+= 1
            } else {
                guard word >> 62 == 0b10 else { break }
                if word & 1 << 61 == 0 {
                    guard leading != 0xff else { break }
                    position &+= 3
                } else {
                    let newLeading = UInt8(truncatingIfNeeded: (word >> 56) & 31)
                    let width = UInt8(truncatingIfNeeded: (word >> 50) & 63) &+ 1
                    guard newLeading &+ width <= 64 else { break }
                    (leading, trailing) = (newLeading, 64 &- newLeading &- width)
                    position &+= 14
                }
                let width = UInt64(64 &- leading &- trailing)
                var changed = ChunkDecoder.word(base, position) >> (64 &- width)
                if width > 57 {
                    // The word's last bits may lie a byte further.
                    changed = changed & ~0xff | ChunkDecoder.word(base, position &+ Int(width) &- 8) >> 56
                }
                bits ^= changed << UInt64(trailing)
                position &+= Int(width)
            }
            read &+= 1
            time = time &+ delta
            guard time <= through else {
                hasPassed = true
                break
            }
            timeOut[count] = time
            valueOut[count] = Double(bitPattern: bits)
            count &+= time > after ? 1 : 0
        }
        reader.position = position
        (self.time, self.read, self.leading, self.trailing) = (time, read, leading, trailing)
        (unstaleBits, filled) = (bits, count)
        return hasPassed
    }

    @inline(__always)
    private static func word(_ base: UnsafeRawPointer, _ position: Int) -> UInt64 {
        UInt64(bigEndian: base.loadUnaligned(fromByteOffset: position >> 3, as: UInt64.self)) << UInt64(position & 7)
    }
}
