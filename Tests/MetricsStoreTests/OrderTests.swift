import Series
import Testing
import Values

@testable import MetricsStore

@Suite struct OrderTests {
    /// Some runs in order, of which some overlap, one after the other.
    private func runs(_ seed: Int) -> SampleBuffer {
        var generator = SeededGenerator(seed: UInt64(seed))
        var buffer = SampleBuffer()
        let hasStarts = Bool.random(using: &generator)
        for run in 0..<Int.random(in: 1...5, using: &generator) {
            var time = Int64.random(in: 0...60, using: &generator)
            for _ in 0..<Int.random(in: 0...30, using: &generator) {
                time += Int64.random(in: 1...4, using: &generator)
                buffer.append(time: time, value: Double(run * 1000 + buffer.count), start: hasStarts ? time : 0)
            }
        }
        return buffer
    }

    @Test("samples of several sources come in the order of time, and of several at one time the first stays")
    func merged() {
        for seed in 1...2000 {
            var buffer = runs(seed)
            var expected: [Int64: (value: Double, start: Int64)] = [:]
            for index in buffer.times.indices where expected[buffer.times[index]] == nil {
                let start = buffer.starts.isEmpty ? 0 : buffer.starts[index]
                expected[buffer.times[index]] = (buffer.values[index], start)
            }
            buffer.putInOrder()
            #expect(buffer.times == expected.keys.sorted(), "seed \(seed)")
            #expect(buffer.values == buffer.times.compactMap { expected[$0]?.value }, "seed \(seed)")
            if !buffer.starts.isEmpty { #expect(buffer.starts == buffer.times.compactMap { expected[$0]?.start }) }
        }
    }
}
