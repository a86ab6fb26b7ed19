import HTTPAPI
import Ports
import TestSupport
import Testing

@Suite("Queries keep to their limits", .timeLimit(.minutes(2)))
struct QueryLimitTests {
    private static let endless = "/prometheus/api/v1/query?query=count(x)&time=1"

    @Test("A client that goes away cancels its query")
    func cancelled() async throws {
        let metrics = HeldMetrics()
        try await TestServer.with(metrics: metrics) { server in
            try await server.connect { connection in
                try await connection.send("GET", Self.endless, token: "viewer")
                try await waitFor("the query reads") { metrics.readSeries > 0 }
            }
            // Once nobody reads any more, two looks see the same.
            try await waitFor("the query ends") {
                let before = metrics.readSeries
                try await Task.sleep(for: .milliseconds(50))
                return metrics.readSeries == before
            }
        }
    }

    @Test("A page asks with the same limits, and its queries end when nobody waits for it")
    func pages() async throws {
        let limited = QueryServing(samples: 100)
        try await TestServer.with(metrics: HeldMetrics(), queries: limited) { server in
            let answer = try await server.ask("GET", "/asks", token: "viewer")
            #expect(answer.text.hasPrefix("execution: query processing would load too many samples"))
        }
        let metrics = HeldMetrics()
        try await TestServer.with(metrics: metrics) { server in
            try await server.connect { connection in
                try await connection.send("GET", "/asks", token: "viewer")
                try await waitFor("the query reads") { metrics.readSeries > 0 }
            }
            try await waitFor("the query ends") {
                let before = metrics.readSeries
                try await Task.sleep(for: .milliseconds(50))
                return metrics.readSeries == before
            }
        }
    }

    @Test("A query that takes too long is ended")
    func timeout() async throws {
        try await TestServer.with(metrics: HeldMetrics()) { server in
            let answer = try await server.ask("GET", Self.endless + "&timeout=1s", token: "viewer")
            #expect(answer.status == 503)
            // On a busy machine it may not even have begun.
            #expect(answer.text.contains(#""errorType":"timeout","error":"query timed out in "#))
        }
    }

    @Test("No more than allowed are evaluated at once, some wait, and the others are refused")
    func concurrency() async throws {
        let metrics = HeldMetrics()
        try await TestServer.with(metrics: metrics, queries: QueryServing(concurrency: 1, waiting: 1)) { server in
            try await server.connect { first in
                try await first.send("GET", Self.endless, token: "viewer")
                try await waitFor("the first reads") { metrics.readSeries > 0 }
                try await withThrowingTaskGroup(of: Answer.self) { others in
                    // Whichever of the two comes first waits, and the other is refused at once.
                    for _ in 1...2 {
                        others.addTask { try await server.ask("GET", Self.endless + "&timeout=60s", token: "viewer") }
                    }
                    let refused = try await others.next()
                    #expect(refused?.status == 503)
                    #expect(refused?.text.contains("1 queries run and 1 wait") == true)
                    // Everything else goes on.
                    #expect(try await server.ask("GET", "/healthz").status == 200)
                    #expect(metrics.selections == 1)
                    others.cancelAll()
                }
            }
            try await waitFor("the first is cancelled, and it is the next one's turn") {
                let answer = try await server.ask("GET", "/prometheus/api/v1/query?query=1", token: "viewer")
                return answer.status == 200
            }
        }
    }

    @Test("A query that holds too many samples is ended, be they its own or those of all")
    func samples() async throws {
        for queries in [QueryServing(samples: 100), QueryServing(allSamples: 100)] {
            try await TestServer.with(metrics: HeldMetrics(), queries: queries) { server in
                let answer = try await server.ask(
                    "GET", "/prometheus/api/v1/query?query=x&time=1", token: "viewer")
                #expect(answer.status == 422)
                #expect(
                    answer.text.contains(
                        "query processing would load too many samples into memory in query execution"))
            }
        }
    }

    @Test("What is too much to take in is refused so that it is sent again")
    func overloaded() async throws {
        try await TestServer.with(metrics: HeldMetrics()) { server in
            let answer = try await server.ask(
                "POST", "/prometheus/api/v1/import/prometheus", token: "metrics", body: Array("x 1\n".utf8))
            #expect(answer.status == 503)
            #expect(answer.headers["retry-after"] == "1")
        }
    }
}
