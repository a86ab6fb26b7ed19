import HalcyonTesting
import PromQL
import Series
import Testing
import Values

func at(_ seconds: Int64) -> Timestamp { Timestamp(milliseconds: seconds * 1000) }

/// Series for tests, written like `name{label="value"} 0 10 20`, one value every `step` from time 0; `_` is no sample.
struct Fixture: Queryable {
    var series: [SeriesSamples] = []

    init(step: Int64 = 60, _ text: String) throws {
        for line in text.split(separator: "\n") {
            let parts = line.split(separator: " ").map(String.init)
            let matchers = try parseSelector(parts[0])
            let labels = Dictionary(uniqueKeysWithValues: matchers.map { ($0.name, $0.value) })
            let samples = parts.dropFirst().enumerated().compactMap { index, value in
                value == "stale"
                    ? Sample(at: at(Int64(index) * step), value: Sample.staleMarker)
                    : parseFloat(value).map { Sample(at: at(Int64(index) * step), value: $0) }
            }
            series.append(SeriesSamples(labels: labels, samples: samples))
        }
    }

    func series(_ request: SelectRequest) throws(QueryError) -> any SeriesSet {
        try HeldSeries(series).series(request)
    }

    /// The value as sorted text, for example `{a="1"} 5; {a="2"} 6`.
    func value(_ expression: String, _ seconds: Int64 = 600) throws -> String {
        switch try Query(expression).evaluate(at: at(seconds), data: self).value {
        case .scalar(let number): return text(number)
        case .string(let string): return "'\(string)'"
        case .vector(let elements):
            return elements.map { "\(text($0.labels)) \(text($0.value))" }.sorted().joined(separator: "; ")
        case .matrix(let series):
            return series.map { "\(text($0.labels)) \($0.values.map(text).joined(separator: " "))" }
                .sorted().joined(separator: "; ")
        }
    }

    private func text(_ labels: Labels) -> String {
        let pairs = labels.pairs.filter { $0.name != "__name__" }.map { "\($0.name)=\($0.value)" }
        return (labels["__name__"] ?? "") + "{\(pairs.joined(separator: ","))}"
    }

    private func text(_ number: Double) -> String {
        let rounded = (number * 1e6).rounded() / 1e6
        return rounded == rounded.rounded() && rounded.magnitude < 1e15 ? "\(Int64(rounded))" : "\(rounded)"
    }
}

@Suite("The engine")
struct EngineTests {
    private let data: Fixture

    init() throws {
        data = try Fixture(
            """
            requests_total{code="200",host="a"} 0 60 120 180 240 300 360 420 480 540 600
            requests_total{code="500",host="a"} 0 0 0 0 0 0 6 12 18 24 30
            requests_total{code="200",host="b"} 100 160 220 0 60 120 180 240 300 360 420
            capacity{host="a"} 100 100 100 100 100 100 100 100 100 100 100
            capacity{host="b"} 200 200 200 200 200 200 200 200 200 200 200
            gauge 1 5 3 NaN 4 2 8 6 7 9 0
            gone 1 2 3 4 5 6 7 8 9 stale
            old 1 2 3 4 5
            older 1 2 3 4 5 6
            x_bucket{le="0.1"} 0 0 0 0 0 0 0 0 0 0 50
            x_bucket{le="0.5"} 0 0 0 0 0 0 0 0 0 0 90
            x_bucket{le="+Inf"} 0 0 0 0 0 0 0 0 0 0 100
            """)
    }

