import PromQL
import Series
import Testing

@Suite("What is selected, when, and under which name")
struct SelectionTests {
    private let data: Samples

    init() {
        var data = Samples()
        for (job, factor) in [("1", 1.0), ("2", 2.0)] {
            data.add(["__name__": "metric", "job": .init(job)]) {
                $0.numbers((0...1000).map { Double($0) * factor }, step: 10_000)
            }
        }
        data.add(["__name__": "ended"]) { $0.numbers([0, 1, Sample.staleMarker, 2], step: 10_000) }
        for (name, value) in [("a", 1.0), ("b", 2.0)] {
            data.add(["__name__": .init(name), "x": "1"]) { $0.numbers([value]) }
        }
        for (place, value) in [("1", 1.0), ("2", 2.0)] {
            data.add(["__name__": "c", "x": "1", "y": .init(place)]) { $0.numbers([value]) }
        }
        self.data = data
    }

    @Test(
        "at a fixed time, shifted, or both, in any order",
        arguments: [
            ("metric{job=\"1\"} @ 100", "metric{job=\"1\"} 10"), ("metric{job=\"1\"} @ 1m40s", "metric{job=\"1\"} 10"),
            ("metric{job=\"1\"} @ 100 offset 50s", "metric{job=\"1\"} 5"),
            ("metric{job=\"1\"} offset 50s @ 100", "metric{job=\"1\"} 5"),
            ("metric{job=\"1\"} offset -50s @ 100", "metric{job=\"1\"} 15"),
            ("sum_over_time(metric{job=\"1\"}[100s] @ 100)", "{job=\"1\"} 55"),
            ("sum_over_time(metric{job=\"1\"}[100] @ 100 offset 50s)", "{job=\"1\"} 15"),
            ("sum_over_time(metric{job=\"1\"}[100s:1s] @ 100)", "{job=\"1\"} 460"),
            ("timestamp(metric{job=\"1\"} @ 999)", "{job=\"1\"} 990"),
            ("timestamp(timestamp(metric{job=\"1\"} @ 999))", "{job=\"1\"} 500"),
            ("metric{job=\"1\"} offset (10 * 2)", "metric{job=\"1\"} 48"),
        ])
    func fixed(expression: String, expected: String) throws {
        #expect(try data.answer(expression, at: 500_000) == expected)
    }

    @Test(
        "subqueries step on a grid of their own",
        arguments: [
            ("sum_over_time(metric{job=\"1\"}[30s:10s])", "{job=\"1\"} 297"),
            ("sum_over_time(metric{job=\"1\"}[30s:10s] offset 3s)", "{job=\"1\"} 294"),
            ("sum_over_time((metric{job=\"1\"} offset 10s)[30s:10s])", "{job=\"1\"} 294"),
            ("avg_over_time(sum_over_time(metric{job=\"1\"}[30s:10s])[10s:10s])", "{job=\"1\"} 297"),
            ("sum_over_time(metric{job=\"1\"}[5m:1m] @ 1000 offset 100s)", "{job=\"1\"} 390"),
            ("avg_over_time(rate(metric{job=\"1\"}[1m])[1m:1s])", "{job=\"1\"} 0.1"),
        ])
    func subqueries(expression: String, expected: String) throws {
        #expect(try data.answer(expression, at: 1_000_000) == expected)
    }

    @Test(
        "what has ended is there no more, and comes back",
        arguments: [
            (10, "ended 1"), (20, ""), (30, "ended 2"), (329, "ended 2"), (330, ""),
        ])
    func ended(second: Int64, expected: String) throws {
        #expect(try data.answer("ended", at: second * 1000) == expected)
    }

    @Test(
        "times and places in a range",
        arguments: [
            ("first_over_time(metric{job=\"1\"}[30s])", "metric{job=\"1\"} 48"),
            ("ts_of_first_over_time(metric{job=\"1\"}[30s])", "{job=\"1\"} 480"),
            (
                "ts_of_max_over_time(metric{job=\"1\"}[30s]) - ts_of_min_over_time(metric{job=\"1\"}[30s])",
                "{job=\"1\"} 20"
            ),
            ("mad_over_time(metric{job=\"1\"}[50s])", "{job=\"1\"} 1"),
            ("increase(metric{job=\"1\"}[30s] anchored)", "{job=\"1\"} 3"),
            ("rate(metric{job=\"1\"}[30s] smoothed)", "{job=\"1\"} 0.1"),
            ("sort_by_label_desc(metric, \"job\")", "metric{job=\"2\"} 100; metric{job=\"1\"} 50"),
        ])
    func places(expression: String, expected: String) throws {
        #expect(try data.answer(expression, at: 500_000) == expected)
    }

    @Test(
        "names that fall away may make two series one, which is an error only then",
        arguments: [
            ("last_over_time({__name__=~\"a|b\"}[5m])", "a{x=\"1\"} 1; b{x=\"1\"} 2"),
            ("sum by (__name__) ({__name__=~\"a|b\"})", "a 1; b 2"),
            ("label_replace({__name__=~\"a|b\"}, \"x\", \"$0\", \"__name__\", \".*\")", "a{x=\"a\"} 1; b{x=\"b\"} 2"),
            ("c * on (x) group_left a", "{x=\"1\", y=\"1\"} 1; {x=\"1\", y=\"2\"} 2"),
            ("c == ignoring (y) group_left a", "c{x=\"1\", y=\"1\"} 1"), ("a or b", "a{x=\"1\"} 1"),
            ("a unless on () b", ""), ("label_join(a, \"z\", \"-\", \"x\", \"x\")", "a{x=\"1\", z=\"1-1\"} 1"),
        ])
    func names(expression: String, expected: String) throws {
        #expect(try data.answer(expression, at: 0) == expected)
    }

    @Test(
        "what would be there twice is refused",
        arguments: ["abs({__name__=~\"a|b\"})", "-{__name__=~\"a|b\"}", "a * on (x) c"])
    func twice(expression: String) throws {
        #expect(throws: PromQLError.self) { _ = try data.answer(expression, at: 0) }
    }
}
