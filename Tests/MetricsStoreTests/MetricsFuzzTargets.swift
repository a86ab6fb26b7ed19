import Chunks
import MetricsFormats
import Series

@testable import MetricsStore

/// What is tried with hostile input: by the fuzzers of `Scripts/fuzz`, and with what they once found by ordinary tests.
///
/// A target answers what went wrong, or `nil`. Crashing is what it must not do.
enum MetricsFuzzTarget: String, CaseIterable {
    case snappy
    /// Remote write, both versions, not packed.
    case remotewrite
    /// Texts that are scraped, both formats.
    case exposition
    case otlp
    /// The same in JSON.
    case otlpjson
    /// Records of the log.
    case log
    /// Chunks of every kind.
    case chunks
    /// What is written must come back, whatever it is.
    case roundtrip

    func run(_ bytes: [UInt8]) -> String? {
        var batch = IngestBatch()
        switch self {
        case .snappy: return snappy(bytes)
        case .remotewrite:
            for version in [RemoteWriteDecoder.Version.one, .two] {
                var decoder = RemoteWriteDecoder(bodyLimit: 1 << 20)
                let isGood = bytes.withUnsafeBytes { (try? decoder.decode(unpacked: $0, version, into: &batch)) != nil }
                if isGood, let problem = check(batch) { return problem }
            }
        case .exposition:
            var decoder = ExpositionDecoder()
            decoder.targetLabels = [("job", "j")]
            for format in [ExpositionFormat.prometheusText, .openMetrics] {
                if (try? decoder.decode(bytes, format, at: 1, into: &batch)) != nil, let problem = check(batch) {
                    return problem
                }
            }
        case .otlp:
            if (try? OTLPDecoder().decode(protobuf: bytes, into: &batch)) != nil { return check(batch) }
        case .otlpjson:
            if (try? OTLPDecoder().decode(json: bytes, into: &batch)) != nil { return check(batch) }
        case .log: return log(bytes)
        case .chunks: return chunks(bytes)
        case .roundtrip: return roundTrip(bytes)
        }
        return nil
    }

    /// Every range of a batch lies within its arrays, and labels can be asked for.
    private func check(_ batch: IngestBatch) -> String? {
        guard batch.times.count == batch.values.count, batch.starts.isEmpty || batch.starts.count == batch.times.count
        else { return "the arrays of the batch have different lengths" }
        for entry in batch.series {
            guard entry.labels.upperBound <= batch.labelBytes.count, entry.samples.upperBound <= batch.times.count
            else { return "a series reaches beyond its batch" }
            if let labels = try? batch.labels(of: entry, limits: .init()), !Labels.isValid(labels.bytes) {
                return "labels are not in order: \(labels)"
            }
        }
        for (index, _) in batch.histograms where index >= batch.times.count { return "a histogram has no time" }
        return nil
    }

    private func snappy(_ bytes: [UInt8]) -> String? {
        var output: [UInt8] = []
        _ = bytes.withUnsafeBytes { try? Snappy.decode($0, into: &output, limit: 1 << 20) }
        let packed = Snappy.encode(bytes)
        let count = packed.withUnsafeBytes { try? Snappy.decode($0, into: &output, limit: 1 << 24) }
        return count.map { output.prefix($0).elementsEqual(bytes) } == true ? nil : "packed bytes do not come back"
    }

    private func log(_ bytes: [UInt8]) -> String? {
        bytes.withUnsafeBytes { raw in
            var place = 0
            while let record = LogRecord.read(raw, at: place) { place = record.next }
            // The bodies without their checksums, which no fuzzer guesses.
            guard bytes.count > 1 else { return }
            let head = Head(area: ChunkArea(folder: "/nowhere"), options: StoreOptions())
            head.insert(["__name__": "m"], slot: 0)
            let kind = LogRecord.Kind(rawValue: bytes[0] % 5 + 1) ?? .samples
            _ = head.replay(kind, 1, ByteReader(raw, at: 1)) { _ in 0 }
        }
        return nil
    }

    private func chunks(_ bytes: [UInt8]) -> String? {
        bytes.withUnsafeBytes { raw in
            var buffer = SampleBuffer()
            let count = Int(bytes.first ?? 0) * 3
            _ = ChunkDecoder.decode(raw, count: count, start: 0, after: .min, through: .max, into: &buffer)
            _ = HistogramChunk.decode(raw, count: count, start: 0, after: .min, through: .max, into: &buffer)
            _ = SampleColumns.read(raw, at: 0, count: count, after: .min, through: .max, into: &buffer)
            let kept = OpenChunk.Resumption(
                bits: UInt32(bytes.count * 8), count: UInt32(count), leading: bytes.first ?? 0,
                trailing: bytes.last ?? 0,
                endsStale: false, firstTime: 0, lastTime: 5, lastDelta: 1, lastBits: 7, start: 0)
            if var resumed = OpenChunk(raw, kept) {
                resumed.append(time: 6, valueBits: 9, start: 0)
                resumed.release()
            }
            _ = BlockFormat.Footer(raw)
        }
        return nil
    }

    /// Takes the bytes for samples: eight for the step of the time (few used), eight for the value.
    private func roundTrip(_ bytes: [UInt8]) -> String? {
        var buffer = SampleBuffer()
        var chunk = OpenChunk()
        defer { chunk.release() }
        bytes.withUnsafeBytes { raw in
            var reader = ByteReader(raw)
            var time = Int64(truncatingIfNeeded: reader.zigzag()) >> 2
            while reader.remaining > 8, buffer.count < 4000 {
                time &+= 1 + Int64(reader.varint() & 0xff_ffff_ffff)
                let value = Double(bitPattern: reader.fixed64())
                buffer.append(time: time, value: value)
                chunk.append(time: time, valueBits: value.bitPattern, start: 0)
            }
        }
        guard buffer.count > 0 else { return nil }
        var columns = SampleColumns()
        let place = columns.append(buffer, 0..<buffer.count)
        var (opened, sealed) = (SampleBuffer(), SampleBuffer())
        _ = ChunkDecoder.decode(
            chunk.encoded, count: Int(chunk.count), start: 0, after: .min, through: .max, into: &opened)
        _ = columns.bytes.withUnsafeBytes {
            SampleColumns.read($0, at: place, count: buffer.count, after: .min, through: .max, into: &sealed)
        }
        for read in [opened, sealed] {
            guard read.times == buffer.times, read.values.map(\.bitPattern) == buffer.values.map(\.bitPattern)
            else { return "samples do not come back as they were" }
        }
        return nil
    }
}
