import Synchronization
import TestSupport
import Testing

@Suite("Artefacts", .timeLimit(.minutes(2)))
struct ArtefactTests {
    private let digest = "sha256:" + String(repeating: "cd", count: 32)

    @Test("An upload arrives whole and in order, with its digest")
    func upload() async throws {
        try await TestServer.with { server in
            let bytes = (0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
            let answer = try await server.ask(
                "PUT", "/v1/artefacts", token: "operator", headers: [("X-Halcyon-Digest", digest)], body: bytes)
            #expect(answer.status == 200)
            #expect(answer.text == "{\"digest\":\"\(digest)\",\"size\":3000000}")
            let finished = server.artefacts.state.withLock { $0.finished }
            #expect(finished.map(\.expected) == [digest])
            #expect(finished.first?.bytes == bytes)
        }
    }

    @Test("An upload in chunks, after 100-continue, works as well")
    func chunked() async throws {
        try await TestServer.with { server in
            try await server.connect { connection in
                try await connection.send(
                    "PUT", "/v1/artefacts", token: "operator",
                    headers: [("Expect", "100-continue"), ("Transfer-Encoding", "chunked")])
                #expect(try await connection.head().status == 100)
                try await connection.send("3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n")
                #expect(try await connection.answer().status == 200)
            }
            #expect(server.artefacts.state.withLock { $0.finished.first?.bytes } == Array("abcde".utf8))
        }
    }

    @Test(
        "An upload that is cut off leaves nothing", arguments: ["Content-Length: 1000", "Transfer-Encoding: chunked"])
    func cutOff(framing: String) async throws {
        try await TestServer.with { server in
            try await server.connect { connection in
                try await connection.send(
                    "PUT /v1/artefacts HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer operator\r\n\(framing)\r\n\r\n"
                )
                try await connection.send("5\r\nabcde\r\n")
            }
            try await waitFor("abandoned") { server.artefacts.state.withLock { $0.abandoned } == 1 }
            #expect(server.artefacts.state.withLock { $0.finished.isEmpty })
        }
    }

    @Test("A refused upload is answered at once, before its body was sent")
    func refused() async throws {
        try await TestServer.with { server in
            try await server.connect { connection in
                try await connection.send(
                    "PUT", "/v1/artefacts", token: "viewer", headers: [("Content-Length", "100000000000")])
                let answer = try await connection.answer()
                #expect(answer.status == 403)
                #expect(answer.headers["connection"] == "close")
            }
            let wrong = try await server.ask(
                "PUT", "/v1/artefacts", token: "operator", headers: [("X-Halcyon-Digest", "md5:1")], body: [1])
            #expect(wrong.status == 400)
            #expect(try await server.ask("PUT", "/v1/artefacts", token: "operator", body: []).status == 400)
        }
    }

    @Test("A download gives the whole file, its entity tag, and any one range of it")
    func download() async throws {
        try await TestServer.with { server in
            let bytes = (0..<1_000_000).map { UInt8(truncatingIfNeeded: $0 &* 7) }
            let path = "/v1/artefacts/" + server.artefacts.add(bytes)
            try await server.connect { connection in
                let whole = try await connection.ask("GET", path, token: "agent")
                #expect(whole.status == 200)
                #expect(whole.body == bytes)
                let etag = try #require(whole.headers["etag"])
                let head = try await connection.ask("HEAD", path, token: "agent")
                #expect(head.headers["content-length"] == "1000000")
                #expect(head.headers["accept-ranges"] == "bytes")
                for (range, expected) in [
                    ("bytes=999990-", bytes[999_990...]), ("bytes=0-9", bytes[..<10]), ("bytes=-5", bytes[999_995...]),
                    ("bytes=500000-99999999", bytes[500_000...]),
                ] {
                    let part = try await connection.ask("GET", path, token: "agent", headers: [("Range", range)])
                    #expect(part.status == 206, "\(range)")
                    #expect(part.body[...] == ArraySlice(Array(expected)), "\(range)")
                    #expect(part.headers["content-range"]?.hasSuffix("/1000000") == true)
                }
                let beyond = try await connection.ask(
                    "GET", path, token: "agent", headers: [("Range", "bytes=1000000-")])
                #expect(beyond.status == 416)
                #expect(beyond.headers["content-range"] == "bytes */1000000")
                for header in ["bytes=5-2", "bytes=1-2,4-5", "lines=1-2", "bytes=a-"] {
                    let all = try await connection.ask("GET", path, token: "agent", headers: [("Range", header)])
                    #expect(all.status == 200, "\(header)")
                }
                let other = try await connection.ask(
                    "GET", path, token: "agent", headers: [("Range", "bytes=5-"), ("If-Range", "\"other\"")])
                #expect(other.status == 200)
                let known = try await connection.ask("GET", path, token: "agent", headers: [("If-None-Match", etag)])
                #expect(known.status == 304)
                #expect(try await connection.ask("GET", "/healthz").text == "ok\n")
            }
            #expect(try await server.ask("GET", "/v1/artefacts/\(digest)", token: "agent").status == 404)
            #expect(try await server.ask("GET", "/v1/artefacts/..%2F..%2Fetc", token: "agent").status == 404)
        }
    }
}
