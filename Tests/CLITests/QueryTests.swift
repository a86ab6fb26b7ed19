import Foundation
import Testing
import Values

@testable import CLI

@Suite struct QueryTests {
    private func run(
        _ arguments: [String], terminal: TerminalSize? = nil, environment: [String: String] = [:],
        _ respond: @escaping @Sendable (TestRequest) -> TestReply
    ) async throws -> ProgramRun {
        try await withTestServer(respond) { address in
            let all = environment.merging(["HALCYON_SERVER": address, "HALCYON_TOKEN": "secret"]) { $1 }
            return await runProgram(arguments, environment: all, terminal: terminal)
        }
    }

    private static func success(_ data: String) -> TestReply {
        .json(#"{"status":"success","data":\#(data),"warnings":["PromQL warning: so it is (1:1)"]}"#)
    }

    /// Two waves, one of them with a gap.
    private static let waves: String = {
        let end = Double(noon.milliseconds) / 1000
        func values(_ height: Double, _ middle: Double, without gap: Range<Int>) -> String {
            (0...120).filter { !gap.contains($0) }
                .map { "[\(end - Double(120 - $0) * 30),\"\(middle + height * sin(Double($0) / 12))\"]" }
                .joined(separator: ",")
        }
        return #"{"resultType":"matrix","result":["#
            + #"{"metric":{"__name__":"load","version":"v1"},"values":[\#(values(40, 100, without: 0..<0))]},"#
            + #"{"metric":{"__name__":"load","version":"v2"},"values":[\#(values(20, 60, without: 40..<60))]}]}"#
    }()

    @Test("A vector is a table, and its warnings go to the standard error")
    func table() async throws {
        let ran = try await run(["query", "up", "--at", "1700000000"]) { request in
            #expect(request.method == "POST")
            #expect(request.path == "/prometheus/api/v1/query")
            #expect(request.headers["authorization"] == "Bearer secret")
            #expect(request.body == "query=up&time=1700000000.000&timeout=40s")
            return Self.success(
                #"{"resultType":"vector","result":[{"metric":{"__name__":"up","job":"a"},"value":[1700000000,"1"]},"#
                    + #"{"metric":{"job":"b"},"histogram":[1700000000,{"count":"4","sum":"2.5"}]}]}"#)
        }
        #expect(ran.code == 0)
        #expect(
            ran.output == """
                SERIES                 VALUE
                up{job="a"}                1
                {job="b"}    count=4 sum=2.5

                """)
        #expect(ran.complaint == "PromQL warning: so it is (1:1)\n")
    }

    @Test("A range is a chart at a terminal, with symbols or with letters")
    func chart() async throws {
        let arguments = ["query", "load", "--range", "1h", "--step", "30s"]
        let size = TerminalSize(columns: 80, rows: 24)
        let respond: @Sendable (TestRequest) -> TestReply = { request in
            #expect(request.body.contains("step=30.000"))
            return Self.success(Self.waves)
        }
        let symbols = try await run(arguments + ["--color", "always"], terminal: size, respond)
        expectSnapshot(symbols.output, "query-chart")
        let letters = try await run(arguments, terminal: size, environment: ["LANG": "C", "NO_COLOR": "1"], respond)
        expectSnapshot(letters.output, "query-chart-letters")
        #expect(letters.output.split(separator: "\n").allSatisfy { $0.count <= 80 })
    }

    @Test("A range that is not for a terminal has a row for each value")
    func rows() async throws {
        let ran = try await run(["query", "load", "--range", "1h"]) { _ in Self.success(Self.waves) }
        #expect(ran.output.split(separator: "\n").count == 1 + 121 + 101)
        #expect(ran.output.contains("2026-11-24T12:00:00.000Z  load{version=\"v1\"}"))
    }

    @Test("What is wrong with an expression is shown at its place")
    func wrong() async throws {
        let body =
            #"{"status":"error","errorType":"bad_data","error":"invalid parameter \"query\": 1:7: parse error: so not"}"#
        let ran = try await run(["query", "sum by(é) ("]) { _ in .problem(400, body) }
        #expect(ran.code == 2)
        #expect(ran.complaint == "error: 1:7: parse error: so not\n  sum by(é) (\n        ^\n")
        let slow = #"{"status":"error","errorType":"timeout","error":"query timed out"}"#
        let late = try await run(["query", "up"]) { _ in .problem(503, slow) }
        #expect(late.code == 1)
        #expect(late.complaint == "error: query timed out\n")
        #expect(await runProgram(["query", "up", "--step", "5s"]).code == 2)
        #expect(await runProgram(["query", "up", "--at", "noon"]).code == 2)
    }

    @Test("What takes the most series is shown in three tables")
    func top() async throws {
        let ran = try await run(["metrics", "top", "--limit", "2"]) { request in
            #expect(request.path == "/prometheus/api/v1/status/tsdb?limit=2")
            return Self.success(
                #"{"headStats":{"numSeries":1200,"numLabelPairs":7},"seriesCountByMetricName":[{"name":"a_total","value":900}],"#
                    + #""labelValueCountByLabelName":[{"name":"user","value":800}],"seriesCountByLabelValuePair":[{"name":"job=\"x\"","value":1200}]}"#
            )
        }
        #expect(
            ran.output.hasPrefix(
                "1,200 series\n\nMETRIC   SERIES  SHARE\na_total     900  75.0%\n\nLABEL  VALUES\nuser      800\n"))
    }
}
