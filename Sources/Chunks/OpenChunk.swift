/// Float samples of one series in the order of time, to which more may be appended: the form in which the newest samples are kept.
///
/// One prefix tells of the time and the value together, so that an unchanged value at the expected time costs one bit and a
/// stale marker five or six. All samples of a chunk have the same start time; who sees another begins a new chunk.
///
/// | prefix | time: difference of the differences | value |
/// |---|---|---|
/// | `0` | 0 | unchanged |
/// | `10` | 0 | changed: window |
/// | `110` | 13 bits | `0` unchanged, `1` window |
/// | `1110` | 20 bits | likewise |
/// | `11110` | `0` none, `1` 64 bits | stale marker |
/// | `11111` | 64 bits | likewise |
///
/// A window is `0` and the changed bits in the window of the value before, or `1`, five bits of leading zeros, six bits of width
/// less one, and the changed bits (Pelkonen et al., Gorilla, VLDB 2015, section 4.1.2; the joint prefix as in Prometheus'
/// "XOR2" chunks, tsdb/docs/format/chunks.md). A stale marker leaves the value before as it is.
///
/// It owns memory that `release` must free: the owner keeps many of them in tables without reference counts.
public struct OpenChunk {
    /// The bits so far; `nil` before the first sample.
    public private(set) var bytes: UnsafeMutablePointer<UInt8>?
    private var capacity: UInt32 = 0
    private var bits: UInt32 = 0
    /// How many samples there are.
    public private(set) var count: UInt32 = 0
    private var leading: UInt8 = 0xff
    private var trailing: UInt8 = 0
    /// The last sample is a stale marker.
    public private(set) var endsStale = false
    /// Milliseconds since the epoch, of the first and the last sample.
    public private(set) var firstTime: Int64 = 0
    public private(set) var lastTime: Int64 = 0
    private var lastDelta: Int64 = 0
    private var lastBits: UInt64 = 0
    /// When the counter started, in milliseconds since the epoch; 0 when unknown.
    public private(set) var start: Int64 = 0

    static let staleBits: UInt64 = 0x7ff0_0000_0000_0002
    /// No sample needs more bytes than this, the word that is written at once included.
    private static let room: UInt32 = 32

    public init() {}

    /// The bits of the last value, be it a stale marker.
    public var lastValueBits: UInt64 { endsStale ? OpenChunk.staleBits : lastBits }

    /// How many bytes the samples take.
    public var byteCount: Int { Int((bits + 7) >> 3) }

    /// Whether a sample of this start may be appended at all.
    public func takes(start: Int64) -> Bool { count == 0 || start == self.start }

    /// Appends a sample.
    /// - Precondition: it is later than the last, and `takes(start:)`.
    public mutating func append(time: Int64, valueBits: UInt64, start: Int64) {
        if bits >> 3 &+ OpenChunk.room > capacity { grow() }
        guard let bytes else { return }
        var writer = BitWriter(bytes: bytes, position: bits)
        if count == 0 {
            begin(time, valueBits, start, &writer)
        } else {
            let delta = time &- lastTime
            let change = delta &- lastDelta
            if valueBits == OpenChunk.staleBits {
                writer.write(0b11110, 5)
                if change == 0 {
                    writer.write(0, 1)
                } else {
                    writer.write(1, 1); writer.write64(UInt64(bitPattern: change))
                }
                endsStale = true
            } else {
                appendValue(valueBits, change, &writer)
                endsStale = false
            }
            lastDelta = delta
        }
        lastTime = time
        count &+= 1
        bits = writer.position
    }

    private mutating func begin(_ time: Int64, _ valueBits: UInt64, _ start: Int64, _ writer: inout BitWriter) {
        firstTime = time
        self.start = start
        writer.write64(UInt64(bitPattern: time))
        endsStale = valueBits == OpenChunk.staleBits
        // The value before a stale marker that comes first is zero.
        lastBits = endsStale ? 0 : valueBits
        writer.write64(valueBits)
    }

