import Compression
import FoundationEssentials
import HTTPAPI
import MetricsFormats
import NIOCore
import Ports
import Testing

@Suite("Metrics come in and are queried", .timeLimit(.minutes(2)))
struct MetricsServingTests {
    private static let api = "/prometheus/api/v1"

    private static func with(
        queries: QueryServing = QueryServing(), _ body: @Sendable @escaping (TestServer) async throws -> Void
    ) async throws {
        let metrics = try StoredMetrics()
        try await TestServer.with(metrics: metrics.store, queries: queries) { try await body($0) }
    }

    private static let text = """
        # TYPE up gauge
        # HELP up Whether it answers.
        up{job="a"} 1 1000000
        up{job="b"} 0 1000000
        {"my.name","a b"="c"} 3 1000000

        """

    private static func fill(_ server: TestServer) async throws {
        let answer = try await server.ask(
            "POST", "\(api)/import/prometheus", token: "metrics", body: Array(text.utf8))
        #expect(answer.status == 204)
    }

    private static func get(_ server: TestServer, _ path: String) async throws -> String {
        try await server.ask("GET", "\(api)/\(path)", token: "viewer").text
    }

    @Test("What was brought in is found, by GET and by form")
    func query() async throws {
        try await Self.with { server in
            try await Self.fill(server)
            let wanted =
                #"{"status":"success","data":{"resultType":"vector","result":[{"metric":{"job":"a"},"value":[1010,"1"]},"#
                + #"{"metric":{"job":"b"},"value":[1010,"0"]}]}}"#
            #expect(try await Self.get(server, "query?query=sum%20by%28job%29%28up%29&time=1010") == wanted)
            let form = try await server.ask(
                "POST", "\(Self.api)/query", token: "viewer",
                headers: [("Content-Type", "application/x-www-form-urlencoded")],
                body: Array("query=sum+by(job)(up)&time=1970-01-01T00:16:50Z".utf8))
            #expect(form.text == wanted)
            let range = try await Self.get(
                server, "query_range?query=up%7Bjob%3D%22a%22%7D&start=1000&end=1030&step=15s")
            #expect(range.contains(#""values":[[1000,"1"],[1015,"1"],[1030,"1"]]"#))
        }
    }

    @Test("Numbers at the very end of what there is, and a store without a sample, are answered")
    func extremes() async throws {
        try await Self.with { server in
            let nothing = #"{"status":"success","data":[]}"#
            for path in ["labels", "label/job/values", "labels?start=-3e15&end=3e15", "labels?limit=\(Int.max)"] {
                #expect(try await Self.get(server, path) == nothing, "\(path)")
            }
            try await Self.fill(server)
            #expect(try await Self.get(server, "label/job/values?limit=\(Int.max)").contains(#"["a","b"]"#))
            for stretch in ["start=-8e15&end=8e15", "start=-3.9e15&end=3.9e15", "start=0&end=9e18"] {
                let answer = try await server.ask(
                    "GET", "\(Self.api)/query_range?query=1&step=1&\(stretch)", token: "viewer")
                #expect(answer.status == 400, "\(stretch): \(answer.text)")
            }
        }
    }

