import Foundation
import Synchronization
import Testing
import Wire

@Suite("The API", .timeLimit(.minutes(2)))
struct APITests {
    @Test("Commands reach the control plane with reason and author")
    func commands() async throws {
        try await TestServer.with { server in
            try await server.connect { connection in
                for verb in ["pause", "resume", "promote", "approve", "abort", "rollback"] {
                    let answer = try await connection.ask(
                        "POST", "/v1/rollouts/r-1/\(verb)", token: "operator",
                        body: Array(#"{"reason":"because","full":true}"#.utf8))
                    #expect(answer.status == 200)
                }
                #expect(try await connection.ask("POST", "/v1/rollouts/r-1/pause", token: "admin").status == 200)
                #expect(try await connection.ask("POST", "/v1/rollouts/r-1/explode", token: "admin").status == 404)
            }
            #expect(
                server.surface.calls == [
                    "command pause r-1 'because' by operator", "command resume r-1 'because' by operator",
                    "command promote(full: true) r-1 'because' by operator",
                    "command approve r-1 'because' by operator", "command abort r-1 'because' by operator",
                    "command rollback r-1 'because' by operator", "command pause r-1 '' by admin",
                ])
        }
    }

    @Test("What a body leaves out gets its default")
    func defaults() async throws {
        try await TestServer.with { server in
            let answer = try await server.ask(
                "POST", "/v1/deploy", token: "operator", body: Array(#"{"service":"storefront"}"#.utf8))
            #expect(answer.status == 200)
            #expect(server.surface.calls == ["deploy storefront supersede=false by operator"])
            let token = try await server.ask(
                "POST", "/v1/tokens", token: "admin",
                body: Array(#"{"name":"ci","role":"operator","lifetime":"30d"}"#.utf8))
            #expect(token.status == 200)
            #expect(server.surface.calls.last == "token ci operator 30d")
        }
    }

    @Test(
        "A wrong body is answered with what is wrong, and where",
        arguments: [
            ("/v1/deploy", "", "the body is empty"),
            ("/v1/deploy", "{", "the body is not JSON"),
            ("/v1/deploy", "[]", "the body: expected an object, found a list"),
            ("/v1/deploy", "{}", "service: missing"),
            ("/v1/deploy", #"{"service":7}"#, "service: expected a text, found a number"),
            ("/v1/deploy", #"{"service":"a","supersed":true}"#, "supersed: unknown key, did you mean 'supersede'?"),
            (
                "/v1/deploy", #"{"service":"a","artefact":{"digest":"x","size":"1"}}"#,
                "artefact.size: expected a whole number, found a text"
            ),
            ("/v1/apply", #"{"files":[{"name":"a"}]}"#, "files[0].text: missing"),
            ("/v1/tokens", #"{"name":"a","role":"veiwer"}"#, "role: 'veiwer' is not known, did you mean 'viewer'?"),
            ("/v1/tokens", #"{"name":"a","role":"viewer","lifetime":"30"}"#, "lifetime: '30' is not a duration"),
        ])
    func wrongBody(path: String, body: String, message: String) async throws {
        try await TestServer.with { server in
            let answer = try await server.ask("POST", path, token: "admin", body: Array(body.utf8))
            #expect(answer.status == 400)
            #expect(answer.text.contains(message), "\(answer.text)")
            #expect(server.surface.calls.isEmpty)
        }
    }

    @Test(
        "A wrong query is answered with what is wrong",
        arguments: [
            ("/v1/rollouts?servce=a", "did you mean 'service'?"),
            ("/v1/rollouts?limit=0", "a number from 1 through 1000, not '0'"),
            ("/v1/rollouts?active=perhaps", "true or false, not 'perhaps'"),
            ("/v1/versions", "'service' is missing"), ("/v1/services?a=%zz", "not percent-encoded"),
        ])
    func wrongQuery(path: String, message: String) async throws {
        try await TestServer.with { server in
            let answer = try await server.ask("GET", path, token: "viewer")
            #expect(answer.status == 400)
            #expect(answer.text.contains(message), "\(answer.text)")
        }
    }

    @Test("Problems become answers with the status of their kind")
    func problems() async throws {
        try await TestServer.with { server in
            for (kind, status) in [
                (Problem.Kind.invalid, 400), (.notFound, 404), (.conflict, 409), (.refused, 409), (.tooLarge, 413),
                (.unavailable, 503), (.internal, 500),
            ] {
                server.surface.state.withLock { $0.problem = Problem(kind, "no", hint: "try") }
                let answer = try await server.ask("GET", "/v1/services", token: "viewer")
                #expect(answer.status == status)
                #expect(
                    answer.text == "{\"hint\":\"try\",\"kind\":\"\(kind.rawValue)\",\"message\":\"no\",\"places\":[]}")
            }
        }
    }

    @Test("Names in paths are decoded, also with a slash in them")
    func names() async throws {
        try await TestServer.with { server in
            _ = try await server.ask("GET", "/v1/services/a%2Fb%20c", token: "viewer")
            _ = try await server.ask("DELETE", "/v1/versions/shop/v1+2", token: "operator")
            #expect(server.surface.calls == ["service a/b c", "delete version shop/v1+2 by operator"])
            #expect(try await server.ask("GET", "/v1/services/a%00", token: "viewer").status == 400)
            #expect(try await server.ask("GET", "/v1/services/%ff", token: "viewer").status == 400)
        }
    }

    @Test("The paths of receivers' addresses are not shown")
    func masked() async throws {
        try await TestServer.with { server in
            let answer = try await server.ask("GET", "/v1/receivers", token: "viewer")
            #expect(answer.text.contains("https://hooks.example/…"))
            #expect(!answer.text.contains("secret"))
        }
    }

    @Test("Other methods are answered with those that are possible")
    func otherMethods() async throws {
        try await TestServer.with { server in
            let answer = try await server.ask("PATCH", "/v1/services/a", token: "viewer")
            #expect(answer.status == 405)
            #expect(answer.headers["allow"] == "DELETE, GET, HEAD")
            #expect(try await server.ask("GET", "/v1/agent/report", token: "agent").status == 405)
            #expect(try await server.ask("DELETE", "/fleet", token: "admin").status == 405)
        }
    }

    @Test("HEAD answers as GET does, without the body")
    func head() async throws {
        try await TestServer.with { server in
            try await server.connect { connection in
                let get = try await connection.ask("GET", "/v1/status", token: "viewer")
                let head = try await connection.ask("HEAD", "/v1/status", token: "viewer")
                #expect(head.status == 200)
                #expect(head.headers["content-length"] == "\(get.body.count)")
                #expect(try await connection.ask("GET", "/healthz").text == "ok\n")
            }
        }
    }

    @Test("Readiness gives the reason when there is one")
    func readiness() async throws {
        try await TestServer.with { server in
            #expect(try await server.ask("GET", "/readyz").status == 200)
            server.surface.state.withLock { $0.unreadiness = "the store is locked" }
            let answer = try await server.ask("GET", "/readyz")
            #expect(answer.status == 503)
            #expect(answer.text == "the store is locked\n")
        }
    }

    @Test("Everything that a program of ours can ask for when it deploys, applies or commands is understood")
    func wholeRequests() async throws {
        let artefact = ArtefactReference(
            digest: "sha256:" + String(repeating: "a", count: 64), size: 1, url: "http://a/b")
        let deploy = DeployRequest(
            service: "storefront", artefact: artefact, version: "v2", supersede: true, force: true, forwardOnly: true,
            plan: "careful", reason: "why")
        var apply = ApplyRequest(files: [.init(name: "a.yaml", text: "")])
        (apply.dryRun, apply.prune, apply.environment) = (true, true, "production")
        let bodies = [
            ("/v1/deploy", Array(try JSONEncoder().encode(deploy))),
            ("/v1/apply", Array(try JSONEncoder().encode(apply))),
        ]
        try await TestServer.with { server in
            for (path, body) in bodies {
                let answer = try await server.ask("POST", path, token: "operator", body: body)
                #expect(answer.status == 200, "\(answer.text)")
            }
        }
    }

    @Test("The OpenAPI document has every route, and every reference leads somewhere")
    func openAPI() async throws {
        try await TestServer.with { server in
            let text = try await server.ask("GET", "/v1/openapi.json", token: "viewer").text
            for path in ["/v1/rollouts/{id}/history", "/v1/agent/stream", "/v1/artefacts/{digest}", "/healthz"] {
                #expect(text.contains("\"\(path)\":{"))
            }
            for reference in text.split(separator: "#/components/schemas/").dropFirst() {
                let name = reference.prefix { $0.isLetter }
                #expect(text.contains("\"\(name)\":{\""), "\(name)")
            }
        }
    }

    @Test("What verdicts rest on is described, and every schema that is referred to is there")
    func evidence() async throws {
        try await TestServer.with { server in
            let text = try await server.ask("GET", "/v1/openapi.json", token: "viewer").text
            let document = try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any]
            let components = document?["components"] as? [String: Any]
            let schemas = try #require(components?["schemas"] as? [String: Any])
            for match in text.matches(of: /"#(?:\\?\/)components(?:\\?\/)schemas(?:\\?\/)([A-Za-z]+)"/) {
                #expect(schemas[String(match.1)] != nil, "\(match.1)")
            }
            let rollout = schemas["RolloutView"] as? [String: Any]
            #expect((rollout?["properties"] as? [String: Any])?.keys.sorted() == ["budget", "readings"])
        }
    }

    @Test("The reference page lists every route, and none that is not there")
    func referencePage() async throws {
        struct Described: Decodable { var paths: [String: [String: Ignored]] }
        struct Ignored: Decodable { init(from decoder: any Decoder) {} }
        let tests = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        let page = tests.deletingLastPathComponent().appending(path: "docs/reference/api.md")
        let written = try String(contentsOf: page, encoding: .utf8).matches(of: /\| `([A-Z]+ \/[^`]*)` \|/)
            .map { String($0.1) }
        try await TestServer.with { server in
            let text = try await server.ask("GET", "/v1/openapi.json", token: "viewer").text
            let described = try JSONDecoder().decode(Described.self, from: Data(text.utf8))
            let served = described.paths.flatMap { path, methods in
                let place = path.replacing(/\{([a-z]+)\}/) { String($0.1).uppercased() }
                return methods.keys.map { "\($0.uppercased()) \(place)" }
            }
            #expect(Set(written).symmetricDifference(served).sorted() == [])
        }
    }

    @Test("The server's own metrics count requests by route, not by path")
    func metrics() async throws {
        try await TestServer.with { server in
            _ = try await server.ask("GET", "/v1/services/one", token: "viewer")
            _ = try await server.ask("GET", "/v1/services/two", token: "viewer")
            let text = try await server.ask("GET", "/metrics", token: "viewer").text
            #expect(text.contains("halcyon_http_requests_total{route=\"/v1/services/{name}\",status=\"200\"} 2\n"))
            #expect(text.contains("# TYPE process_resident_memory_bytes gauge\n"))
            #expect(text.contains("# TYPE halcyon_http_requests_total counter\n"))
            #expect(text.contains("halcyon_rollouts{phase=\"baking\"} 0\n"))
            let open = try await server.ask(
                "GET", "/metrics", token: "viewer", headers: [("Accept", "application/openmetrics-text;version=1.0.0")])
            #expect(open.text.contains("# TYPE halcyon_http_requests counter\nhalcyon_http_requests_total{"))
            #expect(open.text.hasSuffix("# EOF\n"))
            #expect(open.headers["content-type"]?.hasPrefix("application/openmetrics-text") == true)
        }
    }
}
