import PromQL
import Testing

@Suite("Syntax")
struct SyntaxTests {
    @Test(
        "is written in its usual spelling",
        arguments: [
            ("1+2*3^4", "1 + 2 * 3 ^ 4"), ("-1^2", "-1 ^ 2"), ("- 1", "-1"), ("+x", "+x"), ("0x1f", "31"),
            ("1e3", "1000"),
            (".5", "0.5"), ("1_000", "1000"), ("0755", "493"), ("Inf", "+Inf"), ("5m", "5m"), ("90s", "1m30s"),
            ("1d", "1d"), ("36h", "36h"), ("7d", "1w"), ("x{}", "x"), (#"x{a='b',c=~"d.*"}"#, #"x{a="b",c=~"d.*"}"#),
            (#"{"x.y", "a b"!="c"}"#, #"{"a b"!="c",__name__="x.y"}"#), (#"{__name__="x"}"#, #"{__name__="x"}"#),
            ("x[5m]offset 1m @10", "x[5m] @ 10.000 offset 1m"), ("x @ start() offset -1m", "x @ start() offset -1m"),
            ("x[1h:]", "x[1h:]"), ("x [ 1h : 5m ]", "x[1h:5m]"), ("x[60]", "x[1m]"), ("x[5m+1m]", "x[5m + 1m]"),
            ("x[step()*2]", "x[step() * 2]"), ("x offset -(2*3)", "x offset -(2 * 3)"),
            ("x offset min_of(1m,step())", "x offset min_of(1m, step())"), ("x[5m]smoothed", "x[5m] smoothed"),
            ("x anchored @ 5", "x @ 5.000 anchored"), ("SUM(x)BY(a)", "sum by (a) (x)"),
            ("sum without()(x)", "sum without () (x)"), ("topk(3,x)", "topk(3, x)"),
            (#"count_values by("a b")("v",x)"#, #"count_values by ("a b") ("v", x)"#), ("a or b and c", "a or b and c"),
            ("a and on(b)c", "a and on (b) c"), ("a+ignoring(b)group_left(c)d", "a + ignoring (b) group_left (c) d"),
            ("a+fill(0)b", "a + fill (0) b"), ("a+fill_left(1)fill_right(2)b", "a + fill_left (1) fill_right (2) b"),
            ("a>bool b", "a > bool b"), ("a</2", "a </ 2"), ("fill+fill", "fill + fill"), ("sum", "sum"), ("by", "by"),
            ("offset", "offset"), ("start", "start"), ("rate(x[5m])#end", "rate(x[5m])"), ("`a\\n`", #""a\\n""#),
            (#"'\x41\101B\U00000043\n'"#, #""AABC\n""#), ("(((1)))", "(((1)))"), ("x offset 5m ^ 2", "x offset 5m ^ 2"),
            ("time ( )", "time()"), ("x:y:z", "x:y:z"), ("STEP()", "step()"), ("1 ATAN2 2", "1 atan2 2"),
        ])
    func printing(text: String, expected: String) throws {
        let parsed = try parse(text)
        #expect(parsed.description == expected)
        // What is written means the same.
        #expect(try parse(parsed.description).description == parsed.description)
    }

    @Test("operators bind as in Prometheus")
    func precedence() throws {
        for (text, same) in [
            ("1 + 2 * 3", "1 + (2 * 3)"), ("2 ^ 3 ^ 2", "2 ^ (3 ^ 2)"), ("8 - 4 - 2", "(8 - 4) - 2"),
            ("-2 ^ 2", "-(2 ^ 2)"), ("2 ^ -1 * 4", "(2 ^ -1) * 4"), ("8 / 4 * 2", "(8 / 4) * 2"),
            ("1 - 5 % 3 atan2 2", "1 - ((5 % 3) atan2 2)"),
        ] {
            let (first, second) = (try Query(text).prepared(at: 0), try Query(same).prepared(at: 0))
            guard case .scalar(let a) = try first.evaluate(with: []).value,
                case .scalar(let b) = try second.evaluate(with: []).value
            else {
                Issue.record("\(text) is no number")
                continue
            }
            #expect(a == b, "\(text)")
        }
    }

    @Test("a long expression is written on several lines")
    func formatting() throws {
        let text =
            "sum by (version, service) (rate(http_requests_total{code=~\"5..\"}[5m])) / on (version) group_left () sum by (version) (rate(http_requests_total[5m] offset 1m))"
        #expect(
            try parse(text).formatted == """
                  sum by (version, service) (rate(http_requests_total{code=~"5.."}[5m]))
                / on (version) group_left ()
                  sum by (version) (rate(http_requests_total[5m] offset 1m))
                """)
        #expect(try parse(try parse(text).formatted).description == parse(text).description)
    }

    @Test("a range query wants a number or an instant vector, and sensible times")
    func ranges() throws {
        #expect(throws: PromQLError.self) { try Query("x[5m]").prepared(from: 0, through: 1, step: 1) }
        #expect(throws: PromQLError.self) { try Query("'a'").prepared(from: 0, through: 1, step: 1) }
        #expect(throws: PromQLError.self) { try Query("x").prepared(from: 0, through: 1, step: 0) }
        #expect(throws: PromQLError.self) { try Query("x").prepared(from: 2, through: 1, step: 1) }
        #expect(throws: PromQLError.self) { try Query("x[1m - 60]").prepared(at: 0) }
        #expect(throws: PromQLError.self) { try Query("x[1m / (1 - 1)]").prepared(at: 0) }
    }
}
