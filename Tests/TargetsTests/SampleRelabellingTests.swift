import Series
import Testing

@testable import Targets

@Suite("Relabelling of samples")
struct SampleRelabellingTests {
    private func rewrite(
        _ rules: [RelabelRule], _ text: String, honorsLabels: Bool = false, external: [(String, String)] = [],
        isOpenMetrics: Bool = false
    ) throws -> (text: String, samples: Int) {
        var relabelling = SampleRelabelling(
            rules: rules, labels: [("instance", "h:1"), ("job", "j")], external: external.map { ($0.0, $0.1) },
            honorsLabels: honorsLabels)
        let first = try relabelling.rewrite(Array(text.utf8), isOpenMetrics: isOpenMetrics)
        // What is remembered gives the same.
        let second = try relabelling.rewrite(Array(text.utf8), isOpenMetrics: isOpenMetrics)
        #expect(first.text == second.text && first.samples == second.samples)
        return (String(decoding: first.text, as: UTF8.self), first.samples)
    }

    @Test("rules see the target's labels; clashing ones are kept as exported_")
    func labels() throws {
        let rule = try RelabelRule(sourceLabels: ["job", "exported_job"], separator: "/", targetLabel: "both")
        let result = try rewrite([rule], "a{job=\"x\",exported_instance=\"y\",instance=\"z\"} 7 123\n")
        #expect(
            result.text
                == "{\"a\",\"both\"=\"j/x\",\"exported_exported_instance\"=\"z\",\"exported_instance\"=\"y\",\"exported_job\"=\"x\",\"instance\"=\"h:1\",\"job\"=\"j\"} 7 123\n"
        )
    }

    @Test("what a target showed before is forgotten, also when every text of it is wrong")
    func forgotten() throws {
        var relabelling = SampleRelabelling(rules: [], labels: [], honorsLabels: false)
        for round in 0..<20 {
            let text = (0..<100).map { "a{round=\"\(round)\",number=\"\($0)\"} 1\n" }.joined() + "a b c\n"
            #expect(throws: ExpositionError.self) {
                try relabelling.rewrite(Array(text.utf8), isOpenMetrics: false)
            }
            #expect(relabelling.knownCount <= 300)
        }
    }

    @Test("with honor_labels those of the text stay; external labels come last, and give way")
    func honored() throws {
        let rule = try RelabelRule(.drop, sourceLabels: ["region"], regex: "eu")
        let result = try rewrite(
            [rule], "a{job=\"x\"} 7\nb{zone=\"mine\"} 8\n", honorsLabels: true,
            external: [("region", "eu"), ("zone", "z")])
        #expect(
            result.text == """
                {"a","instance"="h:1","job"="x","region"="eu","zone"="z"} 7
                {"b","instance"="h:1","job"="j","region"="eu","zone"="mine"} 8

                """)
    }

    @Test("with honor_labels an empty label of the text keeps the target's away")
    func empty() throws {
        #expect(try rewrite([], "a{job=\"\"} 7\n", honorsLabels: true).text == "{\"a\",\"instance\"=\"h:1\"} 7\n")
        #expect(try rewrite([], "a{job=\"\"} 7\n").text == "{\"a\",\"instance\"=\"h:1\",\"job\"=\"j\"} 7\n")
    }

    @Test("what is dropped is counted, names may be changed, and comments about metrics stay")
    func dropped() throws {
        let rules = [
            try RelabelRule(.drop, sourceLabels: ["__name__"], regex: "go_.*"),
            try RelabelRule(
                sourceLabels: ["__name__"], regex: "old_(.*)", targetLabel: "__name__", replacement: "new_$1"),
            try RelabelRule(.labeldrop, regex: "pod|job|instance"),
        ]
        let result = try rewrite(rules, "# TYPE go_x gauge\ngo_x 1\nold_x{pod=\"a\\\"\\n\",b=\"\\\\\"} 2\n")
        #expect(result.text == "# TYPE go_x gauge\n{\"new_x\",\"b\"=\"\\\\\"} 2\n")
        #expect(result.samples == 2)
    }

    @Test("in OpenMetrics a start goes with its counter, whatever becomes of that")
    func created() throws {
        let text = """
            # TYPE a counter
            a_total{x="1"} 5 # {trace="t"} 1
            a_created{x="1"} 123.5
            # TYPE b counter
            b_total 6
            b_created 124
            # TYPE h histogram
            h_bucket{le="+Inf"} 1
            h_count 1
            h_created 125
            # EOF

            """
        let rules = [
            try RelabelRule(.keep, sourceLabels: ["__name__"], regex: "a_total|h_.*"),
            try RelabelRule(
                sourceLabels: ["__name__"], regex: "a_total", targetLabel: "__name__", replacement: "c_total"),
            try RelabelRule(.labeldrop, regex: "job|instance"),
        ]
        let result = try rewrite(rules, text, isOpenMetrics: true).text
        #expect(
            result.split(separator: "\n").filter { !$0.hasPrefix("# TYPE") } == [
                "{\"c_total\",\"x\"=\"1\"} 5 # {trace=\"t\"} 1", "{\"c_created\",\"x\"=\"1\"} 123.5",
                "{\"h_bucket\",\"le\"=\"+Inf\"} 1",
                "{\"h_count\"} 1", "{\"h_created\"} 125", "# EOF",
            ])
    }

    @Test("a broken line, or a series left without a name, refuses the whole text")
    func broken() throws {
        #expect(throws: ExpositionError.self) { try rewrite([], "a 1\nb{ 2\n") }
        let rule = try RelabelRule(targetLabel: "__name__", replacement: "")
        let error = #expect(throws: ExpositionError.self) { try rewrite([rule], "a 1\n") }
        #expect(error?.description == "line 1, column 1: relabelling leaves a series without a name")
    }
}
