import HTTPAPI
import Ports
import Testing

@Suite("What pages ask about metrics", .timeLimit(.minutes(2)))
struct PageQuestionTests {
    private func ask(
        _ path: String, _ metrics: BackedMetrics, _ queries: QueryServing = QueryServing()
    ) async throws -> String {
        try await TestServer.with(metrics: metrics, queries: queries) { server in
            try await server.ask("GET", path, token: "viewer").text
        }
    }

    @Test("A look through the labels of many series is refused when it takes more memory than a query may")
    func memory() async throws {
        let limited = QueryServing(samples: 100)
        #expect(try await ask("/names", BackedMetrics(nil, namesHold: 1000), limited) == "x")
        #expect(
            try await ask("/names", BackedMetrics(nil, namesHold: 2 << 20), limited).hasPrefix(
                "execution: query processing would load too many samples"))
    }

    @Test("Whoever hangs is not waited for longer than the page's time", arguments: ["/names", "/asks"])
    func hanging(path: String) async throws {
        let limited = QueryServing(timeout: 300)
        for backend in [BackedMetrics.Backend(nil), nil] {
            let answer = try await ask(path, BackedMetrics(backend, namesHold: nil), limited)
            // On a busy machine it may not even have begun.
            #expect(answer.hasPrefix("timedOut: query timed out in query "), "\(answer)")
        }
    }

    @Test("A backend evaluates the questions of pages, and its answers are read back")
    func backend() async throws {
        let backend = BackedMetrics.Backend(
            #"{"status":"success","data":{"resultType":"matrix","result":[{"metric":{"a":"b"},"values":[[1,"2"],[1.5,"NaN"],[2,"+Inf"]]}]}}"#
        )
        let matrix = try await ask("/asks?query=sum(rate(x%5B1m%5D))", BackedMetrics(backend))
        #expect(matrix.contains("matrix"))
        #expect(matrix.contains("times: [1000, 1500, 2000], values: [2.0, nan, inf]"))
        let vector = BackedMetrics.Backend(
            #"{"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":[1,"7"]}]}}"#)
        #expect(try await ask("/asks", BackedMetrics(vector)).contains("value: 7.0"))
        #expect(
            backend.asked == [
                "query_range query=sum(rate(x[1m])) nocache=1 start=1.0 end=3.5 step=0.5"
            ])
        #expect(vector.asked == ["query query=count(x) nocache=1 time=1.0"])
        // What is wrong is seen here, with its place.
        #expect(try await ask("/asks?query=sum(", BackedMetrics(backend)).hasPrefix("badExpression: "))
        #expect(backend.asked.count == 1)
    }

    @Test("What a backend cannot answer, or what cannot be read back, is said")
    func refusals() async throws {
        let cases = [
            (
                #"{"status":"error","errorType":"execution","error":"many-to-many"}"#,
                "execution: the metrics backend http://elsewhere cannot answer: many-to-many"
            ),
            (
                #"{"status":"error","errorType":"timeout","error":"slow"}"#,
                "timedOut: the metrics backend http://elsewhere cannot answer: slow"
            ),
            (
                #"{"status":"success","data":{"resultType":"vector","result":[{"metric":{},"histogram":[1,{}]}]}}"#,
                "execution: the metrics backend http://elsewhere answers with native histograms"
            ),
            (
                #"{"status":"success","data":{"resultType":"vector","result":[{"#,
                "execution: the metrics backend http://elsewhere: its answer is broken at byte"
            ),
        ]
        for (body, message) in cases {
            let answer = try await ask("/asks", BackedMetrics(BackedMetrics.Backend(body)))
            #expect(answer.hasPrefix(message), "\(answer)")
        }
        let large = BackedMetrics.Backend(
            #"{"status":"success","data":{"resultType":"vector","result":[{"metric":{"a":"1"},"value":[1,"7"]},{"metric":{"a":"2"},"value":[1,"7"]}]}}"#
        )
        #expect(
            try await ask("/asks", BackedMetrics(large), QueryServing(samples: 1)).hasPrefix(
                "execution: query processing would load too many samples"))
    }
}
