import PromQL
import Series
import Testing

@Suite("Functions")
struct FunctionTests {
    private let data: Samples

    init() {
        var data = Samples()
        data.add(["__name__": "a", "host": "x", "n": "10"]) { $0.numbers([1, 4, 2, 8, 5, 7]) }
        data.add(["__name__": "a", "host": "y", "n": "9"]) { $0.numbers([-1.5, .nan, 2.5, -.infinity, 0, -2.25]) }
        data.add(["__name__": "t"]) { $0.numbers([1_709_211_845, 1_709_211_845]) }
        for (le, counts) in [("0.1", [0.0, 50]), ("0.5", [0, 90]), ("2", [0, 80]), ("+Inf", [0, 100])] {
            data.add(["__name__": "x_bucket", "le": le]) { $0.numbers(counts) }
        }
        data.add(["__name__": "target_info", "host": "x", "job": "j", "instance": "i", "os": "linux"]) {
            $0.numbers([1, 1])
        }
        data.add(["__name__": "b", "job": "j", "instance": "i"]) { $0.numbers([3, 3]) }
        self.data = data
    }

    @Test(
        "of numbers",
        arguments: [
            ("abs(a)", #"{host="x", n="10"} 7; {host="y", n="9"} 2.25"#),
            ("ceil(a)", #"{host="x", n="10"} 7; {host="y", n="9"} -2"#),
            ("floor(a)", #"{host="x", n="10"} 7; {host="y", n="9"} -3"#),
            ("round(a{host=\"y\"}, 0.5)", #"{host="y", n="9"} -2"#), ("round(vector(2.5))", "{} 3"),
            ("sgn(a)", #"{host="x", n="10"} 1; {host="y", n="9"} -1"#), ("sqrt(vector(2))", "{} 1.414214"),
            ("exp(vector(1))", "{} 2.718282"), ("ln(vector(0))", "{} -Inf"), ("log2(vector(8))", "{} 3"),
            ("log10(vector(0.01))", "{} -2"), ("ln(vector(-1))", "{} NaN"),
            ("clamp(a, -2, 5)", #"{host="x", n="10"} 5; {host="y", n="9"} -2"#), ("clamp(a, 1, 0)", ""),
            ("clamp(vector(-Inf), -1, NaN)", "{} -1"), ("clamp_min(vector(1), NaN)", "{} NaN"),
            ("sin(vector(1)) ^ 2 + cos(vector(1)) ^ 2", "{} 1"), ("atan(tan(vector(0.5)))", "{} 0.5"),
            ("asinh(sinh(vector(0.5)))", "{} 0.5"), ("acosh(cosh(vector(0.5)))", "{} 0.5"),
            ("atanh(tanh(vector(0.5)))", "{} 0.5"), ("acos(cos(vector(0.5)))", "{} 0.5"),
            ("asin(sin(vector(0.5)))", "{} 0.5"), ("deg(vector(pi()))", "{} 180"), ("rad(vector(90))", "{} 1.570796"),
            ("max_of(1, 2) - min_of(1, 2)", "1"), ("max_of(NaN, Inf)", "+Inf"), ("min_of(NaN, 1)", "NaN"),
            ("vector(1) atan2 vector(0)", "{} 1.570796"), ("scalar(a)", "NaN"), ("scalar(a{host=\"x\"})", "7"),
            ("7 % -4", "3"), ("-7 % 4", "-3"), ("2 ^ -1", "0.5"), ("0 / 0", "NaN"), ("time() - 300", "0"),
        ])
    func numbers(expression: String, expected: String) throws {
        #expect(try data.answer(expression, at: 300_000) == expected, "\(expression)")
    }

    @Test(
        "over time",
        arguments: [
            ("avg_over_time(a{host=\"x\"}[5m])", "5.2"), ("sum_over_time(a{host=\"x\"}[5m])", "26"),
            ("min_over_time(a{host=\"x\"}[5m])", "2"), ("max_over_time(a{host=\"y\"}[5m])", "2.5"),
            ("count_over_time(a{host=\"y\"}[5m])", "5"), ("present_over_time(a{host=\"y\"}[5m])", "1"),
            ("stdvar_over_time(a{host=\"x\"}[5m])", "4.56"), ("stddev_over_time(a{host=\"x\"}[5m])", "2.135416"),
            ("quantile_over_time(0.25, a{host=\"x\"}[5m])", "4"), ("mad_over_time(a{host=\"x\"}[5m])", "2"),
            ("mad_over_time(a{host=\"y\"}[5m])", "NaN"), ("changes(a{host=\"x\"}[10m])", "5"),
            ("resets(a{host=\"x\"}[10m])", "2"), ("deriv(a{host=\"x\"}[4m])", "0.02"),
            ("predict_linear(a{host=\"x\"}[3m], 60)", "5.666667"), ("irate(a{host=\"x\"}[5m])", "0.033333"),
            ("idelta(a{host=\"x\"}[5m])", "2"), ("delta(a{host=\"x\"}[5m])", "3.75"),
            ("increase(a{host=\"x\"}[5m])", "18.75"), ("rate(a{host=\"x\"}[5m])", "0.0625"),
            ("double_exponential_smoothing(a{host=\"x\"}[5m], 0.5, 0.5)", "5.875"),
            ("ts_of_max_over_time(a{host=\"x\"}[5m])", "180"), ("ts_of_min_over_time(a{host=\"x\"}[5m])", "120"),
            ("ts_of_first_over_time(a{host=\"x\"}[5m])", "60"), ("ts_of_last_over_time(a{host=\"x\"}[5m])", "300"),
        ])
    func overTime(expression: String, expected: String) throws {
        let answer = try data.answer(expression, at: 300_000)
        #expect(answer.split(separator: " ").last.map(String.init) == expected, "\(expression): \(answer)")
        #expect(!answer.contains("a{"), "\(expression): \(answer)")
    }

    @Test("the first and the last sample keep their names")
    func ends() throws {
        #expect(try data.answer("first_over_time(a{host=\"x\"}[5m])", at: 300_000) == #"a{host="x", n="10"} 4"#)
        #expect(try data.answer("last_over_time(a{host=\"x\"}[5m])", at: 300_000) == #"a{host="x", n="10"} 7"#)
    }

    @Test("parts of a date, also where there is no such date")
    func dates() throws {
        // 2024-02-29T13:04:05Z
        for (name, expected) in [
            ("year", 2024), ("month", 2), ("day_of_month", 29), ("day_of_week", 4), ("day_of_year", 60), ("hour", 13),
            ("minute", 4), ("days_in_month", 29),
        ] { #expect(try data.answer("\(name)(t)", at: 0) == "{} \(expected)") }
        #expect(try data.answer("year()", at: 1_709_211_845_000) == "{} 2024")
        #expect(try data.answer("day_of_week(vector(-1))", at: 0) == "{} 3")
        #expect(try data.answer("month(vector(NaN))", at: 0) == "{} 12")
    }

    @Test("labels are replaced, joined and sorted by")
    func labels() throws {
        #expect(
            try data.answer(##"label_replace(a{host="x"}, "to", "$2-${1}-$x", "n", "(.)(.)")"##, at: 0)
                == #"a{host="x", n="10", to="0-1-"} 1"#)
        #expect(
            try data.answer(##"label_replace(a{host="x"}, "host", "", "host", ".*")"##, at: 0) == #"a{n="10"} 1"#)
        #expect(
            try data.answer(##"label_replace(a{host="x"}, "z", "$a", "host", "(?P<a>.*)y")"##, at: 0)
                == #"a{host="x", n="10"} 1"#)
        #expect(
            try data.answer(##"label_join(a{host="x"}, "to", "/", "host", "n", "none")"##, at: 0)
                == #"a{host="x", n="10", to="x/10/"} 1"#)
        #expect(throws: PromQLError.self) {
            try data.answer(##"label_replace(sum by (host) (a), "host", "z", "host", ".*")"##, at: 60_000)
        }
        #expect(
            try data.answer("sort_by_label(a, \"n\")", at: 0) == #"a{host="y", n="9"} -1.5; a{host="x", n="10"} 1"#)
        #expect(
            try data.answer("sort_by_label_desc(a, \"n\")", at: 0)
                == #"a{host="x", n="10"} 1; a{host="y", n="9"} -1.5"#)
        #expect(try data.answer("sort_desc(a)", at: 60_000) == #"a{host="x", n="10"} 4; a{host="y", n="9"} NaN"#)
        #expect(try data.answer("sort(a)", at: 60_000) == #"a{host="x", n="10"} 4; a{host="y", n="9"} NaN"#)
    }

    @Test("info adds what is known of an instance")
    func info() throws {
        #expect(
            try data.answer("info(b)", at: 0) == #"b{host="x", instance="i", job="j", os="linux"} 3"#)
        #expect(
            try data.answer(#"info(b, {os=~".+"})"#, at: 0) == #"b{instance="i", job="j", os="linux"} 3"#)
        #expect(try data.answer(#"info(b, {none=~".+"})"#, at: 0) == "")
        #expect(try data.answer(#"info(b, {none=~".*"})"#, at: 0) == #"b{instance="i", job="j"} 3"#)
        #expect(try data.answer(#"info(b, {__name__="other_info", x=~".+"})"#, at: 0) == "")
        #expect(
            try data.answer(#"info(b, {__name__=~".+_info"})"#, at: 0)
                == #"b{host="x", instance="i", job="j", os="linux"} 3"#)
        #expect(
            try data.answer(#"info(target_info, {__name__=~".+_info"})"#, at: 0)
                == #"target_info{host="x", instance="i", job="j", os="linux"} 1"#)
        #expect(try data.answer("info(t)", at: 0) == "t 1709211845")
    }

    @Test("absence has the labels that were asked for")
    func absence() throws {
        #expect(try data.answer(#"absent(none{a="1", b=~"2", c="3", c="4"})"#, at: 0) == #"{a="1"} 1"#)
        #expect(try data.answer("absent(a)", at: 0) == "")
        #expect(try data.answer(#"absent_over_time(none{a="1"}[5m])"#, at: 0) == #"{a="1"} 1"#)
        #expect(
            try data.answer("absent(t)", from: 0, through: 600_000, step: 200_000) == "{} 1@400 1@600")
    }

    @Test("classic histograms are made to rise, with a remark")
    func classic() throws {
        let result = try data.result("histogram_quantile(0.85, x_bucket)", at: 60_000)
        #expect(
            result.infos == [
                "PromQL info: input to histogram_quantile needed to be fixed for monotonicity (see https://prometheus.io/docs/prometheus/latest/querying/functions/#histogram_quantile) for metric name \"x_bucket\", from buckets 2 to 2, with a max diff of 10, over 1 samples from 1970-01-01T00:01:00Z to 1970-01-01T00:01:00Z (1:26)"
            ])
        #expect(try data.answer("histogram_quantile(0.85, x_bucket)", at: 60_000) == "{} 0.45")
        #expect(try data.answer("histogram_fraction(0.1, 0.5, x_bucket)", at: 60_000) == "{} 0.4")
        #expect(try data.answer("histogram_quantile(0.5, x_bucket{le!=\"+Inf\"})", at: 60_000) == "{} NaN")
        #expect(try data.result("histogram_quantile(0.5, a)", at: 60_000).warnings.count == 1)
    }
}