    @Test("Series, labels, values of a label with any name, and metadata")
    func series() async throws {
        try await Self.with { server in
            try await Self.fill(server)
            #expect(
                try await Self.get(server, "series?match[]=up%7Bjob%3D%22a%22%7D").contains(
                    #"[{"__name__":"up","job":"a"}]"#))
            #expect(try await Self.get(server, "labels") == #"{"status":"success","data":["__name__","a b","job"]}"#)
            #expect(
                try await Self.get(server, "label/job/values?match[]=up") == #"{"status":"success","data":["a","b"]}"#)
            #expect(try await Self.get(server, "label/U__a_20_b/values") == #"{"status":"success","data":["c"]}"#)
            #expect(
                try await Self.get(server, "label/job/values?limit=1")
                    == #"{"status":"success","data":["a"],"warnings":["results truncated due to limit"]}"#)
            #expect(
                try await Self.get(server, "metadata?metric=up")
                    == #"{"status":"success","data":{"up":[{"type":"gauge","unit":"","help":"Whether it answers."}]}}"#)
            #expect(try await Self.get(server, "status/tsdb").contains(#"{"name":"up","value":2}"#))
        }
    }

    @Test(
        "What is wrong is told in Prometheus' words",
        arguments: [
            ("query?query=sum%28", 400, #"invalid parameter \"query\": 1:5: parse error: unclosed left parenthesis"#),
            (
                "query?query=up&time=noon", 400,
                #"invalid parameter \"time\": cannot parse \"noon\" to a valid timestamp"#
            ),
            ("query_range?query=up&start=2&end=1&step=1", 400, "end timestamp must not be before start time"),
            ("query_range?query=up&start=0&end=1&step=0", 400, "zero or negative query resolution step widths"),
            ("query_range?query=up&start=0&end=100000&step=1", 400, "exceeded maximum resolution of 11,000 points"),
            ("series", 400, "no match[] parameter provided"),
            ("query?query=up&limit=-1", 400, "limit must be non-negative"),
            ("nothing", 404, "there is no route"),
            ("query?query=a%20%2B%20on%28x%29%20up", 200, "success"),
        ])
    func errors(path: String, status: Int, words: String) async throws {
        try await Self.with { server in
            let answer = try await server.ask("GET", "\(Self.api)/\(path)", token: "viewer")
            #expect(answer.status == status)
            #expect(answer.text.contains(words), "\(answer.text)")
            #expect(answer.headers["content-type"] == "application/json")
        }
    }

    @Test("A token may come as the password of Basic, and who may write may not read")
    func access() async throws {
        try await Self.with { server in
            let basic = [("Authorization", "Basic \(Data("anybody:viewer".utf8).base64EncodedString())")]
            #expect(try await server.ask("GET", "\(Self.api)/query?query=1", headers: basic).status == 200)
            #expect(try await server.ask("GET", "\(Self.api)/query?query=1").status == 401)
            #expect(try await server.ask("GET", "\(Self.api)/query?query=1", token: "metrics").status == 403)
            #expect(try await server.ask("GET", "\(Self.api)/query?query=1", token: "sdk").status == 403)
            for (token, status) in [("viewer", 403), ("metrics", 204), ("operator", 204), ("admin", 204), ("sdk", 403)]
            {
                let answer = try await server.ask(
                    "POST", "\(Self.api)/import/prometheus", token: token, body: Array("x 1\n".utf8))
                #expect(answer.status == status, "\(token)")
            }
            #expect(try await server.ask("GET", "/prometheus/-/ready").status == 200)
            #expect(try await server.ask("GET", "/prometheus/-/healthy").status == 200)
        }
    }

    @Test("Bodies that are no metrics are refused with the place, and the connection goes on")
    func badBodies() async throws {
        try await Self.with { server in
            let zeroes = ByteBuffer(repeating: 0, count: 80 << 20)
            let bomb = Array(try #require(Gzip.pack(zeroes)).readableBytesView)
            // Claims to become 4 GiB.
            let snappyBomb: [UInt8] = [0xff, 0xff, 0xff, 0xff, 0x0f, 0x00, 0x61]
            let protobuf = ("Content-Type", "application/x-protobuf")
            let cases: [(String, [(String, String)], [UInt8], Int, String)] = [
                ("\(Self.api)/import/prometheus", [], Array("up 1\nup{ 2\n".utf8), 400, "line 2, column"),
                ("\(Self.api)/import/prometheus", [("Content-Encoding", "gzip")], [1, 2, 3], 400, "gzip"),
                ("\(Self.api)/import/prometheus", [("Content-Encoding", "gzip")], bomb, 413, "unpacked"),
                ("\(Self.api)/write", [protobuf], [0x05, 0x41], 400, ""),
                ("\(Self.api)/write", [protobuf], snappyBomb, 413, ""),
                ("\(Self.api)/write", [protobuf, ("Content-Encoding", "zstd")], [], 415, "snappy"),
                ("\(Self.api)/write", [("Content-Type", "text/plain")], [], 415, "application/x-protobuf"),
                ("\(Self.api)/write", [("Content-Type", "application/x-protobuf;proto=x.Y")], [], 415, "x.y"),
                ("/otlp/v1/metrics", [protobuf], [0xff], 400, ""),
                ("/otlp/v1/metrics", [("Content-Type", "application/json")], Array("{".utf8), 400, ""),
                ("/otlp/v1/metrics", [("Content-Type", "text/plain")], [], 415, ""),
            ]
            try await server.connect { connection in
                for (path, headers, body, status, words) in cases {
                    let answer = try await connection.ask("POST", path, token: "metrics", headers: headers, body: body)
                    #expect(answer.status == status, "\(path) \(headers): \(answer.text)")
                    #expect(answer.text.contains(words), "\(path): \(answer.text)")
                }
            }
        }
    }

    @Test("Samples that are too old or contradict others are refused by name, once and for all; the rest is kept")
    func partial() async throws {
        try await Self.with { server in
            func bring(_ text: String) async throws -> Answer {
                try await server.ask("POST", "\(Self.api)/import/prometheus", token: "metrics", body: Array(text.utf8))
            }
            #expect(try await bring("x 1 100000000000\n").status == 204)
            #expect(try await bring("x 1 100000000000\n").status == 204)
            let other = try await bring("x 2 100000000000\ny 1 100000000000\n")
            #expect(other.status == 400)
            #expect(other.text.contains("x has another value"), "\(other.text)")
            let old = try await bring("z{a=\"b\"} 1 100000000000\nz{a=\"b\"} 2 1000\ny 2 100000001000\n")
            #expect(old.status == 400)
            #expect(old.text.contains("z{a=\"b\"}"), "\(old.text)")
            #expect(try await Self.get(server, "query?query=y&time=100000001").contains(#","2"]"#))
        }
    }

    @Test("Remote write says how many samples were written")
    func written() async throws {
        try await Self.with { server in
            // WriteRequest{timeseries{labels{__name__=x} samples{value 1, time 1000000}}}
            let label: [UInt8] = [0x0a, 0x0d, 0x0a, 0x08] + Array("__name__".utf8) + [0x12, 0x01, 0x78]
            let sample: [UInt8] = [0x12, 0x0d, 0x09, 0, 0, 0, 0, 0, 0, 0xf0, 0x3f, 0x10, 0xc0, 0x84, 0x3d]
            let message = [0x0a, UInt8(label.count + sample.count)] + label + sample
            let answer = try await server.ask(
                "POST", "\(Self.api)/write", token: "metrics",
                headers: [("Content-Type", "application/x-protobuf"), ("Content-Encoding", "snappy")],
                body: Snappy.encode(message))
            #expect(answer.status == 204)
            #expect(answer.headers["x-prometheus-remote-write-samples-written"] == "1")
            #expect(answer.headers["x-prometheus-remote-write-histograms-written"] == "0")
            #expect(try await Self.get(server, "query?query=x&time=1000").contains(#"[1000,"1"]"#))
        }
    }

    @Test("OTLP as JSON is kept, and what is left out is told")
    func otlp() async throws {
        try await Self.with { server in
            let body = """
                {"resourceMetrics":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"s"}}]},
                "scopeMetrics":[{"metrics":[{"name":"hits","sum":{"aggregationTemporality":2,"isMonotonic":true,
                "dataPoints":[{"asInt":"5","timeUnixNano":"1000000000000"}]}}]}]}]}
                """
            let answer = try await server.ask(
                "POST", "/otlp/v1/metrics", token: "metrics", headers: [("Content-Type", "application/json")],
                body: Array(body.utf8))
            #expect(answer.status == 200)
            #expect(answer.text == "{}")
            #expect(
                try await Self.get(server, "query?query=hits_total&time=1000").contains(
                    #"{"__name__":"hits_total","job":"s"}"#))
        }
    }

    @Test("A store that could not be opened answers 503 with the reason")
    func broken() async throws {
        try await TestServer.with(metrics: BrokenMetrics(reason: "the disk burnt down")) { server in
            for path in ["query?query=up", "labels", "series?match[]=up", "metadata", "status/tsdb"] {
                let answer = try await server.ask("GET", "\(Self.api)/\(path)", token: "viewer")
                #expect(answer.status == 503, "\(path)")
                #expect(answer.text.contains("the disk burnt down"))
            }
            let write = try await server.ask(
                "POST", "\(Self.api)/import/prometheus", token: "metrics", body: Array("x 1\n".utf8))
            #expect(write.status == 503)
            #expect(write.headers["retry-after"] != nil)
            #expect(try await server.ask("GET", "/prometheus/-/ready").status == 503)
            #expect(try await server.ask("GET", "/v1/status", token: "viewer").text.contains("the disk burnt down"))
        }
    }

    @Test("Exemplars are refused with a word, and their samples kept")
    func exemplars() async throws {
        try await Self.with { server in
            let text = "# TYPE hits counter\nhits_total 1 # {trace_id=\"a\"} 1\n# EOF\n"
            let metrics = try await server.ask(
                "POST", "\(Self.api)/import/prometheus", token: "metrics",
                headers: [("Content-Type", "application/openmetrics-text")], body: Array(text.utf8))
            #expect(metrics.status == 204)
            #expect(metrics.headers["x-halcyon-exemplars-left-out"] == "1")
            let json = """
                {"resourceMetrics":[{"scopeMetrics":[{"metrics":[{"name":"g","gauge":{"dataPoints":[{"timeUnixNano":"1000000000",
                "asInt":"3","exemplars":[{"timeUnixNano":"1000000000","asInt":"3"}]}]}}]}]}]}
                """
            let otlp = try await server.ask(
                "POST", "/otlp/v1/metrics", token: "metrics", headers: [("Content-Type", "application/json")],
                body: Array(json.utf8))
            #expect(otlp.status == 200)
            #expect(
                otlp.text
                    == #"{"partialSuccess":{"rejectedDataPoints":"0","errorMessage":"1 exemplars were refused: this server keeps none"}}"#
            )
            #expect(try await Self.get(server, "query?query=g&time=1").contains(#"[1,"3"]"#))
        }
    }
}
