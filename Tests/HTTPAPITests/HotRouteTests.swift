import NIOCore
import Ports
import Synchronization
import TestSupport
import Testing
import Wire

let agentHeaders = [("X-Halcyon-Agent", "a1")]

@Suite("The agents' hot routes", .timeLimit(.minutes(2)))
struct HotRouteTests {
    @Test("A report reaches the gateway with its host, and the connection stays open for the next one")
    func report() async throws {
        try await TestServer.with { server in
            try await server.connect { connection in
                for number in 1...3 {
                    let body = Array("{\"epoch\":\(number)}".utf8)
                    let answer = try await connection.ask(
                        "POST", "/v1/agent/report", token: "agent", headers: agentHeaders, body: body)
                    #expect(answer.status == 204)
                }
                // The same connection also serves what Hummingbird answers, and hot requests after that.
                #expect(try await connection.ask("GET", "/healthz").text == "ok\n")
                let last = try await connection.ask(
                    "POST", "/v1/agent/samples", token: "agent", headers: agentHeaders, body: Array("abc".utf8))
                #expect(last.status == 204)
            }
            let (reports, samples) = server.gateway.state.withLock { ($0.reports, $0.samples) }
            #expect(reports.map(\.host) == ["web1", "web1", "web1"])
            #expect(reports.map(\.agent) == ["a1", "a1", "a1"])
            #expect(reports.last?.body == Array(#"{"epoch":3}"#.utf8))
            #expect(samples == 3)
        }
    }

