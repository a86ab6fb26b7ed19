import PromQL
import Series
import Testing

@Suite struct RestrictionTests {
    @Test(
        "every selector gets the condition, and nothing else changes",
        arguments: [
            ("x", "x{c=\"1\"}"), ("{a=\"b\"}", "{a=\"b\",c=\"1\"}"),
            ("x{a=\"b\"} offset 5m", "x{a=\"b\",c=\"1\"} offset 5m"),
            (
                "sum by (v) (rate(x[5m])) / on (v) topk(3, -y)",
                "sum by (v) (rate(x{c=\"1\"}[5m])) / on (v) topk(3, -y{c=\"1\"})"
            ), ("max_over_time((x > 1)[1h:1m])", "max_over_time((x{c=\"1\"} > 1)[1h:1m])"),
            ("1 + time()", "1 + time()"),
        ])
    func restricted(expression: String, expected: String) throws {
        let condition = LabelMatcher("c", .equal, "1")
        let restricted = try parse(expression).restricted(to: [condition])
        #expect(restricted.description == expected)
        #expect(try parse(restricted.description).selectors.count == restricted.selectors.count)
    }
}