    @inline(__always)
    private mutating func appendValue(_ valueBits: UInt64, _ change: Int64, _ writer: inout BitWriter) {
        let difference = valueBits ^ lastBits
        if change == 0 {
            if difference == 0 {
                writer.write(0, 1)
                return
            }
            writer.write(0b10, 2)
        } else {
            if change >= -4096 && change < 4096 {
                writer.write(0b110 << 13 | UInt64(bitPattern: change) & 0x1fff, 16)
            } else if change >= -524_288 && change < 524_288 {
                writer.write(0b1110 << 20 | UInt64(bitPattern: change) & 0xf_ffff, 24)
            } else {
                writer.write(0b11111, 5)
                writer.write64(UInt64(bitPattern: change))
            }
            writer.write(difference == 0 ? 0 : 1, 1)
            if difference == 0 { return }
        }
        writer.writeWindow(difference, &leading, &trailing)
        lastBits = valueBits
    }

    private mutating func grow() {
        let wanted = capacity == 0 ? 64 : capacity &+ max(64, capacity >> 3)
        let fresh = UnsafeMutablePointer<UInt8>.allocate(capacity: Int(wanted))
        if let bytes {
            fresh.update(from: bytes, count: Int(capacity))
            bytes.deallocate()
        }
        bytes = fresh
        capacity = wanted
    }

    /// Frees the memory; the chunk is empty again.
    public mutating func release() {
        bytes?.deallocate()
        self = OpenChunk()
    }

    /// Forgets the samples and keeps the memory.
    public mutating func clear() {
        let (bytes, capacity) = (self.bytes, self.capacity)
        self = OpenChunk()
        self.bytes = bytes
        self.capacity = capacity
    }

    /// The samples as bytes that `ChunkDecoder` reads.
    public var encoded: UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: bytes, count: byteCount)
    }
}

extension OpenChunk {
    /// What must be kept beside the bytes to append to the chunk again after a restart.
    public struct Resumption: Hashable, Sendable {
        public var bits: UInt32
        public var count: UInt32
        public var leading: UInt8
        public var trailing: UInt8
        public var endsStale: Bool
        public var firstTime: Int64
        public var lastTime: Int64
        public var lastDelta: Int64
        public var lastBits: UInt64
        public var start: Int64

        public init(
            bits: UInt32, count: UInt32, leading: UInt8, trailing: UInt8, endsStale: Bool, firstTime: Int64,
            lastTime: Int64, lastDelta: Int64, lastBits: UInt64, start: Int64
        ) {
            (self.bits, self.count, self.start) = (bits, count, start)
            (self.leading, self.trailing, self.endsStale) = (leading, trailing, endsStale)
            (self.firstTime, self.lastTime, self.lastDelta) = (firstTime, lastTime, lastDelta)
            self.lastBits = lastBits
        }
    }

    public var resumption: Resumption {
        Resumption(
            bits: bits, count: count, leading: leading, trailing: trailing, endsStale: endsStale, firstTime: firstTime,
            lastTime: lastTime, lastDelta: lastDelta, lastBits: lastBits, start: start)
    }

    /// The chunk whose bytes and resumption were kept together, or `nil` when they do not fit each other.
    public init?(_ encoded: UnsafeRawBufferPointer, _ kept: Resumption) {
        self.init()
        let hasWindow = kept.leading != 0xff
        guard kept.count > 0, kept.bits >= 128, encoded.count == Int((UInt64(kept.bits) + 7) / 8),
            !hasWindow || Int(kept.leading) + Int(kept.trailing) < 64
        else { return nil }
        capacity = UInt32(encoded.count) + OpenChunk.room
        let fresh = UnsafeMutablePointer<UInt8>.allocate(capacity: Int(capacity))
        UnsafeMutableRawBufferPointer(start: fresh, count: encoded.count).copyMemory(from: encoded)
        bytes = fresh
        (bits, count, start) = (kept.bits, kept.count, kept.start)
        (leading, trailing, endsStale) = (kept.leading, kept.trailing, kept.endsStale)
        (firstTime, lastTime, lastDelta) = (kept.firstTime, kept.lastTime, kept.lastDelta)
        lastBits = kept.lastBits
    }
}