    @Test("What an agent asks of Hummingbird ends its connection: the machinery for it would stay as long as the agent")
    func coldForAgent() async throws {
        try await TestServer.with { server in
            try await server.connect { connection in
                let body = Array(#"{"host":"web1","agent":"a1","address":"127.0.0.1","labels":{},"release":"1"}"#.utf8)
                let answer = try await connection.ask(
                    "POST", "/v1/agent/join", token: "join", headers: agentHeaders, body: body)
                #expect(answer.status == 200)
                #expect(answer.headers["connection"] == "close")
                #expect(try await connection.readToEnd().isEmpty)
            }
        }
    }

    @Test("Pipelined hot and cold requests are answered in order")
    func pipelined() async throws {
        try await TestServer.with { server in
            try await server.connect { connection in
                try await connection.send("GET", "/healthz")
                try await connection.send(
                    "POST", "/v1/agent/report", token: "agent", headers: agentHeaders, body: [123, 125])
                try await connection.send("GET", "/v1/hosts/a", token: "viewer")
                try await connection.send("GET", "/healthz")
                #expect(try await connection.answer().text == "ok\n")
                #expect(try await connection.answer().status == 204)
                #expect(try await connection.answer().text.contains("\"name\":\"a\""))
                #expect(try await connection.answer().text == "ok\n")
            }
        }
    }

    @Test("A stream begins with hello and carries what is broadcast, and the gateway learns of its end")
    func stream() async throws {
        try await TestServer.with { server in
            try await server.connect { connection in
                try await connection.send("GET", "/v1/agent/stream", token: "agent", headers: agentHeaders)
                let head = try await connection.head()
                #expect(head.status == 200)
                #expect(head.headers["content-type"] == "text/event-stream")
                #expect(try await connection.chunk() == Array("event: hello\ndata: {\"server\":\"s\"}\n\n".utf8))
                try await waitFor("attached") { server.gateway.sinks.count == 1 }
                let data = Array(#"{"epoch":7}"#.utf8)
                for sink in server.gateway.sinks { #expect(sink.send(event: "desired", data: data)) }
                #expect(try await connection.chunk() == Array("event: desired\ndata: {\"epoch\":7}\n\n".utf8))
            }
            try await waitFor("detached") { server.gateway.state.withLock { $0.detached } == 1 }
            #expect(server.gateway.sinks.isEmpty)
        }
    }

    @Test("A stream that the gateway closes ends properly")
    func closedByGateway() async throws {
        try await TestServer.with { server in
            try await server.connect { connection in
                try await connection.send("GET", "/v1/agent/stream", token: "agent", headers: agentHeaders)
                _ = try await connection.head()
                _ = try await connection.chunk()
                try await waitFor("attached") { server.gateway.sinks.count == 1 }
                let sink = try #require(server.gateway.sinks.first)
                sink.close()
                #expect(try await connection.chunk() == nil)
                #expect(sink.send(event: "desired", data: [123, 125]) == false)
                #expect(try await connection.readToEnd().isEmpty)
            }
            try await waitFor("detached") { server.gateway.state.withLock { $0.detached } == 1 }
        }
    }

    @Test("A refused stream is an ordinary answer")
    func refusedStream() async throws {
        try await TestServer.with { server in
            server.gateway.state.withLock { $0.problem = Problem(.conflict, "another agent is called web1") }
            let answer = try await server.ask("GET", "/v1/agent/stream", token: "agent", headers: agentHeaders)
            #expect(answer.status == 409)
            #expect(answer.text.contains("another agent"))
        }
    }

    @Test("A client that does not read is cut off instead of filling the memory")
    func slowReader() async throws {
        try await TestServer.with { server in
            try await server.connect { connection in
                try await connection.send("GET", "/v1/agent/stream", token: "agent", headers: agentHeaders)
                _ = try await connection.head()
                try await waitFor("attached") { server.gateway.sinks.count == 1 }
                let sink = try #require(server.gateway.sinks.first)
                let data = [UInt8](repeating: 65, count: 256 << 10)
                try await waitFor("cut off") { !sink.send(event: "desired", data: data) }
                try await waitFor("detached") { server.gateway.state.withLock { $0.detached } == 1 }
            }
        }
    }

    @Test("Bodies beyond the limit are refused, whether announced or not")
    func tooLarge() async throws {
        try await TestServer.with { server in
            let announced = try await server.ask(
                "POST", "/v1/agent/report", token: "agent", headers: agentHeaders + [("Content-Length", "2000000")])
            #expect(announced.status == 413)
            #expect(announced.headers["connection"] == "close")
            let chunked = try await server.connect { connection in
                try await connection.send(
                    "POST", "/v1/agent/report", token: "agent",
                    headers: agentHeaders + [("Transfer-Encoding", "chunked")])
                let piece = [UInt8](repeating: 65, count: 64 << 10)
                for _ in 0..<17 {
                    try await connection.send("10000\r\n")
                    try await connection.send(piece)
                    try await connection.send("\r\n")
                }
                return try await connection.answer()
            }
            #expect(chunked.status == 413)
            let large = [UInt8](repeating: 65, count: 1 << 20)
            let allowed = try await server.ask(
                "POST", "/v1/agent/report", token: "agent", headers: agentHeaders, body: large)
            #expect(allowed.status == 204)
        }
    }

    @Test("With --dev the host is taken from its header")
    func dev() async throws {
        try await TestServer.with(dev: true) { server in
            let named = try await server.ask(
                "POST", "/v1/agent/report", headers: agentHeaders + [("X-Halcyon-Host", "db7")], body: [123, 125])
            #expect(named.status == 204)
            #expect(server.gateway.state.withLock { $0.reports.map(\.host) } == ["db7"])
            let nameless = try await server.ask("POST", "/v1/agent/report", headers: agentHeaders, body: [123, 125])
            #expect(nameless.status == 400)
            #expect(nameless.text.contains("X-Halcyon-Host"))
        }
    }

    @Test("Expect: 100-continue is answered before the body is sent")
    func expectContinue() async throws {
        try await TestServer.with { server in
            try await server.connect { connection in
                try await connection.send(
                    "POST", "/v1/agent/report", token: "agent",
                    headers: agentHeaders + [("Expect", "100-continue"), ("Content-Length", "2")])
                #expect(try await connection.head().status == 100)
                try await connection.send("{}")
                #expect(try await connection.answer().status == 204)
            }
        }
    }
}
