import Series
import Testing

@testable import MetricsFormats

@Suite struct ExpositionTests {
    private func decode(
        _ text: String, _ format: ExpositionFormat = .prometheusText,
        _ change: (inout ExpositionDecoder) -> Void = { _ in }
    ) throws(FormatError) -> IngestBatch {
        var decoder = ExpositionDecoder()
        change(&decoder)
        var batch = IngestBatch()
        try decoder.decode(Array(text.utf8), format, at: 5000, into: &batch)
        return batch
    }

    @Test("the text format: labels, escapes, times, UTF-8 names, metadata")
    func text() throws {
        let batch = try decode(
            """
            # HELP requests_total How many\\nrequests.
            # TYPE requests_total counter
            requests_total{code="200",path="/a\\"b\\\\c\\n"} 3 7000
            up 1
            {"my.name", "my.label"="v"} +Inf
            # just a comment

            """)
        #expect(
            batch.lines == [
                #"requests_total{code="200", path="/a"b\c"# + "\n\"} 3.0@7000", "up 1.0@5000",
                #"my.name{my.label="v"} inf@5000"#,
            ])
        #expect(
            batch.metadata == [MetricMetadata(metric: "requests_total", type: "counter", help: "How many\nrequests.")])
    }

    @Test("OpenMetrics: seconds, created times become starts, and the end must be there")
    func openMetrics() throws {
        let text = """
            # TYPE requests counter
            requests_total{code="200"} 3 7.5 # {trace_id="x"} 1
            requests_created{code="200"} 2.25
            requests_total{code="500"} 1
            # EOF

            """
        let batch = try decode(text, .openMetrics)
        #expect(
            batch.lines == [
                "requests_total{code=\"200\"} 3.0@7500[2250]", "requests_total{code=\"500\"} 1.0@5000",
            ])
        #expect(throws: FormatError.self) { _ = try decode(String(text.dropLast(6)), .openMetrics) }
    }

    @Test("the target's labels are added; what clashes is kept aside, or wins")
    func targetLabels() throws {
        let text = "up{job=\"own\",a=\"b\"} 1\n"
        let kept = try decode(text) { $0.targetLabels = [("job", "j"), ("instance", "i")] }
        #expect(kept.lines == ["up{a=\"b\", exported_job=\"own\", instance=\"i\", job=\"j\"} 1.0@5000"])
        let honoured = try decode(text) { decoder in
            decoder.targetLabels = [("job", "j"), ("instance", "i")]
            decoder.honorsLabels = true
        }
        #expect(honoured.lines == ["up{a=\"b\", instance=\"i\", job=\"own\"} 1.0@5000"])
    }

    @Test("a broken line is named with its place")
    func broken() {
        #expect(throws: FormatError.text("expected a value", line: 2, column: 4)) { _ = try decode("up 1\nup \n") }
        #expect(throws: FormatError.text("expected '='", line: 1, column: 5)) { _ = try decode("up{a} 1\n") }
    }
}
