import PromQL
import Series
import Testing

@Suite("Annotations")
struct AnnotationTests {
    private let data: Samples

    init() {
        var data = Samples()
        data.add(["__name__": "gauge", "a": "1"]) { $0.numbers([1, 2, 3]) }
        data.add(["__name__": "x_total", "a": "1"]) { $0.numbers([1, 2, 3]) }
        data.add(["__name__": "mixed"]) { buffer in
            buffer.append(time: 0, value: 1)
            buffer.append(time: 60_000, histogram: FloatHistogram(count: 1, sum: 1))
        }
        self.data = data
    }

    @Test(
        "tell the place of what they are about",
        arguments: [
            (
                "rate(gauge[5m])", "info",
                "metric might not be a counter, name does not end in _total/_sum/_count/_bucket: \"gauge\" (1:6)"
            ),
            (
                "1 +\n  rate(gauge[5m])", "info",
                "metric might not be a counter, name does not end in _total/_sum/_count/_bucket: \"gauge\" (2:8)"
            ),
            ("quantile(1.5, gauge)", "warning", "quantile value should be between 0 and 1, got 1.5 (1:10)"),
            (
                "quantile_over_time(NaN, gauge[5m])", "warning",
                "quantile value should be between 0 and 1, got NaN (1:20)"
            ),
            ("histogram_quantile(-1, gauge)", "warning", "quantile value should be between 0 and 1, got -1 (1:20)"),
            ("limit_ratio(2, gauge)", "warning", "ratio value should be between -1 and 1, got 2, capping to 1 (1:13)"),
            (
                "rate(mixed[5m])", "warning",
                "encountered a mix of histograms and floats for metric name \"mixed\" (1:6)"
            ),
            (
                "sum_over_time(mixed[5m])", "warning",
                "encountered a mix of histograms and floats for metric name \"mixed\" (1:15)"
            ),
            (
                "max_over_time(mixed[5m])", "info",
                "ignored histograms in a range containing both floats and histograms for metric name \"mixed\" (1:15)"
            ),
            (
                "mixed + 1", "info",
                "incompatible sample types encountered for binary operator \"+\": histogram + float (1:1)"
            ),
            (
                "1 < mixed", "info",
                "incompatible sample types encountered for binary operator \"<\": float < histogram (1:1)"
            ),
            ("topk(1, mixed)", "info", "ignored histogram in topk aggregation (1:1)"),
        ])
    func places(expression: String, severity: String, message: String) throws {
        let result = try data.result(expression, at: 120_000)
        let all = result.warnings + result.infos
        #expect(all.contains("PromQL \(severity): \(message)"), "\(expression): \(all)")
    }

    @Test("nothing is told where all is well")
    func quiet() throws {
        for expression in [
            "rate(x_total[5m])", "sum(rate(x_total[5m]))", "delta(gauge[5m])", "rate(none[5m])", "sort(gauge)",
        ] {
            let result = try data.result(expression, at: 120_000)
            #expect(result.warnings.isEmpty && result.infos.isEmpty, "\(expression): \(result)")
        }
    }

    @Test("each text is told once")
    func once() throws {
        let result = try data.result("rate(gauge[5m]) + rate(gauge[5m])", from: 0, through: 120_000, step: 10_000)
        #expect(result.infos.count == 1)
        let sorted = try data.result("sort(gauge)", from: 0, through: 120_000, step: 10_000)
        #expect(
            sorted.warnings == [
                "PromQL warning: sort is ineffective for range queries since results are always ordered by labels (1:1)"
            ])
    }
}
