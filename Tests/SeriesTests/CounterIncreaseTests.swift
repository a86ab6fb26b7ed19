import Series
import Testing

@Suite("The exact increase of a counter")
struct CounterIncreaseTests {
    private func rise(
        _ values: [(Int64, Double)], startedAt: Int64 = 0, after: Int64 = 100, through: Int64 = 200,
        knownFrom: Int64? = nil
    ) -> CounterIncrease {
        var buffer = SampleBuffer()
        for (time, value) in values { buffer.append(time: time, value: value, start: startedAt) }
        return CounterIncrease(of: buffer, after: after, through: through, knownFrom: knownFrom)
    }

    @Test("starts from the last sample at or before the stretch")
    func base() {
        #expect(rise([(90, 5), (100, 7), (150, 9), (200, 12), (210, 50)]) == CounterIncrease(value: 5, samples: 2))
        #expect(rise([(90, 5), (110, 7)]).value == 2)
    }

    @Test("without an earlier sample starts from the first one")
    func noBase() {
        #expect(rise([(110, 7), (150, 9)]).value == 2)
        #expect(rise([(110, 7), (150, 9)], startedAt: 50).value == 2)
    }

    @Test("starts from 0 when the process started, or the series appeared, where it can be known")
    func fromZero() {
        #expect(rise([(110, 7), (150, 9)], startedAt: 105).value == 9)
        #expect(rise([(110, 1)], startedAt: 95, knownFrom: 80).value == 1)
        #expect(rise([(110, 1)], startedAt: 80, knownFrom: 80).value == 0, "there may be samples that were not read")
    }

    @Test("a start behind the sample before is a restart, even where the new count is larger")
    func restart() {
        var buffer = SampleBuffer()
        buffer.append(time: 110, value: 10, start: 50)
        buffer.append(time: 130, value: 40, start: 120)
        let rise = CounterIncrease(of: buffer, after: 100, through: 200, knownFrom: 10)
        #expect(rise == CounterIncrease(value: 50, resets: 1, samples: 2))
    }

    @Test("counts a fall as a new start")
    func resets() {
        #expect(rise([(100, 10), (110, 15), (120, 2), (130, 4)]) == CounterIncrease(value: 9, resets: 1, samples: 3))
    }

    @Test("leaves out and flags NaN and negative values, and skips stale markers")
    func flaws() {
        let result = rise([(100, 1), (110, .nan), (120, -3), (125, Sample.staleMarker), (130, 4)])
        #expect(result.value == 3)
        #expect(result.hasNaN && result.hasNegative)
        #expect(!rise([(100, 1), (125, Sample.staleMarker), (130, 4)]).hasNaN)
    }

    @Test("is nothing without samples")
    func empty() {
        #expect(rise([]) == CounterIncrease())
        #expect(rise([(90, 5)]) == CounterIncrease())
    }
}
