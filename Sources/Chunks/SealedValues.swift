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

    /// Fills `values`; false when the bytes are none of a column. Then it may have filled only some.
    public static func read(_ reader: inout ByteReader, into values: UnsafeMutableBufferPointer<Double>) -> Bool {
        guard !values.isEmpty else { return true }
        switch Form(rawValue: reader.byte()) {
        case .constant: values.update(repeating: Double(bitPattern: reader.fixed64()))
        case .deltas: readScaled(&reader, isTwice: false, into: values)
        case .deltasOfDeltas: readScaled(&reader, isTwice: true, into: values)
        case .differencePlanes: readPlanes(&reader, isDifference: true, into: values)
        case .exclusivePlanes: readPlanes(&reader, isDifference: false, into: values)
        case nil: return false
        }
        return !reader.isBroken
    }

    private static func readScaled(
        _ reader: inout ByteReader, isTwice: Bool, into values: UnsafeMutableBufferPointer<Double>
    ) {
        let exponent = Int(reader.byte())
        let exceptionCount = reader.count(ofAtLeast: 9)
        let firstException = reader.position
        for _ in 0..<exceptionCount {
            _ = reader.varint()
            _ = reader.fixed64()
        }
        guard !reader.isBroken, exponent < DecimalScale.powers.count, reader.remaining >= values.count
        else {
            _ = reader.piece(.max)
            return
        }
        let power = DecimalScale.powers[exponent]
        var (last, delta): (Int64, Int64) = (0, 0)
        for index in values.indices {
            delta = isTwice ? delta &+ reader.zigzag() : reader.zigzag()
            last = last &+ delta
            values[index] = Double(last) / power
        }
        guard exceptionCount > 0 else { return }
        var exceptions = ByteReader(reader.bytes, at: firstException)
        for _ in 0..<exceptionCount {
            let index = exceptions.varint()
            let value = Double(bitPattern: exceptions.fixed64())
            if index < UInt64(values.count) { values[Int(index)] = value }
        }
    }

    private static func readPlanes(
        _ reader: inout ByteReader, isDifference: Bool, into values: UnsafeMutableBufferPointer<Double>
    ) {
        let count = values.count
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
            values[index] = Double(bitPattern: last)
        }
    }
}
