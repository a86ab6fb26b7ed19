/// Writes bits, the highest of each byte first, into memory that must have nine bytes left behind what is written.
struct BitWriter {
    let bytes: UnsafeMutablePointer<UInt8>
    /// In bits.
    var position: UInt32

    /// Up to 56 bits of a number that has no others.
    @inline(__always)
    mutating func write(_ value: UInt64, _ count: UInt32) {
        let place = Int(position >> 3)
        let offset = position & 7
        // What lies behind the written bits of the byte is not looked at: memory need not be zeroed.
        let kept = UInt64(bytes[place] & ~(UInt8(0xff) >> UInt8(truncatingIfNeeded: offset))) << 56
        let word = kept | value << UInt64(64 &- offset &- count)
        UnsafeMutableRawPointer(bytes + place).storeBytes(of: word.bigEndian, as: UInt64.self)
        position &+= count
    }

    @inline(__always)
    mutating func write64(_ value: UInt64) {
        write(value >> 32, 32)
        write(value & 0xffff_ffff, 32)
    }

    /// The bits in which a value differs from the one before, in its window if they fit there.
    @inline(__always)
    mutating func writeWindow(_ difference: UInt64, _ leading: inout UInt8, _ trailing: inout UInt8) {
        let zerosBefore = UInt8(truncatingIfNeeded: min(31, difference.leadingZeroBitCount))
        let zerosAfter = UInt8(truncatingIfNeeded: difference.trailingZeroBitCount)
        let isWithin = leading != 0xff && zerosBefore >= leading && zerosAfter >= trailing
        let ownWidth = 64 &- UInt32(zerosBefore) &- UInt32(zerosAfter)
        // A window that has become much too wide costs more than a new one.
        if isWithin, 64 &- UInt32(leading) &- UInt32(trailing) <= ownWidth &+ 11 {
            write(0, 1)
            writeLong(difference >> UInt64(trailing), 64 &- UInt32(leading) &- UInt32(trailing))
        } else {
            (leading, trailing) = (zerosBefore, zerosAfter)
            write(1 << 11 | UInt64(zerosBefore) << 6 | UInt64(ownWidth &- 1), 12)
            writeLong(difference >> UInt64(zerosAfter), ownWidth)
        }
    }

    @inline(__always)
    private mutating func writeLong(_ value: UInt64, _ count: UInt32) {
        if count <= 56 {
            write(value, count)
        } else {
            write(value >> 32, count &- 32)
            write(value & 0xffff_ffff, 32)
        }
    }
}
