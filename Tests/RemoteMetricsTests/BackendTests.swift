import NIOHTTP1
import Ports
import Series
import TestSupport
import Testing
import Values
import Wire

@testable import RemoteMetrics

@Suite struct BackendTests {
    private static let up = [LabelMatcher("__name__", .equal, "up"), LabelMatcher("host", .matches, "web-.*")]
    private static let request = SelectRequest(matchers: up, after: 1_795_000_000_000, through: 1_795_000_060_500)

    /// Reads from a server that answers so; also what it was asked.
    private func read(
        _ answers: LocalServer.Answer, request: SelectRequest = request, timeout: Period = .seconds(10)
    ) async throws -> (result: Result<[String], QueryError>, asked: [ReceivedRequest]) {
        let server = LocalServer(answers)
        let port = try await server.start()
        let backend = try RemoteBackend(
            BackendSettings(url: "http://127.0.0.1:\(port)/prom/", option: "--metrics-url"), release: "1",
            timeout: timeout)
        let result = await backend.reading { data in
            do throws(QueryError) {
                let found = try data.series(request)
                var lines: [String] = []
                for index in 0..<found.count {
                    var buffer = SampleBuffer()
                    try found.read(index, into: &buffer)
                    let samples = zip(buffer.times, buffer.values).map { time, value in
                        let isStale = value.bitPattern == Sample.staleMarker.bitPattern
                        return "\(isStale ? "stale" : "\(value)")@\(time - 1_795_000_000_000)"
                    }
                    lines.append("\(found.labels(index)) \(samples.joined(separator: " "))")
                }
                return Result<[String], QueryError>.success(lines)
            } catch {
                return .failure(error)
            }
        }
        await backend.shutDown()
        await server.stop()
        return (result, server.received)
    }

    private static let matrix = """
        {"status":"success","data":{"resultType":"matrix","result":[{"metric":{"__name__":"up","host":"web-\\u00fc\\"1"},
        "values":[[1795000000,"1"],[1795000000.001,"0.5"],[1795000030,"NaN"],[1795000030,"7"],[1795000060.5,"+Inf"]]}]},
        "warnings":["x"],"stats":{"a":[1,true,null,{"b":-1.5e3}]}}
        """

    @Test("samples are asked for as they are, and those at the very beginning left out, as each twice")
    func samples() async throws {
        let (result, asked) = try await read(.status(.ok, body: Self.matrix))
        #expect(try result.get() == ["up{host=\"web-ü\"1\"} 0.5@1 nan@30000 inf@60500"])
        #expect(asked.count == 1)
        #expect(asked[0].head.uri == "/prom/api/v1/query")
        let form = String(decoding: asked[0].body, as: UTF8.self)
        let query = "query=%7B__name__%3D%22up%22%2Chost%3D~%22web-.%2A%22%7D%5B60500ms%5D"
        #expect(form.hasPrefix(query + "&time=1795000060.500&"))
    }

    @Test("an instant selector is left to the backend, which knows what is stale; VictoriaMetrics' NaN is stale")
    func kinds() async throws {
        var newest = Self.request
        newest.wantsNewestOnly = true
        let vector =
            #"{"status":"success","data":{"resultType":"vector","result":[{"metric":{"a":"b"},"value":[1795000060.5,"1"]}]}}"#
        let (result, asked) = try await read(.status(.ok, body: vector), request: newest)
        #expect(try result.get() == ["{a=\"b\"} 1.0@60500"])
        #expect(!String(decoding: asked[0].body, as: UTF8.self).contains("ms%5D"))
        let (other, _) = try await read(.status(.ok, headers: ["X-Server-Hostname": "v"], body: Self.matrix))
        #expect(try other.get() == ["up{host=\"web-ü\"1\"} 0.5@1 stale@30000 inf@60500"])
    }

