/// Values of a sealed column, lossless for any bits.
///
/// Decimal numbers are scaled to whole ones, of which the differences (or the differences of these) are stored in few bytes, as
/// VictoriaMetrics does (lib/decimal, lib/encoding), but only where the way back gives the same bits; single others are listed.
/// Full-precision noise is stored as differences of the bits, the bytes of equal weight together, so that a general compressor
/// finds what there is. A page of many columns is then compressed as one.
public enum SealedValues {
    private enum Form: UInt8 {
        case constant
        case deltas
        case deltasOfDeltas
        case differencePlanes
        case exclusivePlanes
    }

    public static func append(_ values: UnsafeBufferPointer<Double>, to bytes: inout [UInt8]) {
        guard let first = values.first else { return }
        if values.allSatisfy({ $0.bitPattern == first.bitPattern }) {
            bytes.append(Form.constant.rawValue)
            bytes.append(fixed64: first.bitPattern)
        } else if let scale = DecimalScale(values) {
            append(scale, values, to: &bytes)
        } else {
            appendPlanes(values, to: &bytes)
        }
    }

    private static func append(
        _ scale: DecimalScale, _ values: UnsafeBufferPointer<Double>, to bytes: inout [UInt8]
    ) {
        var (once, twice) = (0, 0)
        var (last, delta): (Int64, Int64) = (0, 0)
        for whole in scale.wholes {
            let next = whole &- last
            once += 64 - zigzagged(next).leadingZeroBitCount
            twice += 64 - zigzagged(next &- delta).leadingZeroBitCount
            (last, delta) = (whole, next)
        }
        let form = twice < once ? Form.deltasOfDeltas : .deltas
        bytes.append(form.rawValue)
        bytes.append(UInt8(scale.exponent))
        bytes.append(varint: UInt64(scale.exceptions.count))
        for index in scale.exceptions {
            bytes.append(varint: UInt64(index))
            bytes.append(fixed64: values[index].bitPattern)
        }
        (last, delta) = (0, 0)
        for whole in scale.wholes {
            let next = whole &- last
            bytes.append(zigzag: form == .deltas ? next : next &- delta)
            (last, delta) = (whole, next)
        }
    }

    private static func appendPlanes(_ values: UnsafeBufferPointer<Double>, to bytes: inout [UInt8]) {
        var differences: [UInt64] = []
        var exclusives: [UInt64] = []
        var last: UInt64 = 0
        var (differenceBits, exclusiveBits) = (0, 0)
        for value in values {
            let next = value.bitPattern
            differences.append(zigzagged(Int64(bitPattern: next &- last)))
            exclusives.append(next ^ last)
            differenceBits += 64 - differences[differences.count - 1].leadingZeroBitCount
            exclusiveBits += 64 - exclusives[exclusives.count - 1].leadingZeroBitCount
            last = next
        }
        let isDifference = differenceBits <= exclusiveBits
        bytes.append((isDifference ? Form.differencePlanes : .exclusivePlanes).rawValue)
        let words = isDifference ? differences : exclusives
        for plane in stride(from: UInt64(56), through: 0, by: -8) {
            for word in words { bytes.append(UInt8(truncatingIfNeeded: word >> plane)) }
        }
    }

    /// Appends `count` values; false when the bytes are none of a column.
    public static func read(_ reader: inout ByteReader, count: Int, into values: inout [Double]) -> Bool {
        guard count > 0 else { return true }
        values.reserveCapacity(values.count + count)
        switch Form(rawValue: reader.byte()) {
        case .constant:
            let value = Double(bitPattern: reader.fixed64())
            if !reader.isBroken { values.append(contentsOf: repeatElement(value, count: count)) }
        case .deltas: readScaled(&reader, count: count, isTwice: false, into: &values)
        case .deltasOfDeltas: readScaled(&reader, count: count, isTwice: true, into: &values)
        case .differencePlanes: readPlanes(&reader, count: count, isDifference: true, into: &values)
        case .exclusivePlanes: readPlanes(&reader, count: count, isDifference: false, into: &values)
        case nil: return false
        }
        return !reader.isBroken
    }

    private static func readScaled(_ reader: inout ByteReader, count: Int, isTwice: Bool, into values: inout [Double]) {
        let exponent = Int(reader.byte())
        let exceptionCount = reader.count(ofAtLeast: 9)
        let firstException = reader.position
        for _ in 0..<exceptionCount {
            _ = reader.varint()
            _ = reader.fixed64()
        }
        guard !reader.isBroken, exponent < DecimalScale.powers.count, reader.remaining >= count else {
            _ = reader.piece(.max)
            return
        }
        let power = DecimalScale.powers[exponent]
        let base = values.count
        var (last, delta): (Int64, Int64) = (0, 0)
        for _ in 0..<count {
            delta = isTwice ? delta &+ reader.zigzag() : reader.zigzag()
            last = last &+ delta
            values.append(Double(last) / power)
        }
        guard exceptionCount > 0 else { return }
        var exceptions = ByteReader(reader.bytes, at: firstException)
        for _ in 0..<exceptionCount {
            let index = exceptions.varint()
            let value = Double(bitPattern: exceptions.fixed64())
            if index < UInt64(count) { values[base + Int(index)] = value }
        }
    }

    private static func readPlanes(
        _ reader: inout ByteReader, count: Int, isDifference: Bool, into values: inout [Double]
    ) {
        guard count <= reader.remaining / 8 else {
            _ = reader.piece(.max)
            return
        }
        let planes = reader.piece(8 * count)
        var last: UInt64 = 0
        for index in 0..<count {
            var word: UInt64 = 0
            for plane in 0..<8 { word = word << 8 | UInt64(planes[plane &* count &+ index]) }
            last = isDifference ? last &+ UInt64(bitPattern: unzigzagged(word)) : last ^ word
            values.append(Double(bitPattern: last))
        }
    }
}
