import Series

/// The message `Histogram`, which is the same in remote write 1.0 and 2.0.
enum RemoteWriteHistogram {
    /// Sides of buckets as they are sent: differences of whole counts, or counts.
    private struct Side {
        var spans: [FloatHistogram.Span] = []
        var deltas: [Int64] = []
        var counts: [Double] = []

        /// One count a bucket; `nil` when spans and counts do not fit each other.
        var buckets: [Double]? {
            var buckets = counts
            if counts.isEmpty {
                var count: Int64 = 0
                buckets = deltas.map { delta in
                    count = count &+ delta
                    return Double(count)
                }
            }
            let expected = spans.reduce(UInt64(0)) { $0 + UInt64($1.length) }
            return expected == UInt64(buckets.count) ? buckets : nil
        }
    }

    /// Appends the histogram to the batch; false when it is malformed.
    static func read(_ raw: UnsafeRawBufferPointer, _ range: Range<Int>, into batch: inout IngestBatch) -> Bool {
        var reader = ProtobufReader(raw, range)
        var histogram = FloatHistogram()
        var (positive, negative) = (Side(), Side())
        var (time, start) = (Int64(0), Int64(0))
        while let field = reader.next() {
            switch field {
            case 1, 6: whole(field, &reader, &histogram)
            case 2: histogram.count = reader.wireType == 1 ? reader.double() : .nan
            case 3: histogram.sum = reader.wireType == 1 ? reader.double() : .nan
            case 4: histogram.schema = Int32(truncatingIfNeeded: reader.zigzag())
            case 5: histogram.zeroThreshold = reader.double()
            case 7: histogram.zeroCount = reader.double()
            case 8: span(&reader, into: &negative.spans)
            case 9: reader.numbers { negative.deltas.append($0.zigzag()) }
            case 10: reader.numbers { negative.counts.append($0.double()) }
            case 11: span(&reader, into: &positive.spans)
            case 12: reader.numbers { positive.deltas.append($0.zigzag()) }
            case 13: reader.numbers { positive.counts.append($0.double()) }
            case 14:
                histogram.counterResetHint = .init(rawValue: UInt8(truncatingIfNeeded: reader.varint())) ?? .unknown
            case 15: time = Int64(bitPattern: reader.varint())
            case 16: reader.numbers { histogram.customValues.append($0.double()) }
            case 17: start = Int64(bitPattern: reader.varint())
            default: reader.skip()
            }
        }
        guard !reader.isBroken, let up = positive.buckets, let down = negative.buckets,
            isKnown(schema: histogram.schema)
        else { return false }
        (histogram.positiveSpans, histogram.positiveBuckets) = (positive.spans, up)
        (histogram.negativeSpans, histogram.negativeBuckets) = (negative.spans, down)
        batch.append(time: time, histogram: histogram, start: start)
        return true
    }

    static func isKnown(schema: Int32) -> Bool {
        (-4...8).contains(schema) || schema == FloatHistogram.customSchema
    }

    private static func whole(_ field: Int, _ reader: inout ProtobufReader, _ histogram: inout FloatHistogram) {
        let count = Double(reader.varint())
        if field == 1 { histogram.count = count } else { histogram.zeroCount = count }
    }

    private static func span(_ reader: inout ProtobufReader, into spans: inout [FloatHistogram.Span]) {
        guard let range = reader.message() else { return }
        var inner = ProtobufReader(reader.bytes, range)
        var span = FloatHistogram.Span(offset: 0, length: 0)
        while let field = inner.next() {
            switch field {
            case 1: span.offset = Int32(truncatingIfNeeded: inner.zigzag())
            case 2: span.length = UInt32(truncatingIfNeeded: inner.varint())
            default: inner.skip()
            }
        }
        spans.append(span)
    }
}
