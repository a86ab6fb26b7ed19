import PromQL
import Series
import Testing

@Suite("Operators and aggregations")
struct OperatorTests {
    private let data: Samples

    init() {
        var data = Samples()
        for (host, code, values) in [
            ("a", "200", [10.0, 20]), ("a", "500", [1, 2]), ("b", "200", [5, 5]), ("c", "200", [0, 7]),
        ] {
            data.add(["__name__": "requests", "host": host, "code": code]) { $0.numbers(values) }
        }
        for (host, zone, values) in [("a", "east", [100.0, 100]), ("b", "west", [50, 50]), ("d", "west", [1, 1])] {
            data.add(["__name__": "capacity", "host": host, "zone": zone]) { $0.numbers(values) }
        }
        self.data = data
    }

    @Test(
        "vectors find each other by their labels",
        arguments: [
            (#"requests{code="200"} / on (host) capacity"#, #"{host="a"} 0.2; {host="b"} 0.1"#),
            (#"requests{code="200"} / ignoring (code, zone) capacity"#, #"{host="a"} 0.2; {host="b"} 0.1"#),
            (
                "requests / on (host) group_left (zone) capacity",
                #"{code="200", host="a", zone="east"} 0.2; {code="200", host="b", zone="west"} 0.1; {code="500", host="a", zone="east"} 0.02"#
            ),
            (
                "capacity * on (host) group_right requests",
                #"{code="200", host="a"} 2000; {code="200", host="b"} 250; {code="500", host="a"} 200"#
            ),
            (
                #"capacity + on (host) fill (0) requests{code="200"}"#,
                #"{host="a"} 120; {host="b"} 55; {host="c"} 7; {host="d"} 1"#
            ),
            (
                #"capacity + on (host) fill_left (9) requests{code="200"}"#,
                #"{host="a"} 120; {host="b"} 55; {host="c"} 16"#
            ),
            (
                #"capacity > on (host) requests{code="200"}"#, #"{host="a"} 100; {host="b"} 50"#
            ),
            (#"capacity < bool on (host) requests{code="200"}"#, #"{host="a"} 0; {host="b"} 0"#),
            (
                #"capacity and on (host) requests"#,
                #"capacity{host="a", zone="east"} 100; capacity{host="b", zone="west"} 50"#
            ),
            (#"capacity unless on (host) requests"#, #"capacity{host="d", zone="west"} 1"#),
            (
                #"capacity{zone="east"} or capacity"#,
                #"capacity{host="a", zone="east"} 100; capacity{host="b", zone="west"} 50; capacity{host="d", zone="west"} 1"#
            ),
            (
                #"capacity{zone="east"} or on (host) requests{code="200"}"#,
                #"capacity{host="a", zone="east"} 100; requests{code="200", host="b"} 5; requests{code="200", host="c"} 7"#
            ),
            ("3 < capacity", #"capacity{host="a", zone="east"} 100; capacity{host="b", zone="west"} 50"#),
            ("none + on () capacity", ""),
        ])
    func matching(expression: String, expected: String) throws {
        #expect(try data.answer(expression, at: 60_000) == expected, "\(expression)")
    }

    @Test(
        "what is ambiguous is an error",
        arguments: [
            (
                "capacity / on (zone) capacity",
                #"found duplicate series for the match group {zone="west"} on the right hand-side"#
            ),
            ("requests / on (host) capacity", "multiple matches for labels: many-to-one matching must be explicit"),
            (
                "requests / on (host) group_left (code) capacity",
                "multiple matches for labels: grouping labels must ensure unique matches"
            ),
            (
                "label_replace(requests, \"host\", \"\", \"host\", \".*\")",
                "vector cannot contain metrics with the same labelset"
            ),
            ("topk(NaN, capacity)", "Parameter value is NaN"),
            (
                "double_exponential_smoothing(capacity[5m], 2, 0.5)",
                "invalid smoothing factor. Expected: 0 < sf < 1, got: 2"
            ),
        ])
    func ambiguous(expression: String, message: String) {
        do {
            _ = try data.answer(expression, at: 60_000)
            Issue.record("\(expression) has an answer")
        } catch { #expect("\(error)".hasPrefix(message), "\(expression): \(error)") }
    }

    @Test(
        "aggregations",
        arguments: [
            ("sum by (host) (requests)", #"{host="a"} 22; {host="b"} 5; {host="c"} 7"#),
            ("sum without (host) (requests)", #"{code="200"} 32; {code="500"} 2"#), ("avg(requests)", "{} 8.5"),
            ("min by (code) (requests)", #"{code="200"} 5; {code="500"} 2"#), ("max(requests)", "{} 20"),
            ("count by (none) (requests)", "{} 4"),
            ("group by (host) (capacity)", #"{host="a"} 1; {host="b"} 1; {host="d"} 1"#),
            ("stdvar(requests)", "{} 47.25"), ("stddev(requests)", "{} 6.873864"), ("quantile(0.5, requests)", "{} 6"),
            ("quantile by (code) (2, requests)", #"{code="200"} +Inf; {code="500"} +Inf"#),
            ("topk(2, requests)", #"requests{code="200", host="a"} 20; requests{code="200", host="c"} 7"#),
            (
                "bottomk by (host) (1, requests)",
                #"requests{code="500", host="a"} 2; requests{code="200", host="b"} 5; requests{code="200", host="c"} 7"#
            ),
            ("topk(0, requests)", ""), ("count(limitk(2, requests))", "{} 2"),
            ("count(limit_ratio(0.4, requests) or limit_ratio(-0.6, requests))", "{} 4"),
            (#"count_values("v", capacity > 1)"#, #"{v="100"} 1; {v="50"} 1"#),
            (
                #"count_values by (zone) ("host", capacity)"#,
                #"{host="1", zone="west"} 1; {host="100", zone="east"} 1; {host="50", zone="west"} 1"#
            ),
            ("sum(none)", ""),
        ])
    func aggregations(expression: String, expected: String) throws {
        #expect(try data.answer(expression, at: 60_000) == expected, "\(expression)")
    }

    @Test("the name is dropped at the very end, so that functions in between can use it")
    func names() throws {
        #expect(
            try data.answer(
                ##"label_replace(rate({host="b", zone="west"}[5m]), "was", "$1", "__name__", "(.*)")"##, at: 60_000)
                == #"{host="b", was="capacity", zone="west"} 0"#)
        #expect(try data.answer(#"sum by (__name__) (-requests)"#, at: 60_000) == "{} -34")
        #expect(try data.answer("sum by (__name__) (requests)", at: 60_000) == "requests 34")
        var typed = Samples()
        typed.add(["__name__": "x", "__type__": "gauge", "__unit__": "bytes", "a": "1"]) { $0.numbers([1]) }
        #expect(try typed.answer("x * 2", at: 0) == #"{a="1"} 2"#)
        #expect(try typed.answer("x", at: 0) == #"x{__type__="gauge", __unit__="bytes", a="1"} 1"#)
    }

    @Test("too many samples, and interruptions, end an evaluation")
    func limits() throws {
        var limits = QueryLimits()
        limits.samples = 5
        do {
            _ = try data.result("requests", from: 0, through: 60_000, step: 10_000, limits: limits)
            Issue.record("the limit does not hold")
        } catch {
            #expect("\(error)" == "query processing would load too many samples into memory in query execution")
        }
        for (interruption, message) in [
            (Interruption.cancelled, "query was canceled in expression evaluation"),
            (.timedOut, "query timed out in expression evaluation"),
        ] {
            let prepared = try Query("sum(requests)").prepared(at: 0)
            let sets = try prepared.selections.map(data.selected)
            do throws(PromQLError) {
                _ = try prepared.evaluate(with: sets) { interruption }
                Issue.record("it is not interrupted")
            } catch { #expect(error.message == message) }
        }
    }

    @Test("a query says what it wants to read")
    func selections() throws {
        let query = try Query(
            "rate(x[5m] offset 1m) + max_over_time(y[1h:10m] @ 7200) + sum(z{a=\"b\"} @ end() smoothed) + w[10m] anchored"
                .replacing(" + w[10m] anchored", with: " + increase(w[10m] anchored)"))
        let requests = try query.prepared(from: 600_000, through: 1_200_000, step: 60_000).selections
        #expect(requests.map(\.after) == [240_000, 3_900_000, 900_000, -300_000])
        #expect(requests.map(\.through) == [1_140_000, 7_200_000, 1_500_000, 1_200_000])
        #expect(requests.map(\.function) == ["rate", "", "sum", "increase"])
        #expect(requests.map(\.range) == [300_000, 0, 0, 600_000])
        #expect(requests[2].matchers.map(\.name) == ["a", "__name__"])
    }
}
