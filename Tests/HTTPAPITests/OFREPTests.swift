import Flags
import TestSupport
import Testing

@testable import HTTPAPI

private let evaluate = "/ofrep/v1/evaluate/flags"

private func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

@Suite("OFREP", .timeLimit(.minutes(2)))
struct OFREPTests {
    @Test("A flag answers with key, reason, variant, value and metadata, and is counted")
    func single() async throws {
        try await TestServer.with { server in
            let answer = try await server.ask(
                "POST", "\(evaluate)/new-checkout", token: "sdk",
                body: bytes(#"{"context": {"targetingKey": "u", "country": "DE"}}"#))
            #expect(answer.status == 200)
            #expect(answer.headers["content-type"] == "application/json")
            #expect(
                answer.text
                    == #"{"key":"new-checkout","reason":"TARGETING_MATCH","variant":"on","value":true,"metadata":{"team":"shop"}}"#
            )
            #expect(server.flags.counts() == ["new-checkout/0": 1])
        }
    }

    @Test("A double keeps its point, and answers without a value still have a variant")
    func forms() async throws {
        try await TestServer.with { server in
            let rate = try await server.ask("POST", "\(evaluate)/rate", token: "sdk", body: bytes("{}"))
            #expect(rate.text.contains(#""reason":"STATIC","variant":"one","value":1.0,"#))
            let gone = try await server.ask("POST", "\(evaluate)/gone", token: "sdk", body: [])
            #expect(gone.status == 200)
            #expect(gone.text == #"{"key":"gone","reason":"DISABLED","variant":"","metadata":{"team":"shop"}}"#)
            let open = try await server.ask("POST", "\(evaluate)/open", token: "sdk", body: bytes(#"{"context":null}"#))
            #expect(open.text == #"{"key":"open","reason":"DEFAULT","variant":"","metadata":{"team":"shop"}}"#)
        }
    }

    @Test("A key with a slash, a percent sign and a quote is found, however its slash is written")
    func keys() async throws {
        try await TestServer.with { server in
            for path in ["a%2Fb%25%22", "a/b%25%22", "a%2fb%25%22?x=1"] {
                let answer = try await server.ask("POST", "\(evaluate)/\(path)", token: "sdk", body: bytes("{}"))
                #expect(answer.status == 200, "\(path)")
                #expect(answer.text.hasPrefix(#"{"key":"a/b%\"","reason":"STATIC","variant":"v\"","value":"slash""#))
            }
            for path in ["a%2Fb%2", "a%2Fb%zz"] {
                let answer = try await server.ask("POST", "\(evaluate)/\(path)", token: "sdk", body: bytes("{}"))
                #expect(answer.status == 400)
                #expect(answer.text.contains(#""errorCode":"GENERAL""#))
            }
            for path in ["a%252Fb", "a", "%FF%FE", "new-checkout%00"] {
                let answer = try await server.ask("POST", "\(evaluate)/\(path)", token: "sdk", body: bytes("{}"))
                #expect(answer.status == 404, "\(path)")
                #expect(answer.text.contains(#""errorCode":"FLAG_NOT_FOUND""#))
            }
        }
    }

    @Test("What is wrong with a flag or a context gets OFREP's code")
    func errors() async throws {
        try await TestServer.with { server in
            let cases: [(String, String, Int, String)] = [
                ("unknown-operator", "{}", 400, "PARSE_ERROR"), ("wrong-variant", "{}", 400, "GENERAL"),
                ("nowhere", "{}", 404, "FLAG_NOT_FOUND"), ("rate", "{", 400, "INVALID_CONTEXT"),
                ("rate", "[]", 400, "INVALID_CONTEXT"), ("rate", #"{"context": 5}"#, 400, "INVALID_CONTEXT"),
                ("rate", #"{"context": "x"}"#, 400, "INVALID_CONTEXT"), ("rate", "nonsense", 400, "INVALID_CONTEXT"),
                ("rate", #"{"context": {}} x"#, 400, "INVALID_CONTEXT"),
                ("rate", #"{"other": [1, {], "context": {}}"#, 400, "INVALID_CONTEXT"),
                ("rate", #"{"context": {"a": 01}}"#, 400, "INVALID_CONTEXT"),
                ("rate", "{\"context\":" + String(repeating: "[", count: 100_000), 400, "INVALID_CONTEXT"),
            ]
            for (key, body, status, code) in cases {
                let answer = try await server.ask("POST", "\(evaluate)/\(key)", token: "sdk", body: bytes(body))
                #expect(answer.status == status, "\(key) \(body.prefix(40))")
                #expect(answer.text.contains("\"errorCode\":\"\(code)\""), "\(body.prefix(40)): \(answer.text)")
                #expect(answer.text.hasPrefix("{\"key\":\"\(key)\""))
                #expect(answer.text.contains("\"errorDetails\":\""))
            }
            let raw = try await server.ask("POST", "\(evaluate)/rate", token: "sdk", body: [0xFF, 0xFE])
            #expect(raw.status == 400)
        }
    }

    @Test("A body beyond the limit is refused, one just below is not")
    func sizes() async throws {
        try await TestServer.with(serving: FlagServing(bodyLimit: 300_000)) { server in
            func body(_ size: Int) -> [UInt8] {
                bytes(#"{"context":{"a":""#) + [UInt8](repeating: 120, count: size - 21) + bytes(#""}}"#)
            }
            let fits = try await server.ask("POST", "\(evaluate)/rate", token: "sdk", body: body(300_000))
            #expect(fits.status == 200)
            let large = try await server.ask(
                "POST", "\(evaluate)/rate", token: "sdk", headers: [("Content-Length", "300001")])
            #expect(large.status == 413)
            #expect(large.text.contains("errorDetails"))
        }
    }

    @Test("Tokens come as bearer or API key; without one, with a wrong one, or of another kind there is no answer")
    func tokens() async throws {
        try await TestServer.with { server in
            let key = try await server.ask(
                "POST", "\(evaluate)/rate", headers: [("X-API-Key", "sdk")], body: bytes("{}"))
            #expect(key.status == 200)
            for (token, status) in [(nil, 401), ("wrong", 401), ("agent", 403)] as [(String?, Int)] {
                let answer = try await server.ask(
                    "POST", "\(evaluate)/rate", token: token ?? "wrong", body: bytes("{}"))
                #expect(answer.status == status)
                #expect(answer.text.contains("errorDetails"))
            }
        }
    }

    @Test("A selector names the environment, and an unknown one is an error that names the nearest")
    func selectors() async throws {
        try await TestServer.with(dev: true) { server in
            for (selector, status) in [("production", 200), ("flagSetId=production", 200), ("produktion", 400)] {
                let answer = try await server.ask(
                    "POST", "\(evaluate)/rate", headers: [("Flagd-Selector", selector)], body: bytes("{}"))
                #expect(answer.status == status)
                if status == 400 { #expect(answer.text.contains("'production'")) }
            }
        }
    }

    @Test("All flags at once, with a tag of the flags and the context, and nothing when the tag is known")
    func bulk() async throws {
        try await TestServer.with(dev: true) { server in
            let german = bytes(#"{"context":{"country":"DE"}}"#)
            for path in [evaluate, evaluate + "/", evaluate + "?flagConfigEtag=x"] {
                let answer = try await server.ask("POST", path, body: german)
                #expect(answer.status == 200)
                #expect(answer.text.contains(#"{"key":"new-checkout","reason":"TARGETING_MATCH","variant":"on""#))
                #expect(answer.text.contains(#"{"key":"unknown-operator","errorCode":"PARSE_ERROR""#))
                #expect(
                    answer.text.contains(#"],"metadata":{"team":"shop"},"eventStreams":[{"type":"sse","endpoint":"#))
            }
            let tag = try #require(try await server.ask("POST", evaluate, body: german).headers["etag"])
            for known in [tag, "W/\(tag)", "\"other\", \(tag)"] {
                let again = try await server.ask("POST", evaluate, headers: [("If-None-Match", known)], body: german)
                #expect(again.status == 304)
                #expect(again.body.isEmpty)
                #expect(again.headers["etag"] == tag)
            }
            let other = try await server.ask(
                "POST", evaluate, headers: [("If-None-Match", tag)], body: bytes(#"{"context":{"country":"FR"}}"#))
            #expect(other.status == 200)
            server.flags.publish(FakeFlags.flags.replacing("0.5", with: "0.6"))
            let changed = try await server.ask("POST", evaluate, headers: [("If-None-Match", tag)], body: german)
            #expect(changed.status == 200)
            #expect(changed.headers["etag"] != tag)
        }
    }

    @Test("Other methods and paths are refused, also on a connection that has asked well before")
    func methods() async throws {
        try await TestServer.with(dev: true) { server in
            try await server.connect { connection in
                #expect(try await connection.ask("POST", "\(evaluate)/rate", body: bytes("{}")).status == 200)
                let get = try await connection.ask("GET", "\(evaluate)/rate")
                #expect(get.status == 405)
                #expect(get.headers["allow"] == "POST, OPTIONS")
                #expect(try await connection.ask("GET", evaluate).status == 405)
                #expect(try await connection.ask("POST", "/ofrep/v1/nothing", body: bytes("{}")).status == 404)
                #expect(try await connection.ask("GET", "/healthz").text == "ok\n")
                #expect(try await connection.ask("POST", "\(evaluate)/rate", body: bytes("{}")).status == 200)
            }
        }
    }

    @Test("Who asks too often is told when to come again")
    func rate() async throws {
        try await TestServer.with(serving: FlagServing(requestsPerSecond: 1)) { server in
            try await server.connect { connection in
                var statuses: [Int] = []
                // However slow the machine is: at some time two of them come within a second.
                while statuses.last != 429, statuses.count < 100 {
                    let answer = try await connection.ask("POST", "\(evaluate)/rate", token: "sdk", body: bytes("{}"))
                    statuses.append(answer.status)
                    if answer.status == 429 { #expect(answer.headers["retry-after"] == "1") }
                }
                #expect(statuses.first == 200)
                #expect(statuses.last == 429)
                let other = try await connection.ask("POST", "\(evaluate)/rate", token: "viewer", body: bytes("{}"))
                #expect(other.status == 200)
            }
        }
    }

    @Test("Pages may ask from the origins that were named, and nobody else's")
    func origins() async throws {
        try await TestServer.with(serving: FlagServing(origins: ["https://shop.example"])) { server in
            for (origin, allowed) in [("https://shop.example", true), ("https://evil.example", false)] {
                let preflight = try await server.ask("OPTIONS", "\(evaluate)/rate", headers: [("Origin", origin)])
                #expect(preflight.status == 204)
                #expect((preflight.headers["access-control-allow-headers"] != nil) == allowed)
                let answer = try await server.ask(
                    "POST", "\(evaluate)/rate", token: "sdk", headers: [("Origin", origin)], body: bytes("{}"))
                #expect(answer.headers["access-control-allow-origin"] == (allowed ? origin : nil))
            }
        }
    }

    @Test("A stream says at once which set is current, then of every change, and goes on where it was")
    func stream() async throws {
        try await TestServer.with { server in
            let bulk = try await server.ask("POST", evaluate, token: "sdk", body: bytes("{}"))
            let path = try #require(bulk.text.firstMatch(of: /"requestUri":"([^"]+)"/)).1
            let first = server.flags.cell.snapshot.etag
            // The ticket in the address is enough: a browser's event source sends no token.
            try await server.connect { connection in
                try await connection.send("GET", String(path))
                let head = try await connection.head()
                #expect(head.status == 200)
                #expect(head.headers["content-type"] == "text/event-stream")
                func event(_ tag: String) -> String {
                    "id: \(tag)\ndata: {\"type\":\"refetchEvaluation\",\"etag\":\"\(tag)\"}\n\n"
                }
                #expect(try await connection.chunk() == bytes(event(first)))
                server.flags.publish(FakeFlags.flags.replacing("0.5", with: "0.6"))
                let second = server.flags.cell.snapshot.etag
                #expect(first != second)
                #expect(try await connection.chunk() == bytes(event(second)))
                // A burst is told as its first and its last, and now and then in between when it takes long.
                for number in 1...20 { server.flags.publish(FakeFlags.flags.replacing("0.5", with: "0.0\(number)")) }
                let last = server.flags.cell.snapshot.etag
                var seen: [[UInt8]] = []
                while seen.last != bytes(event(last)) { seen.append(try await connection.chunk() ?? []) }
                #expect(seen.count < 20)
            }
            try await server.connect { connection in
                let known = server.flags.cell.snapshot.etag
                try await connection.send("GET", "/ofrep/v1/events", token: "sdk", headers: [("Last-Event-ID", known)])
                #expect(try await connection.head().status == 200)
                try await waitFor("listening") { server.flags.subscribers == 1 }
                server.flags.publish(FakeFlags.flags)
                #expect(
                    try await connection.chunk()
                        == bytes("id: \(first)\ndata: {\"type\":\"refetchEvaluation\",\"etag\":\"\(first)\"}\n\n"))
            }
            #expect(try await server.ask("GET", "/ofrep/v1/events?ticket=wrong").status == 401)
        }
    }

    @Test("A ticket opens nothing once the token is revoked that it was given to; another token's still does")
    func revokedTicket() async throws {
        try await TestServer.with { server in
            func path(_ token: String) async throws -> String {
                let bulk = try await server.ask("POST", evaluate, token: token, body: bytes("{}"))
                return String(try #require(bulk.text.firstMatch(of: /"requestUri":"([^"]+)"/)).1)
            }
            let (own, other) = (try await path("sdk"), try await path("viewer"))
            #expect(try await path("sdk") == own)
            #expect(own != other)
            server.flags.revoke("sdk")
            #expect(try await server.ask("GET", own).status == 401)
            try await server.connect { connection in
                try await connection.send("GET", other)
                #expect(try await connection.head().status == 200)
            }
        }
    }

    @Test("The short way and the usual way give the same answers, and a connection may change from one to the other")
    func ways() async throws {
        try await TestServer.with(dev: true) { server in
            let bodies = [
                "{}", "", "{", "[]", #"{"context":{"country":"DE"}}"#, #"{ "x": [1, "\"]"], "context" : null } "#,
            ]
            let paths = [
                "/rate", "/new-checkout", "/nowhere", "/a%2Fb%25%22", "/gone", "/wrong-variant", "", "/", "/%zz",
            ]
            for path in paths {
                for body in bodies {
                    try await server.connect { connection in
                        let short = try await connection.ask("POST", evaluate + path, body: bytes(body))
                        let usual = try await connection.ask(
                            "POST", evaluate + path, headers: [("Cookie", "a=b")], body: bytes(body))
                        #expect(short.status == usual.status, "\(path) \(body)")
                        #expect(short.text == usual.text)
                        #expect(short.headers["etag"] == usual.headers["etag"])
                        #expect(usual.headers["x-frame-options"] == "DENY")
                        #expect(short.headers["x-frame-options"] == nil)
                    }
                }
            }
        }
    }

    @Test("Requests may come in pieces, or many at once")
    func pieces() async throws {
        try await TestServer.with(dev: true) { server in
            try await server.connect { connection in
                let request =
                    "POST \(evaluate)/rate HTTP/1.1\r\nHost: localhost\r\nContent-Length: 18\r\n\r\n{\"context\": {  } }"
                for cut in stride(from: 1, to: request.utf8.count, by: 7) {
                    try await connection.send(String(request.prefix(cut)))
                    try await Task.sleep(for: .milliseconds(1))
                    try await connection.send(String(request.dropFirst(cut)))
                    #expect(try await connection.answer().status == 200)
                }
                try await connection.send(String(repeating: request, count: 50))
                for _ in 0..<50 { #expect(try await connection.answer().text.contains("1.0")) }
                // The last of a bunch is not plain: it is answered after the others.
                try await connection.send(
                    request + request + "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n" + request)
                #expect(try await connection.answer().status == 200)
                #expect(try await connection.answer().status == 200)
                #expect(try await connection.answer().text == "ok\n")
                #expect(try await connection.answer().text.contains("1.0"))
            }
        }
    }

    @Test(
        "What the two ways might read differently is left to the complete parser",
        arguments: [
            "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n", "Content-Length: 2\r\nContent-Length: 2\r\n",
            "Content-Length: +2\r\n", "Content-Length: 2\r\n folded\r\n", "Content-Length: 2\nX: y\r\n",
            "Content-Length : 2\r\n", "Content-Length: 2\r\nExpect: 100-continue\r\n",
            "Content-Length: 2\r\nConnection: close\r\n", "Content-Length: 2\r\nOrigin: https://a\r\n",
            "Content-Length: 2\r\nHost: b\r\n", "Content-Length: 2\r\nX\u{1}: y\r\n",
        ])
    func notPlain(header: String) {
        let request = Array("POST \(evaluate)/rate HTTP/1.1\r\nHost: a\r\n\(header)\r\n{}".utf8)
        request.withUnsafeBytes { bytes in
            if case .notPlain = PlainHead.read(bytes) { return }
            Issue.record("\(header) is taken for plain")
        }
    }
}
