import Series

extension RemoteWriteHistogram {
    /// The message of a histogram: with whole counts, which more receivers understand, where all are whole.
    static func write(_ histogram: FloatHistogram, time: Int64) -> [UInt8] {
        let counts = [histogram.count, histogram.zeroCount] + histogram.positiveBuckets + histogram.negativeBuckets
        let isWhole = counts.allSatisfy { $0 >= 0 && $0 < 9e15 && $0 == $0.rounded() }
        var message = ProtobufWriter()
        if isWhole {
            message.field(1, varint: UInt64(histogram.count))
        } else {
            message.field(2, double: histogram.count)
        }
        message.field(3, double: histogram.sum)
        message.field(4, zigzag: Int64(histogram.schema))
        message.field(5, double: histogram.zeroThreshold)
        if isWhole {
            message.field(6, varint: UInt64(histogram.zeroCount))
        } else {
            message.field(7, double: histogram.zeroCount)
        }
        write(8, histogram.negativeSpans, histogram.negativeBuckets, isWhole, into: &message)
        write(11, histogram.positiveSpans, histogram.positiveBuckets, isWhole, into: &message)
        message.field(14, varint: UInt64(histogram.counterResetHint.rawValue))
        message.field(15, varint: UInt64(bitPattern: time))
        message.packed(16, histogram.customValues) { $0.fixed64($1.bitPattern) }
        return message.bytes
    }

    /// A side: its spans, then the differences of whole counts, or the counts, in the two fields behind.
    private static func write(
        _ number: UInt64, _ spans: [FloatHistogram.Span], _ buckets: [Double], _ isWhole: Bool,
        into message: inout ProtobufWriter
    ) {
        for span in spans {
            var inner = ProtobufWriter()
            inner.field(1, zigzag: Int64(span.offset))
            inner.field(2, varint: UInt64(span.length))
            message.field(number, bytes: inner.bytes)
        }
        guard isWhole else { return message.packed(number + 2, buckets) { $0.fixed64($1.bitPattern) } }
        var before = 0.0
        let differences = buckets.map { bucket in
            defer { before = bucket }
            return Int64(bucket - before)
        }
        message.packed(number + 1, differences) { $0.zigzag($1) }
    }
}
