import Series
import Testing
import Values

@testable import Chunks

@Suite struct OpenChunkTests {
    @Test("samples of any bits come back as they were, and a chunk that was resumed goes on")
    func roundTrip() {
        for seed in 1...400 {
            var dice = SeededGenerator(seed: UInt64(seed))
            let samples = dice.samples(count: 1 + dice.below(200))
            var chunk = OpenChunk()
            defer { chunk.release() }
            let cut = dice.below(samples.count)
            for (index, sample) in samples.enumerated() {
                if index == cut, index > 0 {
                    guard let again = OpenChunk(chunk.encoded, chunk.resumption) else {
                        Issue.record("not resumed, seed \(seed)")
                        return
                    }
                    chunk.release()
                    chunk = again
                }
                chunk.append(time: sample.time, valueBits: sample.bits, start: 7)
            }
            var buffer = SampleBuffer()
            let isWhole = ChunkDecoder.decode(
                chunk.encoded, count: Int(chunk.count), start: 7, after: .min, through: .max, into: &buffer)
            #expect(isWhole)
            let expected = samples.filter { $0.time > .min }
            #expect(buffer.times == expected.map(\.time), "seed \(seed)")
            #expect(buffer.values.map(\.bitPattern) == expected.map(\.bits), "seed \(seed)")
            #expect(buffer.starts == expected.map { _ in 7 })
            #expect(chunk.lastTime == samples.last?.time)
            #expect(chunk.lastValueBits == samples.last?.bits)
        }
    }

    @Test("of a stretch of time exactly its samples are read, with those that came at the expected time and all others")
    func stretches() {
        for seed in 1...400 {
            var dice = SeededGenerator(seed: UInt64(seed))
            let samples = dice.samples(count: 1 + dice.below(400))
            var chunk = OpenChunk()
            defer { chunk.release() }
            for sample in samples { chunk.append(time: sample.time, valueBits: sample.bits, start: 0) }
            let after = samples[dice.below(samples.count)].time - Int64(dice.below(2))
            let through = samples[dice.below(samples.count)].time - Int64(dice.below(2))
            var buffer = SampleBuffer()
            buffer.append(time: .min, value: 1, start: Int64(dice.below(2)))
            let isWhole = ChunkDecoder.decode(
                chunk.encoded, count: samples.count, start: 0, after: after, through: through, into: &buffer)
            #expect(isWhole)
            let expected = samples.filter { $0.time > after && $0.time <= through }
            #expect(Array(buffer.times.dropFirst()) == expected.map(\.time), "seed \(seed)")
            #expect(buffer.values.dropFirst().map(\.bitPattern) == expected.map(\.bits), "seed \(seed)")
            #expect(buffer.starts.isEmpty || buffer.starts.count == buffer.times.count)
        }
    }

    @Test("an unchanged value at the expected time costs a bit, and a stale marker six at most")
    func costs() {
        var chunk = OpenChunk()
        defer { chunk.release() }
        for index in 0..<802 { chunk.append(time: Int64(index) * 15_000, valueBits: 3, start: 0) }
        #expect(chunk.byteCount <= 16 + 5 + 101)
        let before = chunk.resumption.bits
        chunk.append(time: 802 * 15_000, valueBits: OpenChunk.staleBits, start: 0)
        #expect(chunk.resumption.bits - before <= 6)
        #expect(chunk.endsStale)
    }

    @Test("bytes that are no chunk end the reading")
    func damaged() {
        for seed in 1...2000 {
            var dice = SeededGenerator(seed: UInt64(seed))
            let bytes = (0..<dice.below(200)).map { _ in UInt8(truncatingIfNeeded: dice.next()) }
            var buffer = SampleBuffer()
            bytes.withUnsafeBytes { raw in
                _ = ChunkDecoder.decode(
                    raw, count: 500, start: 0, after: .min, through: .max, into: &buffer)
            }
            #expect(buffer.count <= bytes.count * 8)
        }
    }
}
