import Series
import Testing

@testable import MetricsFormats

@Suite struct RemoteWriteEncoderTests {
    private func read(_ bytes: [UInt8]) throws -> IngestBatch {
        var decoder = RemoteWriteDecoder()
        var batch = IngestBatch()
        try bytes.withUnsafeBytes { try decoder.decode(unpacked: $0, .one, into: &batch) }
        return batch
    }

    private func batch() -> IngestBatch {
        var batch = IngestBatch()
        for number in 0..<10 {
            var samples = SampleBuffer()
            for step in 0..<5 { samples.append(time: Int64(1000 + step), value: Double(number) + 0.5) }
            batch.append(["__name__": "m", "number": "\(number)", "é": "ü"], samples)
        }
        return batch
    }

    @Test("what is written is read again, in bodies of no more samples than wanted, which may be joined")
    func roundTrip() throws {
        let batch = batch()
        let bodies = RemoteWriteEncoder.bodies(batch, IngestReport(), limit: 7)
        #expect(bodies.map(\.samples) == [7, 7, 7, 7, 7, 7, 7, 1])
        #expect(bodies.first?.newestTime == 1004)
        let joined = try read(bodies.flatMap(\.bytes))
        #expect(joined.times == batch.times)
        #expect(joined.values == batch.values)
        #expect(try read(bodies[0].bytes).lines.first?.hasPrefix("m{number=\"0\", é=\"ü\"}") == true)
        #expect(RemoteWriteEncoder.body(batch, samples: 3..<12).samples == 9)
        #expect(try read(RemoteWriteEncoder.body(batch, samples: 3..<12).bytes).times == Array(batch.times[3..<12]))
    }

    @Test("what a store refused is left out, and totals stand for deltas; series that are none are left out")
    func report() throws {
        var report = IngestReport()
        report.refusedSamples = [0, 1, 2, 3, 4, 6]
        report.sums = [7: 100]
        let read = try read(RemoteWriteEncoder.bodies(batch(), report, limit: 1000)[0].bytes)
        #expect(read.series.count == 9)
        #expect(read.times.count == 44)
        #expect(read.values.prefix(4) == [1.5, 100, 1.5, 1.5])
        var nameless = IngestBatch()
        nameless.append(["a": "b"], time: 1, value: 1)
        #expect(RemoteWriteEncoder.bodies(nameless, IngestReport(), limit: 10).isEmpty)
    }

    @Test("special numbers keep their bits")
    func numbers() throws {
        var batch = IngestBatch()
        let values = [Sample.staleMarker, .nan, .infinity, -.infinity, -0.0, .leastNonzeroMagnitude, 1e300]
        for (place, value) in values.enumerated() {
            batch.append(["__name__": "m"], time: Int64(place) - 3, value: value)
        }
        let read = try read(RemoteWriteEncoder.bodies(batch, IngestReport(), limit: 100)[0].bytes)
        #expect(read.values.map(\.bitPattern) == values.map(\.bitPattern))
        #expect(read.times == Array(-3...3))
    }

    @Test("native histograms: whole counts, fractions, custom buckets, stale")
    func histograms() throws {
        let spans = [FloatHistogram.Span(offset: -2, length: 2), FloatHistogram.Span(offset: 3, length: 1)]
        let whole = FloatHistogram(
            schema: 3, zeroThreshold: 0.001, zeroCount: 2, count: 20, sum: -7.25, positiveSpans: spans,
            positiveBuckets: [5, 1, 9], negativeSpans: [.init(offset: 0, length: 1)], negativeBuckets: [3],
            counterResetHint: .notReset)
        var fractions = whole
        fractions.positiveBuckets = [0.5, 1.25, 3]
        fractions.counterResetHint = .gauge
        let custom = FloatHistogram(
            schema: FloatHistogram.customSchema, count: 4, sum: 9, positiveSpans: [.init(offset: 0, length: 3)],
            positiveBuckets: [1, 2, 1], customValues: [0.5, 5])
        let stale = FloatHistogram(sum: Sample.staleMarker)
        var batch = IngestBatch()
        var samples = SampleBuffer()
        samples.append(time: 1, value: 7)
        for (place, histogram) in [whole, fractions, custom, stale].enumerated() {
            samples.append(time: Int64(place + 2), histogram: histogram)
        }
        batch.append(["__name__": "h"], samples)
        let read = try read(RemoteWriteEncoder.bodies(batch, IngestReport(), limit: 100)[0].bytes)
        // A message has its samples before its histograms.
        #expect(read.times == [1, 2, 3, 4, 5])
        #expect(read.histograms.map(\.index) == [1, 2, 3, 4])
        #expect(read.histograms.prefix(3).map(\.value) == [whole, fractions, custom])
        #expect(read.histograms.last?.value.isStaleMarker == true)
    }
}
