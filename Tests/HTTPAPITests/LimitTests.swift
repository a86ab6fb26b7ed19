import Logging
import TestSupport
import Testing
import Wire

@testable import HTTPAPI

/// A server that is expected not to start.
enum HTTPSurfaceOn {
    static func run(host: String, port: Int, dev: Bool, certificatePath: String? = nil, keyPath: String? = nil)
        async throws
    {
        var logger = Logger(label: "test")
        logger.logLevel = .error
        try await HTTPSurface(
            configuration: HTTPServerConfiguration(
                host: host, port: port, dev: dev, certificatePath: certificatePath, keyPath: keyPath),
            surface: FakeSurface(), gateway: FakeGateway(), artefacts: FakeArtefacts(), site: FakeSite(), logger: logger
        ).run()
    }
}

@Suite("Limits and malformed requests", .timeLimit(.minutes(2)))
struct LimitTests {
    @Test(
        "What is not HTTP gets an answer, and the server goes on",
        arguments: [
            ("NONSENSE\r\n\r\n", 400), ("GET /healthz HTTP/3.0\r\n\r\n", 505), ("GET /healthz\r\n\r\n", 505),
            ("GET / HTTP/1.1\r\nHost: a\r\nBad Header\r\n\r\n", 400),
            ("POST /v1/deploy HTTP/1.1\r\nHost: a\r\nContent-Length: x\r\n\r\n", 400),
            ("POST /v1/deploy HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", 400),
            ("GET / HTTP/1.1\r\nHost: a\r\nX: \(String(repeating: "x", count: 20_000))\r\n\r\n", 431),
        ])
    func malformed(text: String, status: Int) async throws {
        try await TestServer.with { server in
            try await server.connect { connection in
                try await connection.send(text)
                let answer = try await connection.answer()
                #expect(answer.status == status, "\(answer.text)")
                #expect(answer.headers["connection"] == "close")
                #expect(try await connection.readToEnd().isEmpty)
            }
            #expect(try await server.ask("GET", "/healthz").status == 200)
        }
    }

    @Test("Rubbish in the middle of a body, hot or cold, ends the connection and nothing else")
    func malformedBody() async throws {
        try await TestServer.with { server in
            for (path, token) in [("/v1/agent/report", "agent"), ("/v1/deploy", "operator")] {
                try await server.connect { connection in
                    try await connection.send(
                        "POST", path, token: token,
                        headers: [("Transfer-Encoding", "chunked"), ("X-Halcyon-Agent", "a1")])
                    try await connection.send("2\r\n{}\r\nzz\r\n")
                    _ = try? await connection.readToEnd()
                }
            }
            #expect(try await server.ask("GET", "/healthz").status == 200)
        }
    }

    @Test("A JSON body beyond the limit is refused, whether announced or not")
    func largeJSON() async throws {
        try await TestServer.with { server in
            let announced = try await server.ask(
                "POST", "/v1/deploy", token: "operator", headers: [("Content-Length", "2000000")])
            #expect(announced.status == 413)
            try await server.connect { connection in
                try await connection.send(
                    "POST", "/v1/deploy", token: "operator", headers: [("Transfer-Encoding", "chunked")])
                let piece = Array("10000\r\n".utf8) + [UInt8](repeating: 65, count: 65536) + Array("\r\n".utf8)
                for _ in 0..<17 { try await connection.send(piece) }
                #expect(try await connection.answer().status == 413)
            }
        }
    }

    @Test("HTTP/1.0 and Connection: close are honoured")
    func close() async throws {
        try await TestServer.with { server in
            for request in [
                "GET /healthz HTTP/1.0\r\n\r\n", "GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
            ] {
                try await server.connect { connection in
                    try await connection.send(request)
                    #expect(try await connection.answer().text == "ok\n")
                    #expect(try await connection.readToEnd().isEmpty)
                }
            }
        }
    }

    @Test("An upgrade is not made, and the request is answered as it is")
    func upgrade() async throws {
        try await TestServer.with { server in
            let answer = try await server.ask(
                "GET", "/healthz", headers: [("Connection", "Upgrade, HTTP2-Settings"), ("Upgrade", "h2c")])
            #expect(answer.status == 200)
            #expect(answer.headers["connection"] == "close")
        }
    }

    @Test("Connections beyond the maximum are closed at once")
    func connections() async throws {
        try await TestServer.with(maximumConnections: 2) { server in
            try await server.connect { first in
                try await server.connect { second in
                    #expect(try await first.ask("GET", "/healthz").status == 200)
                    #expect(try await second.ask("GET", "/healthz").status == 200)
                    try await server.connect { third in
                        try await third.send("GET", "/healthz")
                        #expect((try? await third.readToEnd())?.isEmpty ?? true)
                    }
                    #expect(try await first.ask("GET", "/healthz").status == 200)
                }
            }
            try await waitFor("free again") { (try? await server.ask("GET", "/healthz").status) == 200 }
        }
    }

    @Test("Connections of one address beyond its share are closed at once; other addresses are not in their way")
    func connectionsOfAnAddress() async throws {
        let counters = ServerCounters()
        let (one, other) = (RemoteAddress(bits: 1), RemoteAddress(bits: 2))
        let open = { (address: RemoteAddress) in counters.connectionOpened(from: address, maximum: 4, perAddress: 2) }
        #expect([open(one), open(one), open(one)] == [true, true, false])
        #expect(counters.connectionsTurnedAway == 1 && counters.openConnections == 2)
        #expect([open(other), open(other), open(other)] == [true, true, false])
        counters.connectionClosed(from: one)
        #expect([open(other), open(one), open(one)] == [false, true, false])
        try await TestServer.with(perAddress: 1) { server in
            try await server.connect { first in
                #expect(try await first.ask("GET", "/healthz").status == 200)
                try await server.connect { second in
                    try await second.send("GET", "/healthz")
                    #expect((try? await second.readToEnd())?.isEmpty ?? true)
                }
            }
            try await waitFor("free again") { (try? await server.ask("GET", "/healthz").status) == 200 }
        }
    }

    @Test("A port in use is named, with the way out")
    func portInUse() async throws {
        try await TestServer.with { server in
            let problem = await #expect(throws: Problem.self) {
                try await HTTPSurfaceOn.run(host: "127.0.0.1", port: server.port, dev: false)
            }
            #expect(
                problem?.message == "cannot listen on 127.0.0.1:\(server.port): the port is in use by another process")
            #expect(problem?.hint?.contains("--listen 127.0.0.1:\(server.port + 1)") == true)
        }
    }

    @Test("A certificate that cannot be read is named")
    func certificate() async throws {
        let problem = await #expect(throws: Problem.self) {
            try await HTTPSurfaceOn.run(
                host: "127.0.0.1", port: 0, dev: false, certificatePath: "/none.pem", keyPath: "/none.key")
        }
        #expect(problem?.message.contains("/none.pem") == true)
        let half = await #expect(throws: Problem.self) {
            try await HTTPSurfaceOn.run(host: "127.0.0.1", port: 0, dev: false, certificatePath: "/none.pem")
        }
        #expect(half?.message.contains("belong together") == true)
    }
}
