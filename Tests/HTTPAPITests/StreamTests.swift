import Synchronization
import TestSupport
import Testing
import Wire

@Suite("Events, logs and the end of the server", .timeLimit(.minutes(2)))
struct StreamTests {
    @Test("Every watcher gets every event, from one subscription")
    func events() async throws {
        try await TestServer.with { server in
            try await server.connect { first in
                try await server.connect { second in
                    for connection in [first, second] {
                        try await connection.send("GET", "/v1/events", token: "viewer")
                        #expect(try await connection.head().status == 200)
                    }
                    try await waitFor("subscribed") { server.surface.state.withLock { $0.subscriptions } == 1 }
                    server.surface.send(.service(name: "storefront"))
                    server.surface.send(.host(FakeSurface.host("web1")))
                    for connection in [first, second] {
                        let event = try await connection.chunk()
                        #expect(event == Array("event: service\ndata: {\"name\":\"storefront\"}\n\n".utf8))
                        let host = String(decoding: try await connection.chunk() ?? [], as: UTF8.self)
                        #expect(host.hasPrefix("event: host\ndata: {\"address\":"))
                    }
                }
            }
            #expect(server.surface.state.withLock { $0.subscriptions } == 1)
        }
    }

    @Test("When the subscription ends because it fell behind, the watchers are sent away to fetch anew")
    func fellBehind() async throws {
        try await TestServer.with { server in
            try await server.connect { connection in
                try await connection.send("GET", "/v1/events", token: "viewer")
                _ = try await connection.head()
                try await waitFor("subscribed") { server.surface.state.withLock { $0.subscriptions } == 1 }
                for continuation in server.surface.state.withLock({ $0.events }) { continuation.finish() }
                #expect(try await connection.chunk() == nil)
                // Whoever comes now is the first again, and what changes reaches them.
                try await server.connect { next in
                    try await next.send("GET", "/v1/events", token: "viewer")
                    _ = try await next.head()
                    try await waitFor("subscribed again") { server.surface.state.withLock { $0.subscriptions } == 2 }
                }
            }
        }
    }

    @Test("Logs are streamed as they come, and the stream ends with its source")
    func logs() async throws {
        try await TestServer.with { server in
            try await server.connect { connection in
                try await connection.send(
                    "GET", "/v1/hosts/web1/services/shop/logs?lines=5&follow=true", token: "viewer")
                let head = try await connection.head()
                #expect(head.headers["content-type"] == "text/plain; charset=utf-8")
                #expect(server.surface.calls == ["logs web1 shop 5 true"])
                let logs = try #require(server.surface.state.withLock { $0.logs })
                logs.yield(Array("one\n".utf8))
                #expect(try await connection.chunk() == Array("one\n".utf8))
                logs.finish()
                #expect(try await connection.chunk() == nil)
                #expect(try await connection.ask("GET", "/healthz").text == "ok\n")
            }
        }
    }

    @Test("A reader of quiet logs that goes away is noticed")
    func logsReaderGone() async throws {
        try await TestServer.with { server in
            try await server.connect { connection in
                try await connection.send("GET", "/v1/hosts/web1/services/shop/logs?follow", token: "viewer")
                try await waitFor("asked") { server.surface.state.withLock { $0.logs } != nil }
            }
            try await waitFor("ended") { server.surface.state.withLock { $0.logsEnded } }
        }
    }

    @Test("An agent's output is passed on until nobody listens")
    func agentLogs() async throws {
        try await TestServer.with { server in
            let whole = try await server.ask("POST", "/v1/agent/logs/l-1", token: "agent", body: Array("abc".utf8))
            #expect(whole.status == 204)
            #expect(server.surface.state.withLock { $0.delivered } == Array("abc".utf8))
            #expect(server.surface.calls == ["endLogs web1 l-1"])
            server.surface.state.withLock { $0.listens = false }
            try await server.connect { connection in
                try await connection.send(
                    "POST", "/v1/agent/logs/l-1", token: "agent", headers: [("Transfer-Encoding", "chunked")])
                try await connection.send("1\r\na\r\n")
                #expect(try await connection.answer().status == 410)
            }
        }
    }

    @Test("At the end of the server, streams are told to connect again and requests in progress are answered")
    func shutdown() async throws {
        try await TestServer.with { server in
            try await server.connect { agent in
                try await server.connect { watcher in
                    try await server.connect { logs in
                        try await agent.send(
                            "GET", "/v1/agent/stream", token: "agent", headers: [("X-Halcyon-Agent", "a1")])
                        _ = try await agent.head()
                        _ = try await agent.chunk()
                        try await watcher.send("GET", "/v1/events", token: "viewer")
                        _ = try await watcher.head()
                        try await logs.send("GET", "/v1/hosts/web1/services/shop/logs?follow=true", token: "viewer")
                        _ = try await logs.head()
                        try await server.connect { upload in
                            try await upload.send(
                                "PUT", "/v1/artefacts", token: "operator",
                                headers: [("Content-Length", "4"), ("Expect", "100-continue")])
                            #expect(try await upload.head().status == 100)
                            await server.shutDown()
                            #expect(try await agent.chunk() == Array("retry: 2000\n\n".utf8))
                            #expect(try await agent.chunk() == nil)
                            #expect(try await watcher.chunk() == Array("retry: 2000\n\n".utf8))
                            #expect(try await logs.chunk() == nil)
                            try await upload.send("done")
                            let answer = try await upload.answer()
                            #expect(answer.status == 200)
                            #expect(answer.headers["connection"] == "close")
                        }
                    }
                }
            }
        }
    }

    @Test("A request that does not end is cut off when the time is over")
    func stuckShutdown() async throws {
        try await TestServer.with(drainSeconds: 1) { server in
            try await server.connect { connection in
                try await connection.send(
                    "PUT", "/v1/artefacts", token: "operator",
                    headers: [("Content-Length", "4"), ("Expect", "100-continue")])
                #expect(try await connection.head().status == 100)
                try await connection.send("a")
                await server.shutDown()
                _ = try? await connection.readToEnd()
            }
            try await waitFor("abandoned") { server.artefacts.state.withLock { $0.abandoned } == 1 }
        }
    }
}
