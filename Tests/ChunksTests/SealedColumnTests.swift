import Series
import Testing
import Values

@testable import Chunks

@Suite struct SealedColumnTests {
    @Test("columns of any bits come back as they were")
    func roundTrip() {
        for seed in 1...600 {
            var dice = SeededGenerator(seed: UInt64(seed))
            let samples = dice.samples(count: 1 + dice.below(600))
            let (times, values) = (samples.map(\.time), samples.map { Double(bitPattern: $0.bits) })
            var bytes: [UInt8] = []
            times.withUnsafeBufferPointer { SealedTimes.append($0, to: &bytes) }
            values.withUnsafeBufferPointer { SealedValues.append($0, to: &bytes) }
            var readTimes = [Int64](repeating: 0, count: times.count)
            var readValues = [Double](repeating: 0, count: values.count)
            bytes.withUnsafeBytes { raw in
                var reader = ByteReader(raw)
                #expect(readTimes.withUnsafeMutableBufferPointer { SealedTimes.read(&reader, into: $0) })
                #expect(readValues.withUnsafeMutableBufferPointer { SealedValues.read(&reader, into: $0) })
                #expect(reader.isAtEnd && !reader.isBroken)
            }
            #expect(readTimes == times, "seed \(seed)")
            #expect(readValues.map(\.bitPattern) == samples.map(\.bits), "seed \(seed)")
        }
    }

    @Test("decimals cost what their digits change, not eight bytes")
    func decimals() {
        let values = (0..<480).map { Double(1_000_000 + $0 * 7) / 100 }
        var bytes: [UInt8] = []
        values.withUnsafeBufferPointer { SealedValues.append($0, to: &bytes) }
        #expect(bytes.count < 490)
    }

    @Test("damaged columns are refused or read, and never crash")
    func damaged() {
        for seed in 1...3000 {
            var dice = SeededGenerator(seed: UInt64(seed))
            let bytes = (0..<dice.below(300)).map { _ in UInt8(truncatingIfNeeded: dice.next() % 7) }
            bytes.withUnsafeBytes { raw in
                var values = [Double](repeating: 0, count: 1 + dice.below(100))
                var reader = ByteReader(raw)
                _ = values.withUnsafeMutableBufferPointer { SealedValues.read(&reader, into: $0) }
                var buffer = SampleBuffer()
                _ = HistogramChunk.decode(raw, count: 50, start: 0, after: .min, through: .max, into: &buffer)
            }
        }
    }
}
