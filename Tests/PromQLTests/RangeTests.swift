import PromQL
import Series
import Testing

@Suite("Ranges and steps")
struct RangeTests {
    private let data: Samples

    init() {
        var data = Samples()
        data.add(["__name__": "ramp"]) { $0.numbers((0...10).map(Double.init)) }
        data.add(["__name__": "sparse_total", "a": "1"]) { $0.numbers([0, nil, 10, nil, nil, nil, nil, nil, 20]) }
        data.add(["__name__": "ended"]) { $0.numbers([1, 2, Sample.staleMarker, nil, 3]) }
        data.add(["__name__": "falls_total"]) { $0.numbers([5, 10, 2, 4]) }
        self.data = data
    }

    @Test(
        "ranges are open to the left",
        arguments: [
            ("count_over_time(ramp[2m])", "{} 2"), ("sum_over_time(ramp[2m] offset 1m)", "{} 17"),
            ("ramp[2m]", "ramp 9@540 10@600"), ("ramp[2m] @ 60", "ramp 0@0 1@60"),
            ("sum_over_time(ramp[4m:2m])", "{} 18"), ("ramp[3m:90s]", "ramp 7@450 9@540"),
            ("count_over_time(ramp[1ms])", "{} 1"), ("count_over_time(ended[10m])", "{} 2"),
        ])
    func open(expression: String, expected: String) throws {
        #expect(try data.answer(expression, at: 600_000) == expected)
    }

    @Test("a series is looked back for five minutes, unless it says that it ended")
    func lookback() throws {
        let ends = try data.answer("ended", from: 0, through: 600_000, step: 60_000)
        #expect(ends == "ended 1@0 2@60 3@240 3@300 3@360 3@420 3@480")
        #expect(try data.answer("sparse_total", at: 419_999) == "sparse_total{a=\"1\"} 10")
        #expect(try data.answer("sparse_total", at: 420_000) == "")
    }

    @Test("start(), end(), range() and step() are those of the query")
    func context() throws {
        let text = try data.answer(
            "vector(start() + 1000 * end() + 1000000 * range() + 1000000000 * step())", from: 1000, through: 3000,
            step: 2000)
        #expect(text == "{} 2002003001@1 2002003001@3")
        #expect(
            try data.answer("count_over_time(ramp[2 * step() + 1m])", from: 300_000, through: 300_000, step: 60_000)
                == "{} 3@300")
        #expect(try data.answer("range() + step()", at: 5000) == "0")
    }

    @Test("what is the same at every step is so for all of them")
    func constant() throws {
        #expect(
            try data.answer("ramp @ 120 + ramp", from: 60_000, through: 180_000, step: 60_000)
                == "{} 3@60 4@120 5@180")
        #expect(
            try data.answer("sum_over_time(ramp[2m] @ end())", from: 60_000, through: 180_000, step: 60_000)
                == "{} 5@60 5@120 5@180")
        #expect(
            try data.answer("timestamp(ramp @ 120)", from: 0, through: 60_000, step: 60_000) == "{} 120@0 120@60")
    }

    @Test("an anchored or smoothed increase extrapolates nothing")
    func extended() throws {
        #expect(try data.answer("increase(falls_total[2m] anchored)", at: 180_000) == "{} 4")
        #expect(try data.answer("increase(falls_total[90s] smoothed)", at: 150_000) == "{} 3")
        #expect(try data.answer("delta(ramp[90s] smoothed)", at: 150_000) == "{} 1.5")
        #expect(try data.answer("ramp smoothed", at: 90_000) == "ramp 1.5")
        #expect(throws: PromQLError.self) { try data.answer("deriv(ramp[5m] anchored)", at: 0) }
    }

    @Test("a counter counts from its known start")
    func starts() throws {
        var data = Samples()
        data.add(["__name__": "known_total"]) { buffer in
            buffer.append(time: 100_000, value: 6, start: 70_000)
            buffer.append(time: 130_000, value: 12, start: 70_000)
            buffer.append(time: 160_000, value: 13, start: 135_000)
        }
        data.add(["__name__": "unknown_total"]) { $0.append(time: 100_000, value: 6) }
        #expect(try data.answer("increase(known_total[1m])", at: 120_000) == "{} 6")
        #expect(try data.answer("increase(unknown_total[1m])", at: 120_000) == "")
        #expect(try data.answer("resets(known_total[2m])", at: 160_000) == "{} 1")
        #expect(try data.answer("increase(known_total[90s])", at: 160_000) == "{} 25")
        #expect(try data.answer("start_timestamp(known_total)", at: 160_000) == "{} 135")
        #expect(try data.answer("start_timestamp(known_total * 1)", at: 160_000) == "")
    }

    @Test("an instant query is one step of a range query")
    func agreement() throws {
        for expression in [
            "rate(falls_total[3m])", "sum(ramp) or ended", "ramp > bool 3", "topk(1, ramp)", "absent(ended)",
            "max_over_time(ramp[3m:30s])", "histogram_quantile(0.5, ramp)", "-ramp",
            "quantile_over_time(0.3, ramp[4m])",
        ] {
            for step in stride(from: Int64(0), through: 600_000, by: 50_000) {
                let instant = try data.result(expression, at: step)
                let range = try data.result(expression, from: step, through: step + 50_000, step: 50_000)
                guard case .vector(let elements) = instant.value, case .matrix(let series) = range.value else {
                    Issue.record("\(expression)")
                    continue
                }
                let first = series.filter { $0.times.first == step }
                #expect(elements.map(\.labels) == first.map(\.labels), "\(expression) at \(step)")
                for (element, series) in zip(elements, first) {
                    let value = series.values.first ?? 0
                    #expect(element.value == value || (element.value.isNaN && value.isNaN), "\(expression) at \(step)")
                }
            }
        }
    }
}
