import Series

/// Writes batches as bodies of remote write 1.0 (`prometheus.WriteRequest`), not packed yet.
///
/// The bytes of several bodies one after the other are a body again. Starts of counters have no place in this protocol.
public struct RemoteWriteEncoder {
    public struct Body: Hashable, Sendable {
        public var bytes: [UInt8] = []
        public var samples = 0
        /// In milliseconds since the epoch.
        public var newestTime = Int64.min

        public init() {}
    }

    /// A body of so many bytes is ended, however few its samples are: labels may be long.
    private static let enoughBytes = 1 << 20

    private let batch: IngestBatch
    private let range: Range<Int>
    private let refused: Set<Int>
    private let sums: [Int: Double]
    private let limit: Int
    private var bodies: [Body] = []
    private var body = Body()
    /// Of `batch.histograms`.
    private var nextHistogram = 0

    /// What a store has taken of a batch, in bodies of at most `limit` samples.
    ///
    /// - Parameter report: what became of it: what was refused is left out, and totals stand in the place of deltas.
    public static func bodies(_ batch: IngestBatch, _ report: IngestReport, limit: Int) -> [Body] {
        var encoder = RemoteWriteEncoder(
            batch, 0..<batch.times.count, refused: Set(report.refusedSamples), sums: report.sums, limit: limit)
        return encoder.run()
    }

    /// Some samples of a batch.
    public static func body(_ batch: IngestBatch, samples: Range<Int>) -> Body {
        var encoder = RemoteWriteEncoder(batch, samples, refused: [], sums: [:], limit: .max)
        var whole = Body()
        for body in encoder.run() {
            whole.bytes += body.bytes
            whole.samples += body.samples
            whole.newestTime = max(whole.newestTime, body.newestTime)
        }
        return whole
    }

    private init(_ batch: IngestBatch, _ range: Range<Int>, refused: Set<Int>, sums: [Int: Double], limit: Int) {
        (self.batch, self.range, self.refused, self.sums, self.limit) = (batch, range, refused, sums, limit)
    }

    private mutating func run() -> [Body] {
        for entry in batch.series where entry.samples.overlaps(range) {
            var samples = entry.samples.clamped(to: range).filter { !refused.contains($0) }[...]
            guard !samples.isEmpty, let labels = RemoteWriteEncoder.labels(batch, entry) else { continue }
            while !samples.isEmpty {
                let part = samples.prefix(limit - body.samples)
                append(labels, part)
                samples = samples.dropFirst(part.count)
                if body.samples >= limit || body.bytes.count >= RemoteWriteEncoder.enoughBytes { finishBody() }
            }
        }
        if body.samples > 0 { finishBody() }
        return bodies
    }

    private mutating func finishBody() {
        bodies.append(body)
        body = Body()
    }

    /// Sorted and checked, as receivers want them; `nil` when they are not valid.
    private static func labels(_ batch: IngestBatch, _ entry: IngestBatch.Series) -> [UInt8]? {
        guard let labels = try? batch.labels(of: entry, limits: .init(count: .max, length: .max)) else { return nil }
        var bytes = ProtobufWriter()
        labels.forEachUTF8 { name, value in
            var label = ProtobufWriter()
            label.field(1, bytes: name)
            label.field(2, bytes: value)
            bytes.field(1, bytes: label.bytes)
        }
        return bytes.bytes
    }

    private mutating func append(_ labels: [UInt8], _ samples: ArraySlice<Int>) {
        var series = ProtobufWriter(labels)
        for index in samples {
            let time = batch.times[index]
            if let histogram = histogram(index) {
                series.field(4, bytes: RemoteWriteHistogram.write(histogram, time: time))
            } else {
                var sample = ProtobufWriter()
                sample.field(1, double: sums[index] ?? batch.values[index])
                sample.field(2, varint: UInt64(bitPattern: time))
                series.field(2, bytes: sample.bytes)
            }
            body.newestTime = max(body.newestTime, time)
        }
        var request = ProtobufWriter()
        request.field(1, bytes: series.bytes)
        body.bytes.append(contentsOf: request.bytes)
        body.samples += samples.count
    }

    /// Indices are asked for as they rise.
    private mutating func histogram(_ index: Int) -> FloatHistogram? {
        while nextHistogram < batch.histograms.count, batch.histograms[nextHistogram].index < index {
            nextHistogram += 1
        }
        guard nextHistogram < batch.histograms.count, batch.histograms[nextHistogram].index == index else { return nil }
        return batch.histograms[nextHistogram].value
    }
}
