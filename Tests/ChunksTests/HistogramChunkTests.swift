import Series
import Testing
import Values

@testable import Chunks

@Suite struct HistogramChunkTests {
    @Test("histograms come back as they were, also after the chunk was resumed")
    func roundTrip() {
        for seed in 1...200 {
            var dice = SeededGenerator(seed: UInt64(seed))
            var samples: [(time: Int64, value: FloatHistogram)] = []
            var time: Int64 = 1_700_000_000_000
            var buckets = 3
            for _ in 0..<(1 + dice.below(60)) {
                time += 15_000 + Int64(dice.below(5))
                if dice.below(10) == 0 { buckets = 1 + dice.below(9) }
                samples.append((time, dice.histogram(buckets: buckets)))
            }
            var chunk = HistogramChunk()
            for (index, sample) in samples.enumerated() {
                if index == samples.count / 2, index > 0 {
                    let resumed = chunk.bytes.withUnsafeBytes { HistogramChunk($0, count: chunk.count, start: 5) }
                    #expect(resumed?.bytes == chunk.bytes)
                    chunk = resumed ?? chunk
                }
                chunk.append(time: sample.time, sample.value, start: 5)
            }
            var buffer = SampleBuffer()
            let isWhole = chunk.bytes.withUnsafeBytes {
                HistogramChunk.decode($0, count: chunk.count, start: 5, after: .min, through: .max, into: &buffer)
            }
            #expect(isWhole)
            #expect(buffer.times == samples.map(\.time))
            for (read, written) in zip(buffer.histograms, samples) {
                if written.value.isStaleMarker {
                    #expect(read.value.isStaleMarker)
                } else {
                    #expect(read.value == written.value, "seed \(seed)")
                }
            }
        }
    }
}

extension SeededGenerator {
    mutating func histogram(buckets: Int) -> FloatHistogram {
        if below(15) == 0 { return FloatHistogram(sum: Sample.staleMarker) }
        let isWhole = below(3) > 0
        let counts = (0..<buckets).map { _ in Double(below(1000)) + (isWhole ? 0 : 0.25) }
        return FloatHistogram(
            schema: Int32(below(8)), zeroThreshold: 0.001, zeroCount: Double(below(5)), count: counts.reduce(0, +),
            sum: Double(below(100_000)) / 7,
            positiveSpans: [.init(offset: Int32(below(3)) - 1, length: UInt32(buckets))], positiveBuckets: counts,
            counterResetHint: .init(rawValue: UInt8(below(4))) ?? .unknown)
    }
}
