import Series
import Testing
import Values

@Suite("The exposition reader")
struct ExpositionTests {
    struct Line: Equatable {
        var labels: [String: String]
        var value: Double
        var at: Int64?
    }

    private func read(
        _ text: String, _ format: ExpositionFormat = .either, limits: ExpositionLimits = ExpositionLimits()
    ) -> (lines: [Line], errors: [String]) {
        var reader = ExpositionReader(Array(text.utf8), format: format, limits: limits)
        var lines: [Line] = []
        var errors: [String] = []
        while errors.count < 10 {
            do throws(ExpositionError) {
                guard let sample = try reader.next() else { break }
                lines.append(
                    Line(
                        labels: reader.labels(of: sample), value: sample.value, at: sample.timestamp?.milliseconds))
            } catch {
                errors.append("\(error)")
            }
        }
        return (lines, errors)
    }

    @Test("reads names, labels, values and timestamps")
    func plain() {
        let (lines, errors) = read(
            """
            # HELP http_requests_total The number.
            # TYPE http_requests_total counter
            http_requests_total{method="post",code="200"} 1027 1395066363000
            http_requests_total{ method = "post" , code="400", }    3 1395066363.5

            up 1
            node:load:rate5m -0.5e3
            msdos{path="C:\\\\DIR\\\\FILE.TXT",error="Cannot \\"find\\"\\nit"} 1.458255915e9
            bucket {le="+Inf"} +Inf
            strange NaN\r
            """)
        #expect(errors == [])
        #expect(lines.count == 7)
        #expect(
            lines[0]
                == Line(
                    labels: ["__name__": "http_requests_total", "method": "post", "code": "200"], value: 1027,
                    at: 1_395_066_363_000))
        #expect(lines[1].at == 1_395_066_363_500)
        #expect(lines[2] == Line(labels: ["__name__": "up"], value: 1))
        #expect(lines[3].value == -500)
        #expect(lines[4].labels["path"] == #"C:\DIR\FILE.TXT"#)
        #expect(lines[4].labels["error"] == "Cannot \"find\"\nit")
        #expect(lines[4].value == 1_458_255_915)
        #expect(lines[5].value == .infinity)
        #expect(lines[6].value.isNaN)
    }

    @Test("reads OpenMetrics: exemplars are skipped, seconds become milliseconds, nothing follows the end")
    func openMetrics() {
        let (lines, errors) = read(
            """
            # TYPE foo histogram
            foo_bucket{le="0.1"} 8 # {} 0.054
            foo_bucket{le="1"} 11 123.456 # {trace_id="KOO5S4vxi0o"} 0.67 1520879607.789
            foo_created 1520430000.123
            # EOF
            foo 1
            """, .openMetrics)
        #expect(errors == [])
        #expect(lines.map(\.value) == [8, 11, 1_520_430_000.123])
        #expect(lines[1].at == 123_456)
    }

    @Test("reads quoted names")
    func quotedNames() {
        let (lines, errors) = read(
            """
            {"my.dotted.name", "the label"="ü", plain="1"} 5
            {a="b","näme"} 6
            """)
        #expect(errors == [])
        #expect(lines[0].labels == ["__name__": "my.dotted.name", "the label": "ü", "plain": "1"])
        #expect(lines[1].labels == ["__name__": "näme", "a": "b"])
    }

    @Test(
        "names line and column of a broken line and keeps the others",
        arguments: [
            (#"a{b="c} 1"#, "line 2, column 10: the quoted text does not end"),
            ("a", "line 2, column 2: expected a value"),
            ("a{b=\"c\"}", "line 2, column 9: expected a value"),
            ("a 1x", "line 2, column 3: expected a value"),
            ("a 0x1p3(", "line 2, column 3: expected a value"),
            ("9a 1", "line 2, column 1: expected a metric name"),
            (#"a{b="c" d="e"} 1"#, "line 2, column 9: expected ',' or '}'"),
            (#"a{b="c",b="d"} 1"#, "line 2, column 14: the label 'b' is given twice"),
            (#"a{b="\t"} 1"#, "line 2, column 7: only \\\\, \\\" and \\n may be escaped"),
            (#"{b="c"} 1"#, "line 2, column 8: the series has no metric name"),
            ("a 1 2 3", "line 2, column 7: expected the end of the line"),
            ("a 1 x", "line 2, column 6: 'x' is not a timestamp"),
        ])
    func errors(line: String, message: String) {
        let (lines, errors) = read("good 1\n\(line)\ngood 2\n")
        #expect(errors == [message])
        #expect(lines.map(\.value) == [1, 2])
    }

    @Test("bytes that are not UTF-8 are an error of their line")
    func invalidText() {
        var reader = ExpositionReader(Array("a{b=\"".utf8) + [0xff, 0xfe] + Array("\"} 1\nok 2".utf8))
        #expect(throws: ExpositionError.self) { try reader.next() }
        #expect((try? reader.next())?.value == 2)
    }

    @Test("keeps to the limits")
    func limits() {
        let limits = ExpositionLimits(lineLength: 20, labelsPerSample: 1, samples: 2)
        let (lines, errors) = read(
            "a 1\nb{x=\"1\",y=\"2\"} 1\nlong{x=\"12345678901234567890\"} 1\nc 2\nd 3\ne 4\n", limits: limits)
        #expect(lines.map(\.value) == [1, 2])
        #expect(errors[0] == "line 2, column 15: the sample has 2 labels, more than 1")
        #expect(errors[1] == "line 3, column 1: the line has 32 bytes, more than 20")
        #expect(errors[2] == "line 5, column 1: there are more than 2 samples")
        #expect(errors.count == 10)
    }

    @Test("never crashes on broken bytes")
    func garbage() {
        let text = Array("a{b=\"c\\n\",\"d e\"=\"\\\\\"} 1.5e3 123.4 # {x=\"y\"} 1\n{\"q\"} NaN\n".utf8)
        var generator = SeededGenerator(seed: 7)
        for _ in 0..<20_000 {
            var bytes = text
            for _ in 0..<3 {
                bytes[bytes.indices.randomElement(using: &generator) ?? 0] = .random(in: 0...255, using: &generator)
            }
            var reader = ExpositionReader(bytes)
            for _ in 0..<10 {
                guard let sample = try? reader.next() else { continue }
                #expect(!reader.labels(of: sample).isEmpty)
            }
        }
    }
}
