import PromQL
import QueryJSON
import Series
import Testing

@Suite("Bodies of the query API")
struct BodyTests {
    private struct Fixed: SeriesSet {
        var labels: Labels
        var buffer: SampleBuffer
        var count: Int { 1 }
        func labels(_ index: Int) -> Labels { labels }
        func read(_ index: Int, into target: inout SampleBuffer) throws(QueryError) { target = buffer }
    }

    private func body(_ text: String, _ set: Fixed? = nil, range: Bool = false) throws -> String {
        let query = try Query(text)
        let prepared =
            range ? try query.prepared(from: 1000, through: 3000, step: 1000) : try query.prepared(at: 1500)
        let sets: [any SeriesSet] = prepared.selections.isEmpty ? [] : [set].compactMap { $0 }
        return String(decoding: QueryBody.success(try prepared.evaluate(with: sets), at: 1500), as: UTF8.self)
    }

    private func series() -> Fixed {
        var buffer = SampleBuffer()
        buffer.append(time: 500, value: 1)
        buffer.append(time: 2500, value: 2.5)
        return Fixed(labels: Labels([("__name__", "x"), ("path", "/\"a\"\n")]), buffer: buffer)
    }

    @Test("a scalar and a text have the time of evaluation beside them")
    func single() throws {
        #expect(
            try body("1/3")
                == #"{"status":"success","data":{"resultType":"scalar","result":[1.500,"0.3333333333333333"]}}"#)
        #expect(try body("-1/0").contains(#"[1.500,"-Inf"]"#))
        #expect(try body(#""a\tb""#) == #"{"status":"success","data":{"resultType":"string","result":[1.500,"a\tb"]}}"#)
    }

    @Test("a vector has one value a series, a matrix one at every step")
    func vectors() throws {
        #expect(
            try body("x", series())
                == #"{"status":"success","data":{"resultType":"vector","result":[{"metric":{"__name__":"x","path":"/\"a\"\n"},"value":[1.500,"1"]}]}}"#
        )
        #expect(
            try body("x * 2", series(), range: true)
                == #"{"status":"success","data":{"resultType":"matrix","result":[{"metric":{"path":"/\"a\"\n"},"values":[[1,"2"],[2,"2"],[3,"5"]]}]}}"#
        )
    }

    @Test("a histogram is told by its buckets")
    func histogram() throws {
        var buffer = SampleBuffer()
        let histogram = FloatHistogram(
            zeroThreshold: 0.5, zeroCount: 1, count: 4, sum: 7, positiveSpans: [.init(offset: 1, length: 2)],
            positiveBuckets: [2, 0], negativeSpans: [.init(offset: 0, length: 1)], negativeBuckets: [1])
        buffer.append(time: 1000, histogram: histogram)
        let text = try body("x", Fixed(labels: Labels([("__name__", "x")]), buffer: buffer))
        #expect(
            text.contains(
                #""histogram":[1.500,{"count":"4","sum":"7","buckets":[[1,"-1","-0.5","1"],[3,"-0.5","0.5","1"],[0,"1","2","2"]]}]"#
            ))
    }

    @Test("annotations stand beside the data")
    func annotations() throws {
        let text = try body("quantile(2, x)", series())
        #expect(
            text.hasSuffix(
                #""warnings":["PromQL warning: quantile value should be between 0 and 1, got 2 (1:10)"]}"#))
    }

    @Test("an error says what kind it is")
    func errors() throws {
        #expect(throws: PromQLError.self) { try Query("sum(") }
        do throws(PromQLError) {
            _ = try Query("sum(x")
        } catch {
            #expect(
                String(decoding: QueryBody.failure(error), as: UTF8.self)
                    == #"{"status":"error","errorType":"bad_data","error":"invalid parameter \"query\": 1:6: parse error: unclosed left parenthesis"}"#
            )
        }
    }

    @Test(
        "numbers are written as Prometheus writes them",
        arguments: [
            (0, "0"), (-0.0, "-0"), (1, "1"), (0.1, "0.1"), (1e21, "1e+21"), (1e20, "100000000000000000000"),
            (1.5e-7, "1.5e-7"), (0.000001, "0.000001"), (123456.789, "123456.789"), (.infinity, "+Inf"), (.nan, "NaN"),
            (.leastNonzeroMagnitude, "5e-324"), (1.7976931348623157e308, "1.7976931348623157e+308"),
        ] as [(Double, String)])
    func numbers(_ number: Double, _ text: String) {
        #expect(formatValue(number) == text)
    }

    @Test("parse_query answers with the tree")
    func tree() throws {
        let text = String(
            decoding: QueryBody.parsed(try parse("sum by (a) (rate(x{b=\"c\"}[5m] offset 1m)) > bool 2")), as: UTF8.self
        )
        #expect(
            text
                == #"{"status":"success","data":{"type":"binaryExpr","op":">","lhs":{"type":"aggregation","op":"sum","expr":{"type":"call","func":{"name":"rate","argTypes":["matrix"],"variadic":0,"returnType":"vector"},"args":[{"type":"matrixSelector","name":"x","matchers":[{"name":"b","value":"c","type":"="},{"name":"__name__","value":"x","type":"="}],"offset":60000,"timestamp":null,"startOrEnd":null,"anchored":false,"smoothed":false,"range":300000}]},"param":null,"grouping":["a"],"without":false},"rhs":{"type":"numberLiteral","val":"2"},"bool":true,"matching":null}}"#
        )
        #expect(
            String(decoding: QueryBody.formatted(try parse("sum(x)by(a)")), as: UTF8.self)
                == #"{"status":"success","data":"sum by (a) (x)"}"#)
    }
}
