import PromQL
import Series
import Testing
import Values

@testable import Web

@Suite struct CompletionTests {
    private static func metric(_ name: String) -> LabelMatcher { LabelMatcher("__name__", .equal, name) }

    @Test(
        "what may be written follows from what stands before the cursor",
        arguments: [
            ("", "", CompletionPlace.Kind.operand, ""), ("ra", "", .operand, "ra"), ("sum(ra", "", .operand, "ra"),
            ("a + b", "", .operand, "b"), ("a ", "", .modifier, ""), ("sum(x) b", "", .modifier, "b"),
            ("sum by (", "", .labelName([]), ""),
            (
                "sum by (ver", ") (rate(x_total[1m]))", .labelName([LabelMatcher("__name__", .matches, "x_total")]),
                "ver"
            ),
            ("sum(x) by (a, ", "", .labelName([LabelMatcher("__name__", .matches, "x")]), ""),
            ("x{", "", .labelName([metric("x")]), ""), ("x{co", "", .labelName([metric("x")]), "co"),
            ("{", "", .labelName([]), ""),
            ("x{a=\"1\",b", "", .labelName([metric("x"), LabelMatcher("a", .equal, "1")]), "b"),
            ("x{a=", "", .labelValue("a", [metric("x")], quote: nil), ""),
            ("x{a=~\"5", "", .labelValue("a", [metric("x")], quote: "\""), "5"),
            (
                "x{a!='y', b!~'z", "", .labelValue("b", [metric("x"), LabelMatcher("a", .notEqual, "y")], quote: "'"),
                "z"
            ),
            ("x[", "", .duration, ""), ("rate(x[5", "", .duration, "5"), ("\"text", "", .nothing, ""),
            ("x # a remark", "", .nothing, ""), ("5", "", .nothing, ""), ("x offset ", "", .operand, ""),
            ("sum(x{a=\"}\"}) ", "", .modifier, ""),
        ])
    func places(before: String, after: String, kind: CompletionPlace.Kind, prefix: String) {
        let place = CompletionPlace(before: before, after: after)
        #expect(place.kind == kind)
        #expect(place.prefix == prefix)
    }

    private func options(_ before: String) async -> [Completion.Option] {
        let all = 0...World.noon.milliseconds
        return await Completion(CompletionPlace(before: before), in: all, by: HeldQuestions.storefront()).options
    }

    @Test("metrics come with their type and help, functions with their signature")
    func operands() async {
        let metrics = await options("http_req")
        #expect(metrics.map(\.name) == ["http_request_duration_seconds_bucket", "http_requests_total"])
        #expect(metrics.map(\.kind) == ["histogram", "counter"])
        #expect(metrics.map(\.help) == ["How long they took.", "Requests answered."])
        let function = await options("hist").first { $0.name == "histogram_quantile" }
        #expect(function?.insert == "histogram_quantile(")
        #expect(function?.help.hasPrefix("histogram_quantile(scalar, instant vector)") == true)
        #expect(await options("su").first?.kind == "aggregation")
    }

    @Test("labels and values are those of what the braces choose, quoted where they must be")
    func labels() async {
        #expect(await options("queue_depth{").map(\.name) == ["service"])
        #expect(await options("http_requests_total{version=").map(\.insert) == ["\"2.4.0\"", "\"2.5.0\""])
        #expect(await options("http_requests_total{code=\"5").map(\.insert) == ["500"])
        #expect(await options("sum(x) wi").map(\.insert) == ["without ("])
    }

    @Test("names that are an attack are offered as text, and written so that they stay within their quotes")
    func hostile() async {
        var metrics = HeldQuestions.storefront()
        metrics.series = [.gauge(["__name__": "x", "a": "\"}<script>\\"], 1)]
        let place = CompletionPlace(before: "x{a=\"")
        let completion = await Completion(place, in: 0...World.noon.milliseconds, by: metrics)
        #expect(completion.options.map(\.insert) == ["\\\"}<script>\\\\"])
        #expect(!completion.markup.html.contains("<script>"))
        #expect(completion.markup.html.contains("data-insert=\"\\&quot;}&lt;script&gt;\\\\\""))
    }

    @Test(
        "the end of any expression has an answer", arguments: ["sum by (version) (rate(x{a=\"b\",c=~'d'}[5m:1m] @ 3))"])
    func everywhere(expression: String) {
        for count in 0...expression.count {
            _ = CompletionPlace(before: String(expression.prefix(count)), after: String(expression.dropFirst(count)))
        }
    }
}
