import Series

/// What stays the same from sample to sample of a histogram: its schema and which buckets it has.
extension FloatHistogram {
    func hasForm(of other: FloatHistogram) -> Bool {
        schema == other.schema && zeroThreshold.bitPattern == other.zeroThreshold.bitPattern
            && positiveSpans == other.positiveSpans && negativeSpans == other.negativeSpans
            && positiveBuckets.count == other.positiveBuckets.count
            && negativeBuckets.count == other.negativeBuckets.count && customValues == other.customValues
    }

    /// Everything that is counted, in one row.
    var numbers: [Double] { [count, zeroCount] + positiveBuckets + negativeBuckets }

    /// The reverse of `numbers`, for a histogram that has the form already.
    mutating func setNumbers(_ numbers: [Double]) {
        guard numbers.count == 2 + positiveBuckets.count + negativeBuckets.count else { return }
        count = numbers[0]
        zeroCount = numbers[1]
        let border = 2 + positiveBuckets.count
        positiveBuckets.replaceSubrange(positiveBuckets.indices, with: numbers[2..<border])
        negativeBuckets.replaceSubrange(negativeBuckets.indices, with: numbers[border...])
    }

    func appendForm(to bytes: inout [UInt8]) {
        bytes.append(zigzag: Int64(schema))
        bytes.append(fixed64: zeroThreshold.bitPattern)
        for (spans, buckets) in [(positiveSpans, positiveBuckets), (negativeSpans, negativeBuckets)] {
            bytes.append(varint: UInt64(spans.count))
            for span in spans {
                bytes.append(zigzag: Int64(span.offset))
                bytes.append(varint: UInt64(span.length))
            }
            bytes.append(varint: UInt64(buckets.count))
        }
        bytes.append(varint: UInt64(customValues.count))
        for value in customValues { bytes.append(fixed64: value.bitPattern) }
    }

    /// A histogram of the form that was appended, with zeros; `nil` when it is damaged.
    init?(form reader: inout ByteReader) {
        guard let schema = Int32(exactly: reader.zigzag()) else { return nil }
        self.init(schema: schema, zeroThreshold: Double(bitPattern: reader.fixed64()))
        for isPositive in [true, false] {
            var spans: [Span] = []
            for _ in 0..<reader.count(ofAtLeast: 2) {
                guard let offset = Int32(exactly: reader.zigzag()), let length = UInt32(exactly: reader.varint())
                else { return nil }
                spans.append(Span(offset: offset, length: length))
            }
            let buckets = [Double](repeating: 0, count: reader.count())
            if isPositive {
                (positiveSpans, positiveBuckets) = (spans, buckets)
            } else {
                (negativeSpans, negativeBuckets) = (spans, buckets)
            }
        }
        for _ in 0..<reader.count(ofAtLeast: 8) { customValues.append(Double(bitPattern: reader.fixed64())) }
        if reader.isBroken { return nil }
    }
}