    @Test(
        "what is no answer is an error that says which backend and why",
        arguments: [
            (
                LocalServer.Answer.status(.ok, headers: ["Content-Type": "text/html"], body: "<html>Sign in</html>"),
                "its answer is not that of Prometheus' API (status 200, text/html)"
            ),
            (.status(.ok, body: ""), "its answer is not that of Prometheus' API (status 200)"),
            (.status(.ok, body: String(matrix.prefix(200))), "its answer is broken at byte 200"),
            (.status(.ok, body: #"{"status":"success","data":7}"#), "its answer is broken at byte 27"),
            (.status(.unauthorized, body: "{}"), "it refuses the credentials that it is given (status 401)"),
            (.status(.found, headers: ["Location": "http://127.0.0.1:1/"], body: ""), "redirect"),
            (.status(.badGateway, body: "Bad Gateway"), "(status 502)"),
            (
                .status(.unprocessableEntity, body: #"{"status":"error","errorType":"422","error":"too many points"}"#),
                "cannot answer: too many points"
            ),
            (.closing, "was lost"),
            // On a busy machine the time may be over before it is asked at all.
            (.silence, "within"), (.beginning("{\"status\":"), "within"),
        ])
    func failures(_ answer: LocalServer.Answer, _ words: String) async throws {
        let isSlow = words == "within"
        let (result, _) = try await read(answer, timeout: isSlow ? .seconds(2) : .seconds(20))
        guard case .failure(.unavailable(let reason)) = result else {
            Issue.record("\(result)")
            return
        }
        #expect(reason.contains("http://127.0.0.1:"))
        #expect(reason.contains(words) || words == "was lost" && reason.contains("closed"), "\(reason)")
    }

    @Test("more than a check may touch is refused, and so are histograms")
    func limits() async throws {
        var small = Self.request
        small.limitSamples = 2
        #expect(
            try await read(.status(.ok, body: Self.matrix), request: small).result
                == .failure(.tooManySamples(limit: 2)))
        let two = #"{"status":"success","data":{"result":[{"metric":{},"values":[]},{"metric":{},"values":[]}]}}"#
        small.limitSeries = 1
        #expect(try await read(.status(.ok, body: two), request: small).result == .failure(.tooManySeries(limit: 1)))
        let histograms = #"{"status":"success","data":{"result":[{"metric":{},"histograms":[[1,{"count":"1"}]]}]}}"#
        guard case .failure(.unavailable(let reason)) = try await read(.status(.ok, body: histograms)).result else {
            Issue.record("it is read")
            return
        }
        #expect(reason.contains("native histograms"))
        let deep = #"{"status":"success","x":"# + String(repeating: "[", count: 100_000)
        #expect(try await read(.status(.ok, body: deep)).result != .success([]))
    }

    @Test("matchers and names are written so that every backend reads them as they are meant")
    func selectors() {
        let matchers = [
            LabelMatcher("a", .notEqual, "q\"\\\n"), LabelMatcher("b", .doesNotMatch, "x|y\\.z"),
            LabelMatcher("c.d", .equal, "ü{}"),
        ]
        #expect(SelectorText.selector(matchers) == #"{a!="q\"\\\n",b!~"x|y\\.z","c.d"="ü{}"}"#)
        #expect(SelectorText.time(-1) == "-0.001")
        #expect(SelectorText.time(1_795_000_000_050) == "1795000000.050")
        #expect(SelectorText.form([("match[]", "a b&ü")]) == "match%5B%5D=a%20b%26%C3%BC")
    }

    @Test("addresses that are none, or hold a password, are refused with what to write instead")
    func addresses() throws {
        for text in ["prometheus:9090", "ftp://x", "", "http://", "/x"] {
            #expect(throws: Problem.self) { try BackendSettings(url: text, option: "--metrics-url") }
        }
        let problem = #expect(throws: Problem.self) {
            try BackendSettings(url: "http://ada:secret@prometheus:9090", option: "--metrics-url")
        }
        #expect(problem?.hint?.contains("--metrics-headers-file") == true)
        #expect(problem.map { !"\($0)".contains("secret") } == true)
        for text in ["ftp://ada:secret@h", "https://ada:secret@h/#x", "ada:secret@h"] {
            let problem = #expect(throws: Problem.self) { try BackendSettings(url: text, option: "--metrics-url") }
            #expect(problem.map { !"\($0)".contains("secret") } == true)
        }
        #expect(try BackendSettings(url: "http://p:1/a?key=secret", option: "--x").shown == "http://p:1/a")
    }
}