    @Test(
        "gives what Prometheus gives",
        arguments: [
            ("1 + 2 * 3 ^ 2", "19"), ("-2 ^ 2", "-4"), ("2 ^ 3 ^ 2", "512"), ("(1 + 2) * 3", "9"), ("7 % 4", "3"),
            ("-1 * -1", "1"), ("1 / 0", "inf"), ("0x1F + 1e3", "1031"), ("1m", "60"), ("1_000", "1000"),
            ("1 > bool 2", "0"), ("NaN == bool NaN", "0"), ("Inf", "inf"), ("0 atan2 1", "0"), (#""a\n""#, "'a\n'"),
            ("time()", "600"), ("vector(3)", "{} 3"), ("scalar(capacity)", "nan"),
            ("scalar(capacity{host='a'})", "100"),
            ("capacity", "capacity{host=a} 100; capacity{host=b} 200"),
            ("capacity{host!~'b|c'}", "capacity{host=a} 100"), ("{__name__=~'cap.*',host='b'}", "capacity{host=b} 200"),
            (#"{"capacity",host="b"}"#, "capacity{host=b} 200"),
            ("gauge offset 1m", "gauge{} 9"), ("gauge offset -1m @ 0", "gauge{} 5"), ("gauge @ 60", "gauge{} 5"),
            ("gauge @ end()", "gauge{} 0"), ("capacity * 2", "{host=a} 200; {host=b} 400"),
            ("capacity > 150", "capacity{host=b} 200"), ("150 < capacity", "capacity{host=b} 200"),
            ("capacity > bool 150", "{host=a} 0; {host=b} 1"), ("-capacity{host='a'}", "{host=a} -100"),
            ("sum(requests_total)", "{} 1050"), ("sum by (host) (requests_total)", "{host=a} 630; {host=b} 420"),
            ("sum without (host) (requests_total)", "{code=200} 1020; {code=500} 30"),
            ("avg(capacity)", "{} 150"), ("min(capacity)", "{} 100"), ("max(capacity)", "{} 200"),
            ("count by (code) (requests_total)", "{code=200} 2; {code=500} 1"), ("group(capacity)", "{} 1"),
            ("stddev(capacity)", "{} 50"), ("quantile(0.5, capacity)", "{} 150"),
            ("topk(1, capacity)", "capacity{host=b} 200"), ("bottomk(1, capacity)", "capacity{host=a} 100"),
            ("topk(0, capacity)", ""), ("sum(missing)", ""),
            // Left-open: (300, 600] holds five samples, so the increase is stretched from four minutes to five.
            ("count_over_time(gauge[5m])", "{} 5"),
            ("increase(requests_total{host='a',code='200'}[5m])", "{code=200,host=a} 300"),
            ("rate(requests_total{host='a'}[5m])", "{code=200,host=a} 1; {code=500,host=a} 0.1"),
            ("irate(requests_total{host='a'}[5m])", "{code=200,host=a} 1; {code=500,host=a} 0.1"),
            ("increase(requests_total{host='b'}[4m] offset 6m)", "{code=200,host=b} 160"),
            ("delta(gauge[2m])", "{} -18"), ("rate(gauge[1m])", ""),
            ("avg_over_time(gauge[5m])", "{} 6"), ("sum_over_time(gauge[3m])", "{} 16"),
            ("min_over_time(gauge[5m])", "{} 0"), ("max_over_time(gauge[5m])", "{} 9"),
            ("max_over_time(gauge[1m] @ 180)", "{} nan"), ("last_over_time(gauge[1m])", "gauge{} 0"),
            ("quantile_over_time(0.5, gauge[5m])", "{} 7"), ("gauge[2m]", "gauge{} 9 0"),
            ("max_over_time(sum(capacity)[5m:1m])", "{} 300"), ("count_over_time(vector(1)[5m:])", "{} 5"),
            ("rate(requests_total{code='500'}[300])", "{code=500,host=a} 0.1"),
            ("histogram_quantile(0.5, x_bucket)", "{} 0.1"), ("histogram_quantile(0.7, x_bucket)", "{} 0.3"),
            ("histogram_quantile(0.99, x_bucket)", "{} 0.5"), ("histogram_quantile(2, x_bucket)", "{} inf"),
            ("histogram_quantile(0.5, x_bucket offset 1m)", "{} nan"),
            ("clamp(capacity, 120, 150)", "{host=a} 120; {host=b} 150"),
            ("clamp_min(capacity, 150)", "{host=a} 150; {host=b} 200"),
            ("clamp_max(capacity, 150)", "{host=a} 100; {host=b} 150"), ("clamp(capacity, 2, 1)", ""),
            ("abs(-capacity{host='a'})", "{host=a} 100"),
            ("absent(missing{a='1',b=~'2'})", "{a=1} 1"), ("absent(capacity)", ""),
            // A series that ended, and ones that are five minutes old: the look-back is left-open too.
            ("gone", ""), ("old", ""), ("older", ""), ("older offset 1s", "older{} 6"),
            ("count_over_time(gone[5m])", "{} 3"),
            ("requests_total{code='500'} / on (host) capacity", "{host=a} 0.3"),
            ("requests_total{code='500'} / ignoring (code) capacity", "{host=a} 0.3"),
            (
                "requests_total / on (host) group_left capacity",
                "{code=200,host=a} 6; {code=200,host=b} 2.1; {code=500,host=a} 0.3"
            ),
            ("capacity * on (host) group_right () requests_total{code='500'}", "{code=500,host=a} 3000"),
            (
                "requests_total > on (host) group_left capacity",
                "requests_total{code=200,host=a} 600; requests_total{code=200,host=b} 420"
            ),
            ("capacity and on (host) requests_total{code='500'}", "capacity{host=a} 100"),
            ("capacity unless on (host) requests_total{code='500'}", "capacity{host=b} 200"),
            ("capacity{host='a'} or vector(1)", "capacity{host=a} 100; {} 1"),
            ("capacity{host='a'} or missing", "capacity{host=a} 100"),
            ("capacity == capacity", "capacity{host=a} 100; capacity{host=b} 200"),
            ("sum(rate(requests_total{code=~'5..'}[5m])) / sum(rate(requests_total[5m])) < 0.5", "{} 0.047619"),
            ("SUM(capacity) BY (host) # a comment", "{host=a} 100; {host=b} 200"),
        ])
    func values(expression: String, expected: String) throws {
        #expect(try data.value(expression) == expected, "\(expression)")
    }

    @Test("evaluates over a range")
    func range() throws {
        let result = try Query("sum(requests_total) > 700").evaluate(
            from: at(0), through: at(600), step: .minutes(5), data: data)
        guard case .matrix(let series) = result.value else {
            Issue.record("\(result.value)")
            return
        }
        #expect(series.map(\.values) == [[1050]] && series.map(\.times) == [[600_000]])
    }

    @Test(
        "errors name the place, and what was probably meant",
        arguments: [
            (#""#, #"1:1: no expression found in input"#),
            (#"sum("#, #"1:5: unclosed left parenthesis"#),
            (#"a b"#, #"1:3: unexpected identifier "b""#),
            (#"requests_total{code=5}"#, #"1:21: unexpected character inside braces: '5'"#),
            (
                #"requests_total{code=~"("}"#,
                #"1:16: error parsing regexp: missing ')' at character 1 of the regular expression"#
            ),
            (#"rat(x[5m])"#, #"1:1: unknown function with name "rat"; did you mean "rad"?"#),
            (#"rate(x)"#, #"1:6: expected type range vector in call to function "rate", got instant vector"#),
            (#"rate(x[5m], 1)"#, #"1:1: expected 1 argument(s) in call to "rate", got 2"#),
            (#"x[5x]"#, #"1:3: bad number or duration syntax: "5x""#),
            (#"x[5m"#, #"1:5: unclosed left bracket"#),
            (#"x[0s]"#, #"1:3: duration must be greater than 0"#),
            (#"1 == 2"#, #"1:3: comparisons between scalars must use BOOL modifier"#),
            (#"'a' + 1"#, #"1:1: binary expression must contain only scalar and instant vector types"#),
            (#"x and 1"#, #"1:1: set operator "and" not allowed in binary scalar expression"#),
            (#"{}"#, #"1:1: vector selector must contain at least one non-empty matcher"#),
            (#"{a=~'.*'}"#, #"1:1: vector selector must contain at least one non-empty matcher"#),
            (#"x offset 1m offset 2m"#, #"1:1: offset may not be set multiple times"#),
            (#"'abc"#, #"1:1: unterminated quoted string"#),
            (#"x ? y"#, #"1:3: unexpected character: '?'"#),
            (#"sum(x, y)"#, #"1:1: wrong number of arguments for aggregate expression provided, expected 1, got 2"#),
            (#"topk(x)"#, #"1:1: wrong number of arguments for aggregate expression provided, expected 2, got 1"#),
            (#"x + on (a) group_left (a) y"#, #"1:3: label "a" must not occur in ON and GROUP clause at once"#),
            (
                #"(x)[5m]"#,
                #"1:4: ranges only allowed for vector selectors; a subquery such as [5m:1m] takes any instant vector"#
            ),
            (#"x{"#, #"1:3: unexpected end of input inside braces"#),
            (#"x{a"#, #"1:4: unexpected end of input inside braces"#),
            (#"x{a='b' c='d'}"#, #"1:9: unexpected identifier "c" in label matching, expected "," or "}""#),
            (#"sum by a (x)"#, #"1:8: unexpected identifier "a" in grouping opts, expected "(""#),
            (#"sum by (1) (x)"#, #"1:9: unexpected number "1" in grouping opts, expected label"#),
            (#"x @ y"#, #"1:5: unexpected identifier "y" in @, expected timestamp"#),
            (
                #"x offset y"#,
                #"1:10: unexpected identifier "y" in offset, expected number, duration, step(), or range()"#
            ),
            (
                #"-'a'"#,
                #"1:1: unary expression only allowed on expressions of type scalar or instant vector, got "string""#
            ),
            (#"x[5m:1m"#, #"1:8: unclosed left bracket"#),
            (#"x +"#, #"1:4: unexpected end of input"#),
            (#")"#, #"1:1: unexpected right parenthesis ')'"#),
            (#"(1"#, #"1:3: unclosed left parenthesis"#),
            (#"foo{a="b"}[5m] anchored smoothed"#, #"1:1: anchored and smoothed modifiers cannot be used together"#),
            (#"x or fill(0) y"#, #"1:1: filling in missing series not allowed for set operators"#),
            (#"1 + fill(0) x"#, #"1:1: filling in missing series only allowed between instant vectors"#),
            (#"1 + on(a) x"#, #"1:1: vector matching only allowed between instant vectors"#),
            (#"x and on(a) group_left y"#, #"1:1: no grouping allowed for "and" operation"#),
            (#"x > bool"#, #"1:5: unexpected <bool>"#),
            (#""\q""#, #"1:2: unknown escape sequence '\q'"#),
            (#"x =~ 2"#, #"1:4: unexpected character: '~'"#),
            (#"x{a!b}"#, #"1:4: unexpected character after '!' inside braces: 'b'"#),
            (#"1h1h"#, #"1:1: not a valid duration string: "1h1h""#),
            (#"2s3m"#, #"1:1: not a valid duration string: "2s3m""#),
            (#"label_replace(x, "a")"#, #"1:1: expected 5 argument(s) in call to "label_replace", got 2"#),
            (#"info(x, y)"#, #"1:9: expected label selectors only, got vector selector instead"#),
            (#"count_values(5, x)"#, #"1:14: expected type string in aggregation parameter, got scalar"#),
            (#"quantile(x, y)"#, #"1:10: expected type scalar in aggregation parameter, got instant vector"#),
            (#"x[1m] + 1"#, #"1:1: binary expression must contain only scalar and instant vector types"#),
            (#"sum(x[5m])"#, #"1:5: expected type instant vector in aggregation expression, got range vector"#),
            (#"abs(1)"#, #"1:5: expected type instant vector in call to function "abs", got scalar"#),
            (
                #"x[1m+]"#,
                #"1:6: unexpected "]" in subquery or range selector, expected number, duration, step(), or range()"#
            ),
            (#"x offset (1/0)"#, #"1:12: division by zero"#),
            (#"metric name"#, #"1:8: unexpected identifier "name""#),
            (#"sum(x,)"#, #"1:6: trailing commas not allowed in function call args"#),
            (#"x @ 1 @ 2"#, #"1:1: @ <timestamp> may not be set multiple times"#),
            ("a +\n  incraese(x[5m])", #"2:3: unknown function with name "incraese"; did you mean "increase"?"#),
        ])
    func errors(expression: String, message: String) {
        #expect(throws: PromQLError.self) { try parse(expression) }
        do { _ = try parse(expression) } catch { #expect(error.description == message) }
    }

    @Test("ambiguous matches are errors")
    func ambiguous() {
        for expression in [
            "requests_total / on (host) capacity", "capacity / on (host) requests_total",
            "abs({__name__=~'gauge|gone|capacity',host=''} @ 300)",
        ] {
            #expect(throws: PromQLError.self, "\(expression)") { try data.value(expression) }
        }
    }

    @Test("checks selectors and comparisons for documents")
    func checks() {
        #expect(checkSelector("requests_total{code=~\"5..\"}") == nil)
        #expect(checkSelector("rate(x[5m])") == "1:1: expected a selector such as requests_total{code=\"500\"}")
        #expect(checkSelector("x offset 5m") == "1:1: a selector must not have offset or @ here")
        #expect(checkSelector("x{") == "1:3: unexpected end of input inside braces")
        #expect(checkExpression("slo:burnrate5m{service=\"storefront\"} < 14.4") == nil)
        #expect(checkExpression("(x < 1)") == nil)
        #expect(checkExpression("x + 1") == "1:1: expected a comparison such as x < 14.4")
        #expect(checkExpression("x < bool 1") == "1:1: leave out 'bool': the comparison itself is what must hold")
        #expect(checkExpression("x < 1 and y < 2") == "1:1: expected a comparison such as x < 14.4")
    }

    @Test("never crashes on broken text")
    func garbage() throws {
        let text = Array(
            "sum by (a) (rate(x{b=~\"c.*\",d!='e'}[5m] offset 1h)) / on(a) group_left -2e3 > bool 1 or y[1h:5m] @ 3"
                .utf8)
        var generator = SeededGenerator(seed: 3)
        for _ in 0..<1500 {
            var bytes = text
            for _ in 0..<4 {
                let place = Int.random(in: 0..<bytes.count, using: &generator)
                if Bool.random(using: &generator) {
                    bytes.remove(at: place)
                } else {
                    bytes[place] = bytes[Int.random(in: 0..<bytes.count, using: &generator)]
                }
            }
            if let parsed = try? parse(String(decoding: bytes, as: UTF8.self)) {
                _ = try? Query(parsed.description).evaluate(at: at(600), data: data)
            }
        }
        #expect(throws: PromQLError.self) { try parse(String(repeating: "(", count: 5000)) }
        #expect(throws: PromQLError.self) { try parse(String(repeating: "-", count: 5000) + "1") }
    }
}
